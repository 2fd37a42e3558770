"""What becomes of each kind of update, on a real database file, without a network."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from bot.channels.telegram.entry import After
from bot.channels.telegram.receive import Receiver
from bot.channels.telegram.written import CONTENTS
from bot.content.texts import text
from bot.conversation.messages import add_message, locked
from bot.staff import desk
from bot.store.models import Alert, Conversation, Event, Inbound, KeyValue, Message, Outbox
from bot.store.modes import change_mode
from tests.support import updates
from tests.support.talk import person
from tests.support.telegram_chat import CHAT, Chat, make_chat


@pytest.fixture
def chat(tmp_path: Path) -> Chat:
    return make_chat(tmp_path)


@pytest.mark.parametrize("kind", updates.CONTENTS)
def test_content_without_words_gets_one_kind_line_and_no_turn(chat: Chat, kind: str) -> None:
    chat.agrees()
    before = len(chat.said)
    for _ in range(3):  # an album
        assert chat.does(updates.content(CHAT, **updates.CONTENTS[kind])).turn is False
    assert chat.said[before:] == [text(f"telegram.contents.{CONTENTS[kind]}")]
    assert chat.pending() == []


@pytest.mark.parametrize("mode", ["staff", "waiting"])
def test_while_a_person_has_the_chat_what_has_no_words_is_a_line_for_staff(chat: Chat, mode: str) -> None:
    chat.agrees()
    ann, chat_id = person(chat.store), chat.conversation.id
    with chat.store.write() as session:
        conversation = locked(session, chat_id)
        assert conversation
        change_mode(session, conversation, "hand_over", actor="patient", reason="asked")
        if mode == "staff":
            desk.claim(session, chat_id, ann)
    assert chat.conversation.mode == mode
    before = len(chat.said)
    chat.does(updates.content(CHAT, **updates.CONTENTS["voice"]))
    assert chat.typed[-1] == "(voice message, 0:03)"
    assert chat.said[before] == text("telegram.content_with_staff")


def test_an_album_gets_one_answer_and_each_picture_a_line(chat: Chat) -> None:
    chat.agrees()
    before = len(chat.said)
    for kind in ("photo", "video", "photo"):
        chat.does(updates.content(CHAT, media_group_id="9", **updates.CONTENTS[kind]))
    assert len(chat.said) == before + 1
    assert chat.typed[-3:] == ["(photo)", "(video, 0:03)", "(photo)"]


def test_content_before_consent_gets_the_intro(chat: Chat) -> None:
    chat.does(updates.content(CHAT, **updates.CONTENTS["sticker"]))
    assert chat.said == [text("telegram.intro")]


def test_a_caption_counts_as_text(chat: Chat) -> None:
    chat.agrees()
    assert chat.does(updates.content(CHAT, caption="is this rls", **updates.CONTENTS["photo"])).turn
    assert chat.pending() == ["is this rls"] and chat.said[-1] == text("telegram.photo_with_words")
    chat.does(updates.content(CHAT, caption="chest pain", **updates.CONTENTS["video"]))
    assert chat.said[-1].startswith("Call [911]")


@pytest.mark.parametrize("origin", [updates.FORWARDED, updates.VIA_BOT])
def test_words_of_others_are_no_question_but_red_flags_count(chat: Chat, origin: dict[str, Any]) -> None:
    chat.agrees()
    assert chat.does(updates.content(CHAT, text="read this", **origin)).turn is False
    assert chat.said[-1] == text("telegram.forwarded") and chat.typed[-1] == "(forwarded) read this"
    chat.does(updates.content(CHAT, text="I have chest pain", **origin))
    assert chat.said[-1].startswith("Call [911]")


def test_an_edit_is_kept_and_mentioned_once(chat: Chat) -> None:
    chat.agrees()
    assert chat.does(updates.edit(CHAT, "legs")).turn is False
    chat.does(updates.edit(CHAT, "legs!"))
    assert chat.said.count(text("telegram.edited")) == 1 and chat.typed[-2:] == [
        "(edited) legs",
        "(edited) legs!",
    ]
    assert chat.pending() == []
    chat.does(updates.edit(CHAT, "chest pain"))
    assert chat.said[-1].startswith("Call [911]")


def test_a_live_location_that_moves_is_silent(chat: Chat) -> None:
    chat.agrees()
    before = len(chat.said)
    moved = {"edited_message": {**updates.message(CHAT, **updates.CONTENTS["location"]), "edit_date": 1}}
    chat.does(moved)
    assert len(chat.said) == before


@pytest.mark.parametrize(
    "what",
    [
        {
            "message": {
                **updates.message(-5, text="chest pain"),
                "chat": {"id": -5, "type": "supergroup", "title": "g"},
            }
        },
        {
            "channel_post": {
                **updates.message(-6, text="x"),
                "chat": {"id": -6, "type": "channel", "title": "c"},
            }
        },
        {"inline_query": {"id": "1", "from": updates.person(5), "query": "x", "offset": ""}},
        {"business_message": updates.message(5, text="x")},
        {"message": {**updates.message(5, text="x"), "from": {"id": 9, "is_bot": True, "first_name": "Bot"}}},
        {
            "poll_answer": {
                "poll_id": "1",
                "user": updates.person(5),
                "option_ids": [0],
                "option_persistent_ids": [],
            }
        },
        updates.member(-5, "kicked", "supergroup"),
        {},
    ],
)
def test_all_else_gets_silence_and_leaves_nothing(chat: Chat, what: dict[str, Any]) -> None:
    assert chat.does(what, polled=True) == After()
    assert chat.rows(Conversation) == [] and chat.rows(Inbound) == [] and chat.rows(Message) == []
    assert chat.rows(KeyValue)[0].value == "2"


# -- blocked and back


def test_blocked_and_unblocked(chat: Chat) -> None:
    chat.agrees()
    chat.does(updates.member(CHAT, "kicked"))
    chat.does(updates.member(CHAT, "kicked"))
    assert chat.conversation.unreachable and chat.kinds().count("unreachable") == 1
    chat.does(updates.member(CHAT, "member"))
    assert not chat.conversation.unreachable and chat.kinds().count("reachable") == 1
    chat.does(updates.member(CHAT, "kicked"))
    chat.writes("I am back")
    assert not chat.conversation.unreachable


# -- buttons


def test_a_button_that_was_offered_is_taken_once(chat: Chat) -> None:
    chat.agrees()
    chat.change(
        lambda session, c: add_message(
            session, c, "assistant", "?", choices=[{"key": "ask_iron", "label": "Iron"}]
        )
    )
    assert chat.presses("ask_iron", update_id=500).turn
    chat.presses("ask_iron", update_id=500)
    tap = chat.presses("ask_iron")
    assert tap.toast == text("telegram.working") and not tap.turn
    assert chat.pending() == ["Iron"] and chat.typed[-2:] == [
        "Iron",
        "Iron",
    ]  # once to answer; staff see both taps


@pytest.mark.parametrize(
    "key", ["ask_other", "/restart", "EXTERNAL: x", "a" * 65, "", '{"a": 1}', "delete_yes"]
)
def test_a_key_that_was_not_offered_is_refused_kindly(chat: Chat, key: str) -> None:
    chat.agrees()
    after = chat.presses(key)
    assert after.callback and not after.turn and after.erase is None
    assert chat.said[-1] == text("telegram.old_button") and chat.pending() == []


def test_a_key_of_a_wrong_form_is_refused_even_if_it_was_offered(chat: Chat) -> None:
    chat.agrees()
    chat.change(
        lambda session, c: add_message(
            session, c, "assistant", "?", choices=[{"key": "/restart", "label": "x"}]
        )
    )
    assert not chat.presses("/restart").turn and chat.pending() == []


def test_a_button_in_an_unknown_chat_or_group_is_answered_and_leaves_nothing(chat: Chat) -> None:
    assert chat.presses("ask_iron").toast == text("telegram.old_button")
    group = updates.press(-5, "ask_iron")
    group["callback_query"]["message"]["chat"]["type"] = "group"
    assert chat.does(group).callback
    inline = {
        "callback_query": {
            "id": "7",
            "from": updates.person(5),
            "chat_instance": "1",
            "data": "x",
            "inline_message_id": "i",
        }
    }
    assert chat.does(inline).callback == "7"
    assert chat.rows(Conversation) == []


# -- once, in order, whatever comes


def test_a_hundred_copies_at_once_are_one_message(chat: Chat) -> None:
    copy = {**updates.text(CHAT, "once"), "update_id": 5}
    threads = [
        threading.Thread(target=lambda: [chat.receiver.take(copy) for _ in range(25)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(chat.rows(Conversation)) == 1 and len(chat.rows(Inbound)) == 1 and chat.typed == ["once"]
    assert len(chat.said) == 1


def test_every_kind_of_update_twice_changes_nothing_the_second_time(chat: Chat) -> None:
    chat.agrees()
    chat.writes("/delete")
    every = [updates.content(CHAT, **what) for what in updates.CONTENTS.values()]
    every += [updates.text(CHAT, text) for text in ("/help", "/start", "hello", "chest pain", "/stop")]
    every += [
        updates.edit(CHAT, "x"),
        updates.content(CHAT, text="y", **updates.FORWARDED),
        updates.press(CHAT, "nope"),
    ]
    every += [
        updates.press(CHAT, "delete_no"),
        updates.member(CHAT, "kicked"),
        updates.content(CHAT, caption="z", **updates.CONTENTS["photo"]),
    ]
    for number, what in enumerate(every):
        chat.does(what, update_id=5000 + number)
        before = [len(chat.rows(model)) for model in (Inbound, Message, Outbox, Event, Alert)]
        chat.does(what, update_id=5000 + number)
        assert [len(chat.rows(model)) for model in (Inbound, Message, Outbox, Event, Alert)] == before, what


def test_an_update_out_of_order_is_marked_late(chat: Chat) -> None:
    chat.agrees()
    chat.does(updates.text(CHAT, "second"), update_id=1001)
    chat.does(updates.text(CHAT, "first"), update_id=1000)
    assert chat.pending() == ["second", "first"] and chat.kinds().count("late_message") == 1


def test_ids_that_begin_anew_after_a_quiet_week_are_not_late(chat: Chat) -> None:
    chat.agrees()
    chat.does(updates.text(CHAT, "old"), update_id=900_000_000)
    assert chat.does(updates.text(CHAT, "new"), update_id=1000).turn
    assert "late_message" not in chat.kinds()


@pytest.mark.parametrize("break_by", ["parser", "own code"])
def test_a_poison_update_is_set_aside_and_the_chat_goes_on(
    chat: Chat, break_by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat.agrees()
    with monkeypatch.context() as patched:
        if break_by == "parser":
            patched.setattr("bot.channels.telegram.receive.Update.de_json", lambda *_: 1 / 0)
        else:
            patched.setattr("bot.channels.telegram.written.accept", lambda *_, **__: 1 / 0)
        chat.does(updates.text(CHAT, "poison"), update_id=50, polled=True)
        chat.does(updates.text(CHAT, "poison"), update_id=50, polled=True)
    aside = chat.rows(Inbound, Inbound.state == "set_aside")
    assert [(row.text, row.note) for row in aside] == [("poison", "ZeroDivisionError")]
    assert chat.kinds().count("set_aside") == 1 and chat.conversation.mode == "waiting"
    assert chat.said[-1] == text("telegram.unreadable")
    assert chat.rows(KeyValue)[0].value == "51"
    assert chat.writes("next").turn and chat.pending() == ["next"]


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        "x",
        {"update_id": "7"},
        {"update_id": 7, "message": 5},
        {"update_id": 7, "message": {"chat": 1}},
        {"update_id": 7, "message": {**updates.message(CHAT), "text": 5}},
        {"update_id": 7, "message": {**updates.message(CHAT), "text": {"a": [1]}}},
        {"update_id": 7, "message": {**updates.message(CHAT, text="x"), "date": "yesterday"}},
        {"update_id": 7, "callback_query": {"id": 1}},
        {"update_id": 10**400, **updates.text(CHAT, "x")},
    ],
)
def test_junk_never_raises(chat: Chat, raw: Any) -> None:
    chat.agrees()
    chat.receiver.take(raw)
    assert chat.writes("next").turn


def test_the_offset_moves_with_the_message_or_not_at_all(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    chat.agrees()

    def crash(*_: Any) -> None:
        raise KeyboardInterrupt  # as good as kill -9 between the two writes

    monkeypatch.setattr(Receiver, "_move_offset", crash)
    with pytest.raises(KeyboardInterrupt):
        chat.does(updates.text(CHAT, "hello"), update_id=60, polled=True)
    assert "hello" not in chat.typed
