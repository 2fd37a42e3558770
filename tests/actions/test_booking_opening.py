"""What the first message of a booking says is kept, so that the form asks only for the rest."""

from __future__ import annotations

from actions.booking import ActionBeginBooking
from bot.bookings.fields import BY_SLOT
from tests.actions.conftest import Patient


def test_what_the_first_message_says_is_not_asked_again(patient: Patient) -> None:
    patient.writes("I'm Ann Lee, 555 010 0123, could I come in on Tuesday?", "book_appointment")
    (said,) = patient.hears(ActionBeginBooking())
    assert said["answer"] == "booking_read"
    assert {key: patient.slots.get(key) for key in BY_SLOT} == {
        "booking_name": "Ann Lee",
        "booking_contact": "555 010 0123",
        "booking_times": "Tuesday",
        "booking_reason": None,
    }


def test_a_bare_wish_fills_nothing(patient: Patient) -> None:
    patient.writes("can I book an appointment", "book_appointment")
    assert patient.hears(ActionBeginBooking()) == []
    assert all(patient.slots.get(key) is None for key in BY_SLOT)
