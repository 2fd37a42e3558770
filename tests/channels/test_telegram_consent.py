"""Consent on Telegram, and the commands: nothing but red flags before it, and a way out at any time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.clock import now
from bot.content.texts import text
from bot.conversation.inbox import HELD
from bot.safety import Finding
from bot.staff import desk
from bot.store.models import Alert, Conversation, Inbound, KeyValue, Message, Outbox, Staff
from bot.store.modes import change_mode
from tests.support import updates
from tests.support.telegram_chat import CHAT, Chat, claimed, make_chat


def intro_and_kept() -> str:
    return text("telegram.intro") + "\n\n" + text("telegram.kept")


@pytest.fixture
def chat(tmp_path: Path) -> Chat:
    return make_chat(tmp_path)


def test_nothing_but_the_intro_before_consent_and_no_reminder_for_each_quick_message(chat: Chat) -> None:
    assert chat.writes("one").turn is False
    assert chat.writes("two").turn is False
    assert chat.said == [intro_and_kept()]
    assert chat.pending() == ["one", "two"] and all(row.not_before == HELD for row in chat.rows(Inbound))
    with chat.store.write() as session:
        session.execute(update(Message).values(at=now() - timedelta(minutes=5)))
    chat.writes("three")
    assert chat.said[1:] == [text("telegram.remind")]


def test_consent_frees_what_was_held(chat: Chat) -> None:
    chat.writes("one")
    after = chat.presses("consent_yes")
    assert after.turn and after.callback
    assert chat.conversation.consent_at is not None
    (one,) = chat.rows(Inbound, Inbound.text == "one")
    assert one.state == "pending" and now() - timedelta(seconds=10) < one.not_before <= now()
    assert chat.writes("two").turn
    again = chat.presses("consent_yes")
    assert again.toast == text("telegram.already_agreed") and chat.said.count(text("telegram.agreed")) == 1


def test_consent_with_nothing_held_greets(chat: Chat) -> None:
    chat.writes("/start")
    assert not chat.presses("consent_yes").turn
    assert text("telegram.agreed") not in chat.said and chat.said[-1].startswith("Hello.")


class Unsure:
    """Rules that are unsure of everything in which "odd" stands."""

    def prepare(self, text: str) -> None:
        pass

    def crisis_line(self, text: str) -> str:
        return ""

    def check(self, text: str, earlier: Sequence[str] = ()) -> Finding | None:
        return Finding(("R1",), "today", "Please get help today.", ask=True) if "odd" in text else None


@pytest.fixture
def unsure(chat: Chat) -> Chat:
    chat.receiver._red_flags = Unsure()
    return chat


@pytest.mark.parametrize(
    ("then", "held"), [("no", ["my leg is odd"]), ("since monday", ["my leg is odd", "since monday"])]
)
def test_the_ordinary_answer_beside_the_question_is_held(unsure: Chat, then: str, held: list[str]) -> None:
    """Whether a leg is an emergency may be asked before consent; the ordinary answer to that message may
    not be given."""
    assert unsure.writes("my leg is odd").turn is False
    assert unsure.said[0].startswith("I want to be sure") and unsure.said[1] == intro_and_kept()
    assert unsure.writes(then).turn is False
    assert unsure.pending() == held
    assert all(row.not_before == HELD for row in unsure.rows(Inbound, Inbound.state == "pending"))
    assert unsure.presses("consent_yes").turn
    assert all(row.not_before <= now() for row in unsure.rows(Inbound, Inbound.state == "pending"))


def test_a_button_of_ours_lets_nothing_loose(unsure: Chat) -> None:
    unsure.writes("my leg is odd")
    unsure.writes("/delete")
    assert unsure.presses("delete_no").turn is False
    assert [row.not_before for row in unsure.rows(Inbound, Inbound.state == "pending")] == [HELD]


def test_staff_who_hold_the_chat_are_not_talked_over_at_a_no(unsure: Chat) -> None:
    unsure.writes("my leg is odd")
    unsure.change(claimed)
    said = len(unsure.said)
    assert unsure.writes("no").turn  # for the worker to see that it is staff's
    assert len(unsure.said) == said


def test_after_consent_a_no_is_followed_by_the_answer_at_once(unsure: Chat) -> None:
    unsure.agrees().writes("my leg is odd")
    assert unsure.writes("no").turn and unsure.pending() == ["my leg is odd"]


@pytest.mark.parametrize("reply", ["typed", "pressed"])
@pytest.mark.parametrize("between", ["sticker", "photo", "command", "tap"])
def test_a_yes_is_heard_whatever_came_between(unsure: Chat, between: str, reply: str) -> None:
    unsure.agrees()
    if between == "tap":
        unsure.presses("talk_to_staff")
    unsure.writes("my leg is odd")
    if between == "command":
        unsure.writes("/help")
    elif between == "tap":
        assert unsure.presses("talk_to_staff").toast == text("telegram.working")
    else:
        unsure.does(updates.content(CHAT, **updates.CONTENTS[between]))
    if reply == "typed":
        unsure.writes("yes it is, since this morning")
    else:
        unsure.presses("flag_yes")
    assert [alert.flags for alert in unsure.rows(Alert)] == [["R1"]]
    assert unsure.said[-1].startswith("Please get help today.")


def test_a_red_flag_is_answered_before_consent(chat: Chat) -> None:
    chat.writes("I have chest pain")
    assert len(chat.said) == 1 and chat.said[0].startswith("Call [911](tel:911) now.")
    assert chat.rows(Alert) and chat.conversation.mode == "waiting"
    chat.writes("hello")
    assert chat.said[1].startswith(text("telegram.intro"))


def test_a_refusal_deletes(chat: Chat) -> None:
    chat.writes("secret words")
    after = chat.presses("consent_no")
    assert after.farewell == text("telegram.declined.erase") and after.chat == CHAT
    assert [chat.rows(model) for model in (Conversation, Inbound, Message, Outbox)] == [[], [], [], []]


def test_a_refusal_keeps_an_open_red_flag_for_staff(chat: Chat) -> None:
    chat.writes("chest pain")
    chat.writes("hello")
    after = chat.presses("consent_no")
    assert after.erase is None and chat.said[-1] == text("telegram.declined.urgent") and chat.rows(Alert)
    assert (
        chat.pending() == [] and "hello" in chat.typed
    )  # not answered should the patient agree to something later


def closed_alert(session: Any, conversation: Conversation) -> None:
    staff = Staff(email="a@b.example", name="Ann", password_hash="x")
    session.add(staff)
    session.flush()
    for alert in desk.open_alerts(session, conversation.id):
        desk.close_alert(session, alert.id, staff, "called her")


def unchecked(session: Any, conversation: Conversation) -> None:
    change_mode(session, conversation, "hand_over", actor="system", reason="unchecked")


@pytest.mark.parametrize(
    ("words_first", "happens"), [("chest pain", closed_alert), ("hi", unchecked), ("hi", claimed)]
)
def test_a_refusal_while_staff_need_the_chat_drops_what_waits_and_says_so(
    chat: Chat, words_first: str, happens: Any
) -> None:
    chat.writes(words_first)
    chat.writes("hello")
    chat.change(happens)
    before = len(chat.said)
    after = chat.presses("consent_no")
    assert after.erase is None and chat.said[before:] == [text("telegram.declined.staff")]
    assert chat.pending() == [] and "hello" in chat.typed


def test_an_old_no_button_in_a_running_talk_does_nothing(chat: Chat) -> None:
    chat.agrees()
    chat.writes("a question")
    chat.writes("chest pain")
    before = len(chat.said)
    after = chat.presses("consent_no")
    assert after.erase is None and len(chat.said) == before and chat.pending() == ["a question"]


def test_before_consent_staff_may_talk_and_nothing_is_held(chat: Chat) -> None:
    chat.writes("chest pain")
    chat.change(claimed)
    before = len(chat.said)
    chat.writes("I am here")
    chat.does(updates.content(CHAT, **updates.CONTENTS["poll"]))
    assert chat.pending() == [] and chat.said[before:] == [text("telegram.content_with_staff")]


@pytest.mark.parametrize("command", ["/help", "/restart", "/help@test_bot"])
def test_commands_after_consent(chat: Chat, command: str) -> None:
    chat.agrees()
    assert chat.writes(command).turn is False
    assert chat.said[-1] == text("telegram.help") and chat.typed[-1] == command and chat.pending() == []


def test_start_introduces_then_greets(chat: Chat) -> None:
    chat.writes("/start")
    chat.writes("/start ref")
    assert chat.said == [text("telegram.intro")] * 2
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
    assert chat.said[-1] == text("telegram.stopped") and chat.pending() == []
    assert chat.conversation.mode == "closed" and chat.conversation.consent_at is None
    chat.writes("another")
    assert chat.said[-1] == intro_and_kept()
    assert [row.not_before for row in chat.rows(Inbound, Inbound.state == "pending")] == [HELD]


def test_stop_while_staff_have_it_leaves_it_with_staff(chat: Chat) -> None:
    chat.agrees()
    chat.change(claimed)
    chat.writes("/stop")
    assert chat.conversation.mode == "staff" and chat.said[-1] == text("telegram.stopped_staff")


def test_delete_asks_first_then_erases(chat: Chat) -> None:
    chat.agrees()
    chat.writes("secret")
    chat.writes("/delete")
    chat.presses("delete_no")
    assert chat.said[-1] == text("telegram.keep") and "secret" in chat.typed
    chat.writes("/delete")
    after = chat.presses("delete_yes")
    assert after.farewell and chat.rows(Conversation) == [] and chat.rows(Message) == []
    assert chat.presses("delete_yes").toast == text(
        "telegram.old_button"
    )  # an impatient second tap, or Telegram's repeat
    assert chat.rows(Conversation) == []


def test_a_crash_before_the_erasing_is_made_good_by_the_repeat(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_a_refusal_after_stop_drops_what_waits_and_keeps_the_earlier_talk(chat: Chat) -> None:
    chat.agrees()
    chat.writes("earlier")
    chat.writes("/stop")
    chat.writes("waits")
    after = chat.presses("consent_no")
    assert after.erase is None and chat.said[-1] == text("telegram.declined.earlier")
    assert "earlier" in chat.typed and chat.pending() == []
