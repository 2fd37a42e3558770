"""What happens at the same moment on PostgreSQL waits in a row, not in a circle."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from bot.clock import now
from bot.conversation.messages import locked
from bot.errors import RefusedError
from bot.staff import desk
from bot.staff.auth import sessions
from bot.staff.lookups import booking_of
from bot.store.engine import Store
from bot.store.models import Alert, Booking, Staff
from tests.support.talk import Talk, person


@pytest.fixture
def row(store: Store, talk: Talk) -> tuple[Booking, Alert]:
    """A booking request and an alert of one conversation."""
    inbound_id = talk.say("hello").inbound_id
    with store.write() as session:
        booking = Booking(
            conversation_id=talk.id,
            inbound_id=inbound_id,
            name="",
            contact="",
            times="x",
            reason="y",
            consent_at=now(),
        )
        alert = Alert(conversation_id=talk.id, inbound_id=inbound_id, flags=["R1"], tier="today", seq=1)
        session.add_all([booking, alert])
    return booking, alert


def waits(store: Store) -> bool:
    """Whether somebody waits for a lock; SQLite's writers wait by themselves."""
    if store.is_sqlite:
        return True
    with store.read() as session:
        return bool(session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def change_booking(session: Any, booking: Booking, alert: Alert, staff: Staff) -> None:
    found = booking_of(session, booking.conversation_id, booking.id)
    desk.set_booking(session, found, staff, "contacted", version=1)


def close(session: Any, booking: Booking, alert: Alert, staff: Staff) -> None:
    desk.close_alert(session, alert.id, staff, "called her")


@pytest.mark.parametrize("work", [change_booking, close])
def test_staff_and_patient_on_one_conversation_do_not_lock_each_other_out(
    store: Store, talk: Talk, row: tuple[Booking, Alert], work: Callable[..., None]
) -> None:
    """The patient's side holds the conversation and then writes the row that staff change at that moment."""
    booking, alert = row
    staff, errors = person(store), []

    def desk_side() -> None:
        try:
            with store.write() as session:
                work(session, booking, alert, session.get(Staff, staff.id))
        except Exception as error:
            errors.append(error)

    other = threading.Thread(target=desk_side)
    with store.write() as session:
        locked(session, talk.id)
        other.start()
        for _ in range(100):
            if waits(store):
                break
            other.join(0.05)
        session.get(Booking, booking.id).name = "Ann"
        session.get(Alert, alert.id).flags = ["R1", "R2"]
        session.flush()
    other.join(20)
    assert errors == [] and not other.is_alive()
    with store.read() as session:
        kept = session.get_one(Booking, booking.id)
        assert kept.name == "Ann"


@pytest.mark.parametrize(
    ("email", "address", "allowed"),
    [
        ("ann@clinic.example", "192.0.2.{}", sessions.FREE_TRIES),
        ("{}@clinic.example", "192.0.2.1", sessions.ADDRESS_TRIES),
    ],
)
def test_many_tries_to_sign_in_at_once_are_counted_one_by_one(
    store: Store, email: str, address: str, allowed: int
) -> None:
    count = allowed + 15
    start, passed = threading.Barrier(count), []

    def knock(number: int) -> None:
        start.wait()
        try:
            with store.write() as session:
                sessions._count_try(session, email.format(number), address.format(number))
            passed.append(1)
        except RefusedError:
            pass

    threads = [threading.Thread(target=knock, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == allowed
