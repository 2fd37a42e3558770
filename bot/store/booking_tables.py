"""The tables of a request for an appointment, and of the appointments that come of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.clock import now
from bot.store.base import Base, index_where


class Booking(Base):
    """A request for an appointment, in the patient's words; staff confirm it, nobody is booked by a
    machine."""

    __tablename__ = "bookings"
    __table_args__ = (
        CheckConstraint(
            "state in ('requested', 'contacted', 'booked', 'declined', 'cancelled')", name="state"
        ),
        Index("ix_bookings_day", "state", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    inbound_id: Mapped[int] = mapped_column(ForeignKey("inbox.id", ondelete="CASCADE"), unique=True)
    name: Mapped[str] = mapped_column(String(256))
    contact: Mapped[str] = mapped_column(String(256))
    times: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    #: The days that ``times`` names, as dates: ``[{"words": "friday", "day": "2026-12-04"}]``.
    days_named: Mapped[list[Any] | None] = mapped_column(JSON)
    consent_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16), default="requested")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)


class ContactLink(Base):
    """A one-time page on which a patient leaves contact details, so that they never stand in a chat that
    others can read.

    The link holds a random token; here stands only its hash. What is left goes straight into the booking
    request.
    """

    __tablename__ = "contact_links"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Appointment(Base):
    """A date and time for a request: first proposed to the patient, then booked, then over.

    All of one request share the ``uid`` of the calendar entry. What a calendar shows is the one that was
    booked last; ``sequence`` counts the changes of that entry (RFC 5545, 3.8.7.4). Only
    ``store.appointments`` changes the state.
    """

    __tablename__ = "appointments"
    __table_args__ = (
        CheckConstraint(
            "state in ('proposed', 'booked', 'done', 'declined', 'cancelled', 'no_show')", name="state"
        ),
        CheckConstraint("starts_at < ends_at", name="lasts"),
        Index("ix_appointments_day", "state", "starts_at"),
        # Whatever goes wrong in the code: one request has one appointment.
        index_where("uq_appointments_booked", "booking_id", where="state = 'booked'", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(String(16), default="proposed")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(String(200))
    #: With whom, as the patient reads it.
    person: Mapped[str] = mapped_column(String(120))
    uid: Mapped[str] = mapped_column(String(64), index=True)
    sequence: Mapped[int] = mapped_column(default=0)
    #: Why it was declined or cancelled.
    reason: Mapped[str | None] = mapped_column(String(200))
    #: The hash of the secret in the patient's link to the calendar file.
    link_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    booked_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def minutes(self) -> int:
        """How long it lasts."""
        return round((self.ends_at - self.starts_at).total_seconds() / 60)
