"""Nothing is held for ever: who waits for a holder who does not answer goes back to the queue, and is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.clock import now
from bot.content.clinic import Clinic
from bot.conversation import held
from bot.conversation.timers import Timers
from bot.errors import NotAllowedError
from bot.settings import settings
from bot.staff import desk
from bot.store.models import Conversation, Event, Message, Staff
from bot.work.notifier import Notifier
from tests.support.talk import Talk, person, until

MINUTES = timedelta(minutes=settings().held_idle_minutes)


@pytest.fixture(params=[True, False], ids=["open", "closed"])
def is_open(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(Clinic, "is_open", lambda self, at: request.param)
    return bool(request.param)


@pytest.fixture
def ann(talk: Talk) -> Staff:
    """Who has held the conversation for two hours, in which the patient wrote an hour ago."""
    ann = person(talk.store)
    with talk.store.write() as session:
        desk.claim(session, talk.id, ann)
    talk.say("are you there?")
    talk.change(held_since=now() - timedelta(hours=2))
    with talk.store.write() as session:
        session.execute(update(Message).values(at=now() - timedelta(hours=1)))
    return ann


async def test_who_waits_too_long_for_the_holder_is_back_in_the_queue_and_told(
    talk: Talk, ann: Staff, is_open: bool
) -> None:
    clock = Timers(talk.store, Notifier())
    await clock.start()
    await until(lambda: talk.row.mode == "waiting")
    await clock.stop()
    row = talk.row
    assert (row.claimed_by, row.waiting_reason, row.reset_brain) == (None, "released", True)
    assert now() - row.waiting_since > timedelta(minutes=59), "its place is that of who wrote an hour ago"
    told = talk.said("system")[-1]
    assert told.startswith("Ann cannot answer right now") and ("the clinic is closed" in told) is not is_open
    event = talk.rows(Event, Event.kind == "release")[0]
    assert (event.actor, event.data["why"]) == ("system", "no answer for 30 minutes")


@pytest.mark.parametrize("case", ["answered", "just claimed", "just written", "never"])
def test_who_is_looked_after_stays_where_they_are(
    talk: Talk, ann: Staff, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = now()
    if case == "answered":
        with talk.store.write() as session:
            desk.reply(session, talk.id, ann, "yes, I am")
    elif case == "just claimed":
        talk.change(held_since=now() - MINUTES + timedelta(seconds=30))
    elif case == "just written":
        moment = now() - timedelta(hours=1) + MINUTES - timedelta(seconds=30)
    else:
        monkeypatch.setenv("RLA_HELD_IDLE_MINUTES", "0")
        settings.cache_clear()
    assert held.release_idle(talk.store, moment) == []
    assert talk.row.claimed_by == ann.id


def test_nobody_is_told_twice_and_the_holder_of_before_may_not_write(talk: Talk, ann: Staff) -> None:
    assert held.release_idle(talk.store, now()) == [talk.id]
    assert held.release_idle(talk.store, now()) == []
    assert len(talk.rows(Event, Event.kind == "release")) == 1
    with pytest.raises(NotAllowedError), talk.store.write() as session:
        desk.reply(session, talk.id, ann, "sorry, I was away")


@pytest.mark.parametrize(("answered", "mode"), [(True, "assistant"), (False, "waiting")])
def test_what_nobody_waits_in_goes_to_the_assistant(
    talk: Talk, ann: Staff, answered: bool, mode: str
) -> None:
    with talk.store.write() as session:
        if answered:
            desk.reply(session, talk.id, ann, "all done")
        assert held.release_all(session, ann, "left", actor="Ann") == [talk.id]
    assert (talk.row.mode, talk.row.claimed_by) == (mode, None)
    assert ("has left the chat" in talk.said("system")[-1]) is answered


def test_an_open_red_flag_always_goes_to_the_queue(talk: Talk, ann: Staff) -> None:
    talk.say("chest pain")
    with talk.store.write() as session:
        desk.reply(session, talk.id, ann, "please call 911")
        held.release_all(session, ann, "left", actor="Ann")
    assert (talk.row.mode, talk.row.waiting_reason) == ("waiting", "red_flag")


def test_at_night_a_patient_of_a_holder_who_is_gone_hears_once_when_staff_read(
    talk: Talk, ann: Staff, is_open: bool
) -> None:
    for line in ("hello?", "anybody?"):
        talk.say(line)
    closed = [line for line in talk.said("system") if line.startswith("The clinic is closed at this hour.")]
    assert len(closed) == (0 if is_open else 1)
    assert all("911" in line for line in closed)


@pytest.mark.parametrize("sign", ["claimed", "wrote"])
def test_a_holder_who_is_there_at_night_is_not_said_to_be_away(
    talk: Talk, ann: Staff, sign: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Clinic, "is_open", lambda self, at: False)
    if sign == "claimed":
        talk.change(held_since=now())
    else:
        with talk.store.write() as session:
            desk.reply(session, talk.id, ann, "I am still here")
    talk.say("thank you")
    assert not any("closed at this hour" in line for line in talk.said("system"))
    assert talk.rows(Conversation, Conversation.id == talk.id)[0].mode == "staff"
