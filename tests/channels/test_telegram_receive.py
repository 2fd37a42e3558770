"""What becomes of each kind of update, on a real database file, without a network."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.channels.telegram import consent, words
from bot.channels.telegram.entry import After
from bot.channels.telegram.polling import PollingBot
from bot.channels.telegram.receive import REPLIES, Receiver
from bot.clinic import clinic
from bot.conversation.lines import add_line, locked
from bot.store.engine import Store, make_engine
from bot.store.models import Alert, Base, Conversation, Event, Inbound, KeyValue, Message, Outbox, Staff, now
from bot.store.modes import change_mode
from tests.support import updates
from tests.support.bot_api import TOKEN
from tests.support.telegram_rig import Rules

CHAT = 77


@dataclass
class Chat:
    """A patient in front of the receiver."""

    store: Store
    receiver: Receiver
    number: int = CHAT
    ids: Any = field(default_factory=lambda: count(1))

    def does(self, what: dict[str, Any], *, update_id: int | None = None, polled: bool = False) -> After:
        return self.receiver.take({**what, "update_id": update_id or next(self.ids)}, polled=polled)

    def writes(self, text: str, **more: Any) -> After:
        return self.does(updates.text(self.number, text, **more))

    def presses(self, key: str, **more: Any) -> After:
        return self.does(updates.press(self.number, key), **more)

    def agrees(self) -> Chat:
        self.writes("/start")
        self.presses("consent_yes")
        return self

    def rows(self, model: Any, *where: Any) -> list[Any]:
        with self.store.read() as session:
            return list(session.scalars(select(model).where(*where)))

    @property
    def conversation(self) -> Conversation:
        found = self.rows(Conversation, Conversation.external_id == str(self.number))
        assert len(found) == 1
        return found[0]

    @property
    def said(self) -> list[str]:
        """Everything that is on its way to the patient, in order."""
        return [line.text for line in self.rows(Message, Message.sender != "patient")]

    @property
    def typed(self) -> list[str]:
        """What staff see of the patient."""
        return [line.text for line in self.rows(Message, Message.sender == "patient")]

    def kinds(self) -> list[str]:
        return [event.kind for event in self.rows(Event)]

    def pending(self) -> list[str]:
        return [row.text for row in self.rows(Inbound, Inbound.state == "pending")]

    def change(self, work: Callable[[Session, Conversation], Any]) -> None:
        with self.store.write() as session:
            conversation = locked(session, self.conversation.id)
            assert conversation
            work(session, conversation)


@pytest.fixture
def chat(tmp_path: Path) -> Chat:
    engine = make_engine(f"sqlite:///{tmp_path / 'house.db'}")
    Base.metadata.create_all(engine)
    store = Store(engine)
    return Chat(store, Receiver(store, Rules(), PollingBot(TOKEN), bot_id="4242"))


def filled(text: str) -> str:
    return clinic().fill(text)


def claimed(session: Session, conversation: Conversation) -> None:
    staff = Staff(email="a@b.example", name="Ann", password_hash="x")
    session.add(staff)
    session.flush()
    change_mode(session, conversation, "claim", actor="Ann", staff=staff)


# -- consent


def test_nothing_but_the_intro_before_consent_and_no_reminder_for_each_quick_message(chat: Chat) -> None:
    assert chat.writes("one").turn is False
    assert chat.writes("two").turn is False
    assert chat.said == [filled(f"{words.INTRO}\n\n{words.KEPT}")]
    assert chat.pending() == ["one", "two"] and all(row.not_before == consent.HELD for row in chat.rows(Inbound))
    with chat.store.write() as session:
        session.execute(update(Message).values(at=now() - timedelta(minutes=5)))
    chat.writes("three")
    assert chat.said[1:] == [filled(words.REMIND)]


def test_consent_frees_what_was_held(chat: Chat) -> None:
    chat.writes("one")
    after = chat.presses("consent_yes")
    assert after.turn and after.callback
    assert chat.conversation.consent_at is not None
    assert [row.not_before for row in chat.rows(Inbound, Inbound.text == "one")] == [None]
    assert chat.writes("two").turn
    again = chat.presses("consent_yes")
    assert again.toast == words.ALREADY_AGREED and chat.said.count(words.AGREED) == 1


def test_a_red_flag_is_answered_before_consent(chat: Chat) -> None:
    chat.writes("I have chest pain")
    assert len(chat.said) == 1 and chat.said[0].startswith("Call [911](tel:911) now.")
    assert chat.rows(Alert) and chat.conversation.mode == "waiting"
    chat.writes("and my legs")
    assert chat.said[1].startswith(filled(words.INTRO))


def test_a_refusal_deletes(chat: Chat) -> None:
    chat.writes("secret words")
    after = chat.presses("consent_no")
    assert after.farewell == words.DECLINED and after.chat == CHAT
    assert [chat.rows(model) for model in (Conversation, Inbound, Message, Outbox)] == [[], [], [], []]


def test_a_refusal_keeps_an_open_red_flag_for_staff(chat: Chat) -> None:
    chat.writes("chest pain")
    chat.writes("hello")
    after = chat.presses("consent_no")
    assert after.erase is None and chat.said[-1] == filled(words.DECLINED_URGENT) and chat.rows(Alert)


def test_before_consent_staff_may_talk_and_nothing_is_held(chat: Chat) -> None:
    chat.writes("chest pain")
    chat.change(claimed)
    before = len(chat.said)
    chat.writes("I am here")
    chat.does(updates.content(CHAT, **updates.CONTENTS["poll"]))
    assert chat.pending() == [] and chat.said[before:] == [words.POLL]


# -- commands


@pytest.mark.parametrize("command", ["/help", "/restart", "/help@test_bot"])
def test_commands_after_consent(chat: Chat, command: str) -> None:
    chat.agrees()
    assert chat.writes(command).turn is False
    assert chat.said[-1] == filled(words.HELP) and chat.typed[-1] == command and chat.pending() == []


def test_start_introduces_then_greets(chat: Chat) -> None:
    chat.writes("/start")
    chat.writes("/start ref")
    assert chat.said == [filled(words.INTRO)] * 2
    chat.presses("consent_yes")
    chat.writes("/start")
    assert chat.said[-1].startswith("Hello.")


@pytest.mark.parametrize("command", ["/help", "/stop", "/delete", "/start", "/nonsense"])
def test_a_red_flag_behind_a_command_is_answered(chat: Chat, command: str) -> None:
    chat.agrees()
    chat.writes(f"{command} chest pain")
    assert chat.said[-1].startswith("Call [911]")


def test_stop_ends_and_the_next_message_asks_again(chat: Chat) -> None:
    chat.agrees()
    chat.writes("a question")
    chat.writes("/stop")
    assert chat.said[-1] == filled(words.STOPPED) and chat.pending() == []
    assert chat.conversation.mode == "closed" and chat.conversation.consent_at is None
    chat.writes("another")
    assert chat.said[-1] == filled(f"{words.INTRO}\n\n{words.KEPT}")
    assert [row.not_before for row in chat.rows(Inbound, Inbound.state == "pending")] == [consent.HELD]


def test_stop_while_staff_have_it_leaves_it_with_staff(chat: Chat) -> None:
    chat.agrees()
    chat.change(claimed)
    chat.writes("/stop")
    assert chat.conversation.mode == "staff" and chat.said[-1] == filled(words.STOPPED_STAFF)


def test_delete_asks_first_then_erases(chat: Chat) -> None:
    chat.agrees()
    chat.writes("secret")
    chat.writes("/delete")
    chat.presses("delete_no")
    assert chat.said[-1] == words.KEEP and "secret" in chat.typed
    chat.writes("/delete")
    after = chat.presses("delete_yes")
    assert after.farewell and chat.rows(Conversation) == [] and chat.rows(Message) == []
    assert chat.presses("delete_yes").toast == words.OLD_BUTTON  # an impatient second tap, or Telegram's repeat
    assert chat.rows(Conversation) == []


def test_a_crash_before_the_erasing_is_made_good_by_the_repeat(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    chat.agrees()
    chat.writes("/delete")

    def crash(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("bot.channels.telegram.receive.erase", crash)
        with pytest.raises(KeyboardInterrupt):
            chat.presses("delete_yes", update_id=900, polled=True)
    assert chat.rows(Conversation) and chat.rows(KeyValue) == []  # the offset did not move
    after = chat.presses("delete_yes", update_id=900, polled=True)
    assert after.farewell and chat.rows(Conversation) == []
    assert chat.rows(KeyValue)[0].value == "901"


# -- kinds of content


@pytest.mark.parametrize("kind", updates.CONTENTS)
def test_content_without_words_gets_one_kind_line_and_no_turn(chat: Chat, kind: str) -> None:
    chat.agrees()
    before = len(chat.said)
    for _ in range(3):  # an album
        assert chat.does(updates.content(CHAT, **updates.CONTENTS[kind])).turn is False
    assert chat.said[before:] == [filled(REPLIES[kind])]
    assert chat.pending() == []


def test_content_before_consent_gets_the_intro(chat: Chat) -> None:
    chat.does(updates.content(CHAT, **updates.CONTENTS["sticker"]))
    assert chat.said == [filled(words.INTRO)]


def test_a_caption_counts_as_text(chat: Chat) -> None:
    chat.agrees()
    assert chat.does(updates.content(CHAT, caption="is this rls", **updates.CONTENTS["photo"])).turn
    assert chat.pending() == ["is this rls"] and chat.said[-1] == words.PHOTO_WITH_WORDS
    chat.does(updates.content(CHAT, caption="chest pain", **updates.CONTENTS["video"]))
    assert chat.said[-1].startswith("Call [911]")


@pytest.mark.parametrize("origin", [updates.FORWARDED, updates.VIA_BOT])
def test_words_of_others_are_no_question_but_red_flags_count(chat: Chat, origin: dict[str, Any]) -> None:
    chat.agrees()
    assert chat.does(updates.content(CHAT, text="read this", **origin)).turn is False
    assert chat.said[-1] == words.FORWARDED and chat.typed[-1] == "(forwarded) read this"
    chat.does(updates.content(CHAT, text="I have chest pain", **origin))
    assert chat.said[-1].startswith("Call [911]")


def test_an_edit_is_kept_and_mentioned_once(chat: Chat) -> None:
    chat.agrees()
    assert chat.does(updates.edit(CHAT, "legs")).turn is False
    chat.does(updates.edit(CHAT, "legs!"))
    assert chat.said.count(words.EDITED) == 1 and chat.typed[-2:] == ["(edited) legs", "(edited) legs!"]
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
        {"message": {**updates.message(-5, text="chest pain"), "chat": {"id": -5, "type": "supergroup", "title": "g"}}},
        {"channel_post": {**updates.message(-6, text="x"), "chat": {"id": -6, "type": "channel", "title": "c"}}},
        {"inline_query": {"id": "1", "from": updates.person(5), "query": "x", "offset": ""}},
        {"business_message": updates.message(5, text="x")},
        {"message": {**updates.message(5, text="x"), "from": {"id": 9, "is_bot": True, "first_name": "Bot"}}},
        {"poll_answer": {"poll_id": "1", "user": updates.person(5), "option_ids": [0], "option_persistent_ids": []}},
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
    chat.change(lambda session, c: add_line(session, c, "assistant", "?", choices=[{"key": "ask_iron", "label": "Iron"}]))
    assert chat.presses("ask_iron", update_id=500).turn
    chat.presses("ask_iron", update_id=500)
    tap = chat.presses("ask_iron")
    assert tap.toast == words.WORKING and not tap.turn
    assert chat.pending() == ["Iron"]


@pytest.mark.parametrize("key", ["ask_other", "/restart", "EXTERNAL: x", "a" * 65, "", '{"a": 1}', "delete_yes"])
def test_a_key_that_was_not_offered_is_refused_kindly(chat: Chat, key: str) -> None:
    chat.agrees()
    after = chat.presses(key)
    assert after.callback and not after.turn and after.erase is None
    assert chat.said[-1] == words.OLD_BUTTON and chat.pending() == []


def test_a_button_in_an_unknown_chat_or_group_is_answered_and_leaves_nothing(chat: Chat) -> None:
    assert chat.presses("ask_iron").toast == words.OLD_BUTTON
    group = updates.press(-5, "ask_iron")
    group["callback_query"]["message"]["chat"]["type"] = "group"
    assert chat.does(group).callback
    inline = {"callback_query": {"id": "7", "from": updates.person(5), "chat_instance": "1", "data": "x", "inline_message_id": "i"}}
    assert chat.does(inline).callback == "7"
    assert chat.rows(Conversation) == []


# -- once, in order, whatever comes


def test_a_hundred_copies_at_once_are_one_message(chat: Chat) -> None:
    copy = {**updates.text(CHAT, "once"), "update_id": 5}
    threads = [threading.Thread(target=lambda: [chat.receiver.take(copy) for _ in range(25)]) for _ in range(4)]
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
    every += [updates.edit(CHAT, "x"), updates.content(CHAT, text="y", **updates.FORWARDED), updates.press(CHAT, "nope")]
    every += [updates.press(CHAT, "delete_no"), updates.member(CHAT, "kicked"), updates.content(CHAT, caption="z", **updates.CONTENTS["photo"])]
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
def test_a_poison_update_is_set_aside_and_the_chat_goes_on(chat: Chat, break_by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    chat.agrees()
    with monkeypatch.context() as patched:
        if break_by == "parser":
            patched.setattr("bot.channels.telegram.receive.Update.de_json", lambda *_: 1 / 0)
        else:
            patched.setattr("bot.channels.telegram.receive.accept", lambda *_, **__: 1 / 0)
        chat.does(updates.text(CHAT, "poison"), update_id=50, polled=True)
        chat.does(updates.text(CHAT, "poison"), update_id=50, polled=True)
    aside = chat.rows(Inbound, Inbound.state == "set_aside")
    assert [(row.text, row.note) for row in aside] == [("poison", "ZeroDivisionError")]
    assert chat.kinds().count("set_aside") == 1 and chat.conversation.mode == "waiting"
    assert chat.said[-1] == filled(words.UNREADABLE)
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
