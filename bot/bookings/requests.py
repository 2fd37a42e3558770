"""The request for an appointment as it is stored: one column for each declared field."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Text
from sqlalchemy.orm import Session, mapped_column

from bot.bookings.fields import FIELDS
from bot.clock import now
from bot.store.models import Booking

# A field that is added needs no second line beside its declaration: its column is known from here on.
for _field in FIELDS:
    if not hasattr(Booking, _field.column):
        setattr(Booking, _field.column, mapped_column(Text, nullable=True))


def make_request(
    session: Session, conversation_id: str, inbound_id: int, given: Mapping[str, str]
) -> Booking:
    """Store a request; the caller ends the transaction.

    Args:
        inbound_id: the message that sent it; one message makes one request.
        given: the fields by their columns. What is missing is stored as "", such as a contact that is left elsewhere.
    """
    values = {field.column: given.get(field.column, "") for field in FIELDS}
    booking = Booking(conversation_id=conversation_id, inbound_id=inbound_id, consent_at=now(), **values)
    session.add(booking)
    session.flush()
    return booking


def shown_to_staff(booking: Booking) -> list[tuple[str, str]]:
    """The fields that every member of staff may read at once, each as its label and the patient's words."""
    return [
        (field.staff_label, getattr(booking, field.column) or "") for field in FIELDS if not field.private
    ]


def in_short(booking: Booking) -> str:
    """The same in one line, for lists."""
    return " · ".join(value for _, value in shown_to_staff(booking) if value)
