"""What a booking request's card shows, beside a conversation and on the page of all requests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.bookings.links import is_open, newest_links
from bot.bookings.requests import shown_to_staff
from bot.staff import desk
from bot.staff.private_page import can_send_page
from bot.staff.visits import appointments_of
from bot.store.appointments import OPEN
from bot.store.models import Appointment, Booking, ContactLink, Conversation, Staff

PAGE = 50  # requests
_MAIL = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_PHONE = re.compile(r"\+?[0-9 ()./-]{6,24}")


@dataclass(frozen=True)
class BookingCard:
    """A booking request.

    Args:
        name: what the patient left, or else what the conversation is called in the queue.
        shown: whether its contact details are shown, because this person has just asked for them.
        steps: the states that staff can move it to.
        page: the last private page that the patient was sent for the contact details, if any.
        page_open: whether that page still works.
        can_send_page: whether a new one can be sent, by whoever holds the conversation.
        appointments: every time that was proposed or booked for it, the earliest first.
    """

    booking: Booking
    name: str
    shown: bool
    steps: tuple[str, ...]
    page: ContactLink | None
    page_open: bool
    can_send_page: bool
    appointments: Sequence[Appointment] = ()

    @property
    def follows(self) -> bool:
        """Whether a time is proposed or booked, which the request's state then follows."""
        return any(one.state in OPEN for one in self.appointments)

    @property
    def details(self) -> list[tuple[str, str]]:
        """What was asked besides name and contact, each with its label."""
        return shown_to_staff(self.booking)

    @property
    def contact_href(self) -> str:
        """What a tap on the contact does, where that is one telephone number or one e-mail address and
        nothing else."""
        contact = self.booking.contact.strip()
        if _MAIL.fullmatch(contact):
            return f"mailto:{contact}"
        return f"tel:{re.sub(r'[^+0-9]', '', contact)}" if _PHONE.fullmatch(contact) else ""

    @property
    def mark(self) -> str:
        """Changes whenever the card must be drawn anew."""
        parts = (self.booking.id, self.booking.version, self.shown, self.page_open, self.can_send_page)
        return ".".join([*map(str, parts), *(f"{one.id}{one.state}" for one in self.appointments)])


def read_bookings(session: Session, state: str, staff: Staff, *, before: int = 0) -> list[BookingCard]:
    """Booking requests of a state, or of all, the newest first: a page of them and one more if there are
    older ones.

    Args:
        before: only those with a lower id; 0 is all.
    """
    query = select(Booking).order_by(Booking.id.desc()).limit(PAGE + 1)
    if state:
        query = query.where(Booking.state == state)
    if before:
        query = query.where(Booking.id < before)
    return _cards(session, session.scalars(query).all(), staff)


def bookings_of(session: Session, conversation_id: str, staff: Staff) -> list[BookingCard]:
    """The booking requests of one conversation, the newest first."""
    query = select(Booking).where(Booking.conversation_id == conversation_id).order_by(Booking.id.desc())
    return _cards(session, session.scalars(query).all(), staff)


def booking_counts(session: Session) -> dict[str, int]:
    """How many requests there are, by state; a state without any is left out."""
    rows = session.execute(select(Booking.state, func.count()).group_by(Booking.state))
    return {state: count for state, count in rows}


def newest_request(session: Session) -> int:
    """The id of the newest booking request that nobody has answered, or 0."""
    return session.scalar(select(func.max(Booking.id)).where(Booking.state == "requested")) or 0


def _cards(session: Session, bookings: Sequence[Booking], staff: Staff) -> list[BookingCard]:
    ids = {booking.conversation_id for booking in bookings}
    talks = {talk.id: talk for talk in session.scalars(select(Conversation).where(Conversation.id.in_(ids)))}
    shown = desk.contacts_shown(session, list(ids), staff)
    pages = newest_links(session, [booking.id for booking in bookings])
    times = appointments_of(session, [booking.id for booking in bookings])
    made = []
    for booking in bookings:
        talk, page = talks[booking.conversation_id], pages.get(booking.id)
        made.append(
            BookingCard(
                booking=booking,
                name=booking.name or talk.short_name,
                shown=booking.id in shown,
                steps=desk.BOOKING_STEPS[booking.state],
                page=page,
                page_open=bool(page and is_open(page)),
                can_send_page=can_send_page(talk, booking),
                appointments=times[booking.id],
            )
        )
    return made
