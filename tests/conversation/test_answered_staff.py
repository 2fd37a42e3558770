"""Who answers what staff wrote reaches staff, whatever became of the conversation since."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.clock import now
from bot.content.clinic import Clinic
from bot.conversation.answered_staff import LINE
from bot.settings import settings
from bot.staff import desk
from bot.store.models import Message
from tests.support.talk import Talk, person


@pytest.fixture(params=["give_back", "close"])
def talk_after_staff(talk: Talk, request: pytest.FixtureRequest) -> Talk:
    """Ann wrote, and then gave the conversation back or closed it."""
    ann = person(talk.store)
    with talk.store.write() as session:
        desk.claim(session, talk.id, ann)
    with talk.store.write() as session:
        desk.reply(session, talk.id, ann, "Would Wednesday at 9 suit you?")
    with talk.store.write() as session:
        getattr(desk, request.param)(session, talk.id, ann)
    assert talk.row.mode in ("assistant", "closed")
    return talk


@pytest.mark.parametrize("is_open", [True, False])
def test_the_answer_goes_to_staff_and_the_patient_is_told_once(
    talk_after_staff: Talk, is_open: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Clinic, "is_open", lambda self, at: is_open)
    talk = talk_after_staff
    talk.say("yes that works")
    assert (talk.row.mode, talk.row.waiting_reason) == ("waiting", LINE)
    assert (talk.inbox[-1].state, talk.inbox[-1].note) == ("done", "for_staff")
    assert ("The clinic is closed" in talk.said("system")[-1]) is not is_open
    talk.say("what foods have iron")
    assert talk.inbox[-1].state == "pending", "the next message is the assistant's"
    assert len(talk.rows(Message, Message.conversation_id == talk.id, Message.answer_id == LINE)) == 1


def test_a_red_flag_is_answered_as_ever(talk_after_staff: Talk) -> None:
    receipt = talk_after_staff.say("yes but i have chest pain")
    assert receipt.urgent and talk_after_staff.rows(Message, Message.answer_id == LINE) == []


@pytest.mark.parametrize("case", ["long ago", "never", "assistant spoke"])
def test_else_the_assistant_answers(
    talk_after_staff: Talk, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = talk_after_staff
    with talk.store.write() as session:
        if case == "long ago":
            session.execute(
                update(Message).values(at=now() - timedelta(hours=settings().staff_answer_hours + 1))
            )
        if case == "assistant spoke":
            session.execute(update(Message).where(Message.sender == "staff").values(sender="assistant"))
    if case == "never":
        monkeypatch.setenv("RLA_STAFF_ANSWER_HOURS", "0")
        settings.cache_clear()
    talk.say("wednesday 9 suits me")
    assert talk.inbox[-1].state == "pending"
    assert talk.row.mode == "assistant"
