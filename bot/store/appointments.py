"""The states of an appointment: the table of legal changes, and the functions that apply them.

A change is one ``UPDATE ... WHERE state = ...``, so however many press at once, one of them does it and the
others are told what it is now.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.clock import now
from bot.content.texts import table, text
from bot.errors import NotAllowedError
from bot.store.engine import one_at_a_time
from bot.store.models import Appointment, Booking, Event

#: (state, what happens) -> the state after it. What is not here is refused.
TRANSITIONS: dict[tuple[str, str], str] = {
    ("proposed", "accept"): "booked",
    ("proposed", "decline"): "declined",
    ("proposed", "withdraw"): "cancelled",
    ("booked", "move"): "cancelled",  # another time of the same request took its place
    ("booked", "cancel"): "cancelled",
    ("booked", "finish"): "done",
    ("booked", "miss"): "no_show",
    # A wrong click afterwards can be put right.
    ("done", "miss"): "no_show",
    ("no_show", "finish"): "done",
}
OPEN = ("proposed", "booked")


def change(
    session: Session, appointment: Appointment, what: str, *, actor: str, reason: str = "", **values: Any
) -> str:
    """Apply ``what`` to an appointment, and append the event.

    Args:
        what: a name of the table, such as ``cancel``.
        actor: who does it: a staff member's name, or ``patient``.
        reason: why, in words; kept with the appointment.
        values: columns that change with it.
    Returns: the new state.
    Raises:
        NotAllowedError: the table does not have this, or somebody was quicker; says how it stands.
    """
    before = appointment.state
    after = TRANSITIONS.get((before, what))
    kept = {"reason": reason[:200]} if reason else {}
    won = 0
    if after is not None:
        changed = session.execute(
            update(Appointment)
            .where(Appointment.id == appointment.id, Appointment.state == before)
            .values(state=after, updated_at=now(), **kept, **values)
            .execution_options(synchronize_session=False)
        )
        won = changed.rowcount  # type: ignore[attr-defined]
    session.refresh(appointment)
    if after is None or won != 1:
        raise NotAllowedError(text("appointments.refused.state", state=state_name(appointment.state)))
    facts = {
        "appointment": appointment.id,
        "from": before,
        "to": after,
        **({"why": reason} if reason else {}),
    }
    session.add(
        Event(conversation_id=appointment.conversation_id, kind="appointment", actor=actor, data=facts)
    )
    session.flush()
    return after


def accept(session: Session, appointment: Appointment, *, actor: str, link_hash: str | None = None) -> None:
    """Book a proposed time. The other proposals of the request end, and so does an earlier appointment.

    Args:
        link_hash: of the secret in the patient's link to the calendar file.
    Raises:
        NotAllowedError: it is no longer proposed, it has passed, or the person has somebody else then.
    """
    one_at_a_time(session, f"appointments:{appointment.booking_id}")
    one_at_a_time(session, f"appointments of {appointment.person.lower()}")
    session.refresh(appointment)
    if appointment.state == "proposed":
        if appointment.starts_at <= now():
            raise NotAllowedError(text("appointments.refused.passed"))
        if taken(session, appointment):
            raise NotAllowedError(text("appointments.refused.taken"))
    standing = of_booking(session, appointment.booking_id)
    entry = latest(standing)
    if appointment.state == "proposed":
        for other in standing:
            if other.state == "booked":
                change(session, other, "move", actor=actor, reason=text("appointments.reasons.moved"))
    number = entry.sequence + 1 if entry else 0
    moment = now()
    change(
        session, appointment, "accept", actor=actor, sequence=number, booked_at=moment, link_hash=link_hash
    )
    for other in standing:
        if other.state == "proposed" and other.id != appointment.id:
            change(session, other, "withdraw", actor=actor, reason=text("appointments.reasons.another"))
    move_booking(session, appointment.booking_id, "booked", actor=actor)


def cancel(session: Session, appointment: Appointment, *, actor: str, reason: str) -> None:
    """Cancel a booked appointment; the calendar entry is numbered on, and the request is open again only if
    staff open it.

    Raises:
        NotAllowedError: it is not booked any more.
    """
    change(session, appointment, "cancel", actor=actor, reason=reason, sequence=Appointment.sequence + 1)


def move_booking(session: Session, booking_id: int, state: str, *, actor: str) -> None:
    """Bring the request to the state that its appointments are in."""
    booking = session.get_one(Booking, booking_id, populate_existing=True)
    if booking.state == state:
        return
    before, booking.state = booking.state, state
    booking.version += 1
    booking.updated_at = now()
    facts = {"booking": booking.id, "from": before, "to": state}
    session.add(Event(conversation_id=booking.conversation_id, kind="booking", actor=actor, data=facts))
    session.flush()


def of_booking(session: Session, booking_id: int) -> Sequence[Appointment]:
    """All times that were ever proposed for a request, the oldest first."""
    return session.scalars(
        select(Appointment)
        .where(Appointment.booking_id == booking_id)
        .order_by(Appointment.id)
        .execution_options(populate_existing=True)
    ).all()


def latest(appointments: Sequence[Appointment]) -> Appointment | None:
    """The one that a calendar shows: of those that were booked, the one with the highest number."""
    booked = [one for one in appointments if one.booked_at is not None]
    return max(booked, key=lambda one: (one.sequence, one.id), default=None)


def taken(session: Session, appointment: Appointment, states: Sequence[str] = ("booked",)) -> bool:
    """Whether the person of an appointment has another request's at the same time."""
    return overlaps(
        session,
        appointment.person,
        appointment.starts_at,
        appointment.ends_at,
        but=appointment.booking_id,
        states=states,
    )


def overlaps(
    session: Session,
    person: str,
    starts_at: datetime,
    ends_at: datetime,
    *,
    but: int,
    states: Sequence[str] = ("booked",),
) -> bool:
    """Whether ``person`` has an appointment between two times, of another request than ``but``.

    One that ends when the other begins does not overlap it.
    """
    found = select(Appointment.id).where(
        func.lower(Appointment.person) == person.lower(),
        Appointment.state.in_(states),
        Appointment.starts_at < ends_at,
        Appointment.ends_at > starts_at,
        Appointment.booking_id != but,
    )
    return session.scalar(found.limit(1)) is not None


def state_name(state: str) -> str:
    """A state inside a sentence."""
    return table("appointments.states").get(state, state).lower()
