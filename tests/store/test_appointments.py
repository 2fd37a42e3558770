"""The states of an appointment: what is legal, and one winner however many press at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.errors import NotAllowedError
from bot.store import appointments
from bot.store.appointments import TRANSITIONS
from bot.store.engine import Store
from bot.store.models import Appointment, Booking, Event
from tests.support.talk import Talk
from tests.support.visits import appointment, in_days, proposed, request_of


def accept(store: Store, identifier: int) -> None:
    with store.write() as session:
        appointments.accept(session, session.get_one(Appointment, identifier), actor="patient")


def at_once(work: list[Callable[[], None]]) -> list[str]:
    """Run all at the same moment; returns why each was refused, "" for those that were not."""
    gate, said = threading.Barrier(len(work)), [""] * len(work)

    def run(index: int) -> None:
        gate.wait(30)
        try:
            work[index]()
        except NotAllowedError as error:
            said[index] = error.message

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return said


def test_of_fifty_who_book_two_proposals_one_wins(store: Store) -> None:
    booking = request_of(store, Talk(store).id)
    two = [proposed(store, booking, in_days(3)), proposed(store, booking, in_days(4), person="Dr Lind")]
    said = at_once([lambda one=two[number % 2]: accept(store, one) for number in range(50)])
    assert said.count("") == 1
    assert set(said) - {""} <= {
        "This appointment is booked now, so nothing was changed.",
        "This appointment is cancelled now, so nothing was changed.",
    }
    assert sorted(appointment(store, one).state for one in two) == ["booked", "cancelled"]
    with store.read() as session:
        assert session.get_one(Booking, booking).state == "booked"
        booked = [event for event in session.scalars(select(Event)) if event.data.get("to") == "booked"]
    assert sorted(event.kind for event in booked) == ["appointment", "booking"]


def test_of_fifty_patients_who_take_the_same_hour_of_one_person_one_has_it(store: Store) -> None:
    ids = [proposed(store, request_of(store, Talk(store).id), in_days(3)) for _ in range(50)]
    said = at_once([lambda one=one: accept(store, one) for one in ids])
    assert said.count("") == 1
    assert set(said) - {""} == {"This time has just been taken, so it cannot be booked."}


@pytest.mark.parametrize(
    ("hour", "person", "free"),
    [(14, "dr ruiz", False), (14, "Dr Lind", True), (15, "Dr Ruiz", True), (13, "Dr Ruiz", True)],
)
def test_the_same_person_is_not_in_two_places(store: Store, hour: int, person: str, free: bool) -> None:
    """One that ends when the next begins leaves it free."""
    accept(store, proposed(store, request_of(store, Talk(store).id), in_days(3), minutes=60))
    other = proposed(store, request_of(store, Talk(store).id), in_days(3, hour), minutes=60, person=person)
    if free:
        accept(store, other)
        return
    with pytest.raises(NotAllowedError, match="just been taken"):
        accept(store, other)
    assert appointment(store, other).state == "proposed"


def test_a_time_that_has_passed_is_not_booked(store: Store) -> None:
    late = proposed(store, request_of(store, Talk(store).id), in_days(-1))
    with pytest.raises(NotAllowedError, match="passed already"):
        accept(store, late)


@pytest.mark.parametrize("before", ["proposed", "booked", "done", "declined", "cancelled", "no_show"])
@pytest.mark.parametrize("what", ["decline", "withdraw", "move", "cancel", "finish", "miss"])
def test_only_what_the_table_has_is_done(store: Store, before: str, what: str) -> None:
    one = proposed(store, request_of(store, Talk(store).id), in_days(3))

    def do(session: Session) -> None:
        row = session.get_one(Appointment, one)
        row.state = before
        session.flush()
        appointments.change(session, row, what, actor="Ann")

    if (before, what) in TRANSITIONS:
        with store.write() as session:
            do(session)
        assert appointment(store, one).state == TRANSITIONS[before, what]
        return
    with pytest.raises(NotAllowedError, match="nothing was changed"), store.write() as session:
        do(session)


def test_a_move_and_a_cancellation_number_the_entry_on_under_one_uid(store: Store) -> None:
    booking = request_of(store, Talk(store).id)
    first, second = proposed(store, booking, in_days(3)), proposed(store, booking, in_days(4))
    accept(store, first)
    third = proposed(store, booking, in_days(5))
    assert appointment(store, second).state == "cancelled"
    accept(store, third)
    with store.write() as session:
        row = session.get_one(Appointment, third)
        assert (row.sequence, appointment(store, first).state) == (1, "cancelled")
        appointments.cancel(session, row, actor="Ann", reason="ill")
    with store.read() as session:
        shown = appointments.latest(appointments.of_booking(session, booking))
        assert shown and (shown.id, shown.sequence, shown.state, shown.reason) == (
            third,
            2,
            "cancelled",
            "ill",
        )
        assert shown.uid == appointment(store, first).uid


def test_the_database_itself_holds_one_booked_appointment_a_request(store: Store) -> None:
    booking = request_of(store, Talk(store).id)
    ids = [proposed(store, booking, in_days(3)), proposed(store, booking, in_days(4))]
    with pytest.raises(IntegrityError), store.write() as session:
        for one in ids:
            session.get_one(Appointment, one).state = "booked"
