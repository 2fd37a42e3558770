"""The request for an appointment as it is stored: one column for each declared field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Text
from sqlalchemy.orm import Session, mapped_column

from bot.bookings.fields import FIELDS
from bot.bookings.reading.days import days_named
from bot.clock import now
from bot.content.clinic import clinic
from bot.content.texts import text
from bot.store.models import Booking

log = structlog.get_logger()

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
        given: the fields by their columns. What is missing is stored as "", such as a contact that is left
            elsewhere.
    """
    values = {field.column: given.get(field.column, "") for field in FIELDS}
    booking = Booking(
        conversation_id=conversation_id,
        inbound_id=inbound_id,
        consent_at=now(),
        days_named=_days(values["times"]),
        **values,
    )
    session.add(booking)
    session.flush()
    return booking


def _days(times: str) -> list[dict[str, str]] | None:
    """The days that the patient names; ``None`` if they cannot be read. No request is lost for that."""
    local = now().astimezone(ZoneInfo(clinic().time_zone))
    try:
        return days_named(times, local, day_first=clinic().phone_region != "US")
    except Exception as error:
        log.warning("days_not_read", error=type(error).__name__)
        return None


def shown_to_staff(booking: Booking) -> list[tuple[str, str]]:
    """What every member of staff may read at once, each as its label and the patient's words, with the
    days that they name."""
    found = []
    for field in FIELDS:
        if not field.private:
            found.append((field.staff_label, getattr(booking, field.column) or ""))
        if field.column == "times" and booking.days_named:
            days = [
                f"{named['words']}: {date.fromisoformat(named['day']):%a %d %b %Y}"
                for named in booking.days_named
            ]
            found.append((text("bookings.staff_labels.days_named"), ", ".join(days)))
    return found


def in_short(booking: Booking) -> str:
    """The patient's words in one line, for lists."""
    words = (getattr(booking, field.column) for field in FIELDS if not field.private)
    return " · ".join(value for value in words if value)
