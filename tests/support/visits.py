"""Requests for an appointment and times for them, put into a database for tests."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from bot.clock import now
from bot.store.engine import Store
from bot.store.models import Appointment, Booking, Conversation, Inbound


def request_of(store: Store, conversation_id: str, name: str = "Margaret Hill") -> int:
    """A request for an appointment; returns its id."""
    with store.write() as session:
        talk = session.get_one(Conversation, conversation_id)
        number = len(session.scalars(select(Inbound.id)).all())
        inbound = Inbound(
            conversation_id=talk.id,
            channel=talk.channel,
            external_id=f"visit-{number}",
            text="book",
            seq=talk.last_seq + 1,
            state="done",
        )
        session.add(inbound)
        session.flush()
        made = Booking(
            conversation_id=talk.id,
            inbound_id=inbound.id,
            name=name,
            contact="+1 555 010 4477",
            times="Tuesday mornings",
            reason="legs at night",
            consent_at=now(),
        )
        session.add(made)
        session.flush()
        return made.id


def in_days(days: float, hour: int = 14) -> datetime:
    """A whole hour (UTC) so many days from now."""
    return (now() + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)


def proposed(
    store: Store, booking_id: int, starts_at: datetime, *, minutes: int = 30, person: str = "Dr Ruiz"
) -> int:
    """A time proposed for a request; returns its id."""
    with store.write() as session:
        booking = session.get_one(Booking, booking_id)
        made = Appointment(
            conversation_id=booking.conversation_id,
            booking_id=booking.id,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=minutes),
            place="12 Example Street",
            person=person,
            uid=f"uid-{booking.id}",
        )
        session.add(made)
        session.flush()
        return made.id


def appointment(store: Store, identifier: int) -> Appointment:
    """The row as it stands."""
    with store.read() as session:
        return session.get_one(Appointment, identifier)
