"""The day before, the patient is reminded of an appointment, once and only while it stands."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.clock import now
from bot.content.clinic import clinic
from bot.conversation import appointments as chat
from bot.conversation.messages import locked
from bot.conversation.timers import Timers
from bot.store import appointments
from bot.store.engine import Store
from bot.store.models import Appointment, Outbox, Timer
from bot.work.notifier import Notifier
from tests.support.talk import Talk
from tests.support.visits import in_days, proposed, request_of


def booked(talk: Talk, starts_at: datetime, booking: int | None = None) -> int:
    one = proposed(talk.store, booking or request_of(talk.store, talk.id), starts_at)
    talk.say(choice=f"appt_take_{one}")
    return one


def due(talk: Talk) -> list[datetime]:
    return [timer.due_at for timer in talk.rows(Timer, Timer.kind == chat.REMIND)]


def reminders(talk: Talk) -> list[str]:
    return [said for said in talk.said("system") if said.startswith("A reminder:")]


def run(talk: Talk, at: datetime) -> None:
    Timers(talk.store, Notifier()).run_due(at)


def test_at_ten_on_the_day_before_by_the_clinics_clock(store: Store) -> None:
    """Also where the clocks change in between: 8 March 2026 and 14 March 2027 are such nights."""
    talk, zone = Talk(store), ZoneInfo(clinic().time_zone)
    start = datetime(2031, 3, 10, 9, tzinfo=zone)  # the clocks go forward on the 9th
    booked(talk, start.astimezone(ZoneInfo("UTC")))
    assert due(talk) == [datetime(2031, 3, 9, 10, tzinfo=zone)]


@pytest.mark.parametrize("channel", ["widget", "telegram"])
def test_it_is_said_once_with_the_ways_out(store: Store, channel: str) -> None:
    talk = Talk(store, channel=channel)
    one = booked(talk, in_days(3))
    (at,) = due(talk)
    run(talk, at - timedelta(seconds=1))
    assert reminders(talk) == []
    before = len(talk.rows(Outbox))
    for _ in range(3):
        run(talk, at)
    (said,) = reminders(talk)
    assert clinic().time_text(in_days(3)) in said and "Dr Ruiz" in said
    assert "legs" not in said
    assert len(talk.rows(Outbox)) - before == (1 if channel == "telegram" else 0)
    talk.say(choice=f"appt_cancel_{one}")
    assert talk.said("system")[-1].startswith("Do you want to cancel")


def test_a_cancelled_one_is_forgotten_and_a_moved_one_is_reminded_of_at_its_new_time(store: Store) -> None:
    talk = Talk(store)
    booking = request_of(store, talk.id)
    booked(talk, in_days(3), booking)
    moved = booked(talk, in_days(8), booking)
    first, second = due(talk)
    run(talk, first)
    assert reminders(talk) == []
    with store.write() as session:
        appointments.cancel(session, session.get_one(Appointment, moved), actor="Ann", reason="ill")
    run(talk, second)
    assert reminders(talk) == []
    assert {timer.outcome for timer in talk.rows(Timer)} == {"over"}


def test_nothing_is_said_to_who_took_consent_back_or_after_it_began(store: Store) -> None:
    stopped, late = Talk(store), Talk(store)
    booked(stopped, in_days(3))
    booked(late, in_days(3, hour=16))
    stopped.change(consent_at=None)
    run(stopped, in_days(4))
    assert reminders(stopped) == reminders(late) == []


def test_one_that_is_booked_for_tomorrow_afternoon_of_the_day_before_gets_none(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk, zone = Talk(store), ZoneInfo(clinic().time_zone)
    start = datetime(2031, 3, 10, 9, tzinfo=zone)
    one = proposed(store, request_of(store, talk.id), start.astimezone(ZoneInfo("UTC")))
    monkeypatch.setattr(chat, "now", lambda: datetime(2031, 3, 9, 15, tzinfo=zone))
    with store.write() as session:
        conversation = locked(session, talk.id)
        assert conversation
        chat.book(session, conversation, session.get_one(Appointment, one), actor="Ann")
    assert due(talk) == []
    assert start > now()
