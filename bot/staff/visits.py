"""What staff do with appointments. Each function is one step inside the caller's transaction.

Whatever the patient is told goes as a line of the staff member who holds the conversation, after that person
has read it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.bookings.appointment_form import Plan, refuse_taken
from bot.content.clinic import clinic
from bot.content.texts import text
from bot.conversation import appointments as chat
from bot.conversation.messages import locked
from bot.errors import NotAllowedError, RefusedError
from bot.staff import desk
from bot.staff.lookups import booking_of
from bot.store import appointments
from bot.store.appointments import OPEN
from bot.store.models import Appointment, Booking, Event, Message, Staff, new_id

#: What is said to the patient: the steps that staff take on a page with the words, and the words.
STEPS = {"accept": "booked", "withdraw": "withdrawn", "cancel": "cancelled_by_clinic"}
#: What is only noted.
NOTES = ("finish", "miss")


def appointments_of(session: Session, booking_ids: Sequence[int]) -> dict[int, list[Appointment]]:
    """All appointments of some requests, the earliest first."""
    found: dict[int, list[Appointment]] = {identifier: [] for identifier in booking_ids}
    query = select(Appointment).where(Appointment.booking_id.in_(booking_ids))
    for one in session.scalars(query.order_by(Appointment.starts_at, Appointment.id)):
        found[one.booking_id].append(one)
    return found


def find_appointment(
    session: Session, conversation_id: str, booking_id: int, appointment_id: int
) -> Appointment:
    """An appointment of a request of a conversation; raises RefusedError, 404, if there is none."""
    booking_of(session, conversation_id, booking_id)
    found = session.get(Appointment, appointment_id)
    if found is None or found.booking_id != booking_id:
        raise RefusedError("gone", text("appointments.refused.gone"), status=404)
    return found


def drafts(plan: Plan, booking: Booking) -> list[Appointment]:
    """The times of a plan as appointments that are not stored."""
    return [
        Appointment(
            conversation_id=booking.conversation_id,
            booking_id=booking.id,
            starts_at=start,
            ends_at=end,
            place=plan.place,
            person=plan.person,
        )
        for start, end in plan.spans
    ]


def check(session: Session, plan: Plan, booking: Booking, *, agreed: bool) -> None:
    """Whether a plan can be sent as it is.

    Raises:
        RefusedError: more than one time is called agreed, or the person has somebody else then.
    """
    if agreed and len(plan.spans) != 1:
        raise RefusedError("agreed", text("appointments.form.agreed_one"), status=422)
    refuse_taken(session, plan, booking.id)


def words_for(plan: Plan, booking: Booking, *, agreed: bool) -> str:
    """What is said to the patient, for staff to look at and change."""
    made = drafts(plan, booking)
    return chat.confirmation(made[0]) if agreed else chat.proposal(made)


def propose(
    session: Session,
    booking: Booking,
    staff: Staff,
    plan: Plan,
    words: str,
    *,
    agreed: bool = False,
    client_id: str | None = None,
) -> None:
    """Send times to the patient as buttons; earlier proposals of the request end.

    The same ``client_id`` again changes nothing.

    Args:
        agreed: the patient has said yes already, on the telephone say: the one time is booked at once.
    Raises:
        RefusedError: the person has somebody else then, or ``staff`` does not hold the conversation.
    """
    if client_id and _said(session, booking.conversation_id, client_id):
        return
    check(session, plan, booking, agreed=agreed)
    standing = appointments.of_booking(session, booking.id)
    for one in standing:
        if one.state == "proposed":
            why = text("appointments.reasons.newer")
            appointments.change(session, one, "withdraw", actor=staff.name, reason=why)
    uid = standing[0].uid if standing else new_id()
    made = drafts(plan, booking)
    for one in made:
        one.uid = uid
    session.add_all(made)
    session.flush()
    if agreed:
        conversation = locked(session, booking.conversation_id)
        if conversation is not None:
            words += chat.book(session, conversation, made[0], actor=staff.name)
    elif not any(one.state == "booked" for one in standing):
        appointments.move_booking(session, booking.id, "contacted", actor=staff.name)
    choices = chat.ways_out(made[0]) if agreed else chat.offer(made)
    line = desk.reply(session, booking.conversation_id, staff, words, client_id=client_id)
    line.choices = choices
    facts = {"booking": booking.id, "times": [clinic().time_text(one.starts_at) for one in made]}
    session.add(Event(conversation_id=booking.conversation_id, kind="proposed", actor=staff.name, data=facts))
    session.flush()


def step(
    session: Session,
    appointment: Appointment,
    staff: Staff,
    what: str,
    words: str,
    *,
    reason: str = "",
    client_id: str | None = None,
) -> None:
    """Accept for the patient, withdraw what is proposed, or cancel what is booked, and say so.

    Args:
        what: one of ``STEPS``.
    Raises:
        NotAllowedError: somebody was quicker, or ``staff`` does not hold the conversation.
    """
    if client_id and _said(session, appointment.conversation_id, client_id):
        return
    conversation = locked(session, appointment.conversation_id)
    if conversation is None or what not in STEPS:
        raise RefusedError("gone", text("appointments.refused.gone"), status=404)
    choices: list[dict[str, str]] = []
    if what == "accept":
        words += chat.book(session, conversation, appointment, actor=staff.name)
        choices = chat.ways_out(appointment)
    elif what == "cancel":
        reason = reason.strip() or text("appointments.reasons.by_clinic")
        appointments.cancel(session, appointment, actor=staff.name, reason=reason)
        appointments.move_booking(session, appointment.booking_id, "contacted", actor=staff.name)
    else:
        appointments.change(session, appointment, "withdraw", actor=staff.name, reason=reason.strip())
    line = desk.reply(session, conversation.id, staff, words, client_id=client_id)
    line.choices = choices
    session.flush()


def note(session: Session, appointment: Appointment, staff: Staff, what: str) -> None:
    """Say that the patient came, or did not. Nothing of it reaches the patient."""
    if what not in NOTES:
        raise RefusedError("gone", text("appointments.refused.gone"), status=404)
    appointments.change(session, appointment, what, actor=staff.name)


def refuse_by_hand(session: Session, booking_id: int) -> None:
    """While a request has an appointment, its state follows that one.

    Raises:
        NotAllowedError: it has.
    """
    if any(one.state in OPEN for one in appointments.of_booking(session, booking_id)):
        raise NotAllowedError(text("appointments.refused.follows"))


def _said(session: Session, conversation_id: str, client_id: str) -> bool:
    found = select(Message.id).where(
        Message.conversation_id == conversation_id, Message.client_id == client_id, Message.sender == "staff"
    )
    return session.scalar(found) is not None
