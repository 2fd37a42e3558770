"""What staff do with a conversation. Each function is one step inside the caller's transaction.

Of two people who act at once, one is refused with the other's name. Only the one who holds a conversation may speak
in it, and that is checked here, not in a disabled box on a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from bot.bookings.requests import in_short
from bot.clock import now
from bot.content.texts import text
from bot.conversation.delivery import AGAIN
from bot.conversation.messages import add_message, locked
from bot.conversation.text import checked
from bot.errors import NotAllowedError, RefusedError
from bot.safety.flags import TIERS
from bot.store.models import Alert, Booking, Conversation, Event, Message, Note, Outbox, Staff
from bot.store.modes import change_mode

MAX_REPLY = 4000
READ_AGAIN = timedelta(minutes=5)
CONTACT_SHOWN = timedelta(minutes=5)
BOOKING_STEPS: dict[str, tuple[str, ...]] = {
    "requested": ("contacted", "booked", "declined", "cancelled"),
    "contacted": ("booked", "declined", "cancelled"),
    "booked": ("contacted", "declined", "cancelled"),
    "declined": ("contacted",),
    "cancelled": ("contacted",),
}


@dataclass(frozen=True)
class QueueRow:
    """One conversation in a list, with what a receptionist must see at a glance."""

    conversation: Conversation
    holder: Staff | None
    alert: Alert | None
    name: str
    last_text: str
    last_sender: str
    last_at: datetime
    said: str = ""  # what the patient wants, where somebody must act on it; else the last line says enough
    seen_by: str = ""


def _get(session: Session, conversation_id: str) -> Conversation:
    conversation = locked(session, conversation_id)
    if conversation is None:
        raise RefusedError(
            "gone",
            "This conversation is no longer there. It may have been deleted by the patient.",
            status=404,
        )
    return conversation


def _held(session: Session, conversation_id: str, staff: Staff) -> Conversation:
    """The conversation, if ``staff`` holds it."""
    conversation = _get(session, conversation_id)
    if conversation.mode != "staff":
        raise NotAllowedError("Claim the conversation first.")
    if conversation.claimed_by != staff.id:
        holder = session.get(Staff, conversation.claimed_by)
        raise NotAllowedError(f"{holder.name if holder else 'Somebody else'} has this conversation now.")
    return conversation


def claim(session: Session, conversation_id: str, staff: Staff) -> None:
    """Take a conversation; from here on its patient talks with ``staff`` and the assistant is silent."""
    conversation = _get(session, conversation_id)
    change_mode(session, conversation, "claim", actor=staff.name, staff=staff)
    add_message(
        session, conversation, "system", f"You are now talking with {staff.name} of the clinic staff."
    )
    see_alerts(session, conversation_id, staff)


def take_over(session: Session, conversation_id: str, staff: Staff, reason: str) -> None:
    """Take a conversation from the colleague who holds it, saying why."""
    conversation = _get(session, conversation_id)
    if not reason.strip():
        raise RefusedError("reason", "Please say why you take this over.")
    change_mode(
        session, conversation, "take_over", actor=staff.name, staff=staff, data={"why": checked(reason)}
    )
    add_message(
        session, conversation, "system", f"You are now talking with {staff.name} of the clinic staff."
    )


def reply(
    session: Session, conversation_id: str, staff: Staff, text: str, *, client_id: str | None = None
) -> Message:
    """Say something to the patient. The same ``client_id`` again changes nothing."""
    conversation = _held(session, conversation_id, staff)
    if client_id:
        said = session.scalars(
            select(Message).where(
                Message.conversation_id == conversation_id,
                Message.client_id == client_id,
                Message.sender == "staff",
            )
        ).first()
        if said:
            return said
    return add_message(
        session, conversation, "staff", checked(text, limit=MAX_REPLY), staff=staff, client_id=client_id
    )


def resend(session: Session, outbox_id: int, *, actor: str) -> Message:
    """Queue a copy of a line that failed or may not have arrived, marked so that the patient can tell.

    Ring the conversation's notifier after the commit. The whole line is sent again, once, however many of its parts are open.

    Raises:
        RefusedError: the line is no longer there.
        NotAllowedError: it arrived, is still on its way, was sent again already, or the patient cannot be reached.
    """
    found = session.get(Outbox, outbox_id)
    conversation = locked(session, found.conversation_id) if found else None
    if found is None or conversation is None:
        raise RefusedError("gone", text("staff.refused.message_gone"), status=404)
    rows = session.scalars(
        select(Outbox).where(Outbox.message_id == found.message_id).with_for_update()
    ).all()
    if any(row.error == AGAIN for row in rows):
        raise NotAllowedError(text("staff.refused.sent_again_already"))
    if found.state not in ("failed", "unknown"):
        raise NotAllowedError(
            text(
                "staff.refused.message_arrived"
                if found.state == "sent"
                else "staff.refused.message_on_its_way"
            )
        )
    if conversation.unreachable:
        raise NotAllowedError(text("staff.refused.patient_unreachable"))
    line = session.get_one(Message, found.message_id)
    copy = add_message(
        session,
        conversation,
        line.sender,
        f"{AGAIN} {line.text}",
        choices=line.choices,
        sources=line.sources,
        urgent=line.urgent,
        answer_id=line.answer_id,
        staff=session.get(Staff, line.staff_id) if line.staff_id else None,
    )
    for row in rows:
        if row.state in ("failed", "unknown"):
            row.error = AGAIN
    session.add(
        Event(
            conversation_id=conversation.id,
            kind="sent_again",
            actor=actor,
            data={"outbox": outbox_id, "seq": line.seq, "as": copy.seq},
        )
    )
    session.flush()
    return copy


def give_back(session: Session, conversation_id: str, staff: Staff) -> None:
    """Return a held conversation to the assistant."""
    conversation = _held(session, conversation_id, staff)
    change_mode(session, conversation, "return", actor=staff.name)
    add_message(
        session,
        conversation,
        "system",
        f"{staff.name} has left the chat. You are talking with the assistant again.",
    )


def close(session: Session, conversation_id: str, staff: Staff, *, reason: str = "") -> None:
    """End a conversation. With an open red flag this needs a reason; another one's conversation cannot be closed."""
    conversation = _get(session, conversation_id)
    if conversation.mode == "staff" and conversation.claimed_by != staff.id:
        _held(session, conversation_id, staff)
    for alert in open_alerts(session, conversation_id):
        close_alert(session, alert.id, staff, reason)
    change_mode(
        session,
        conversation,
        "close",
        actor=staff.name,
        data={"why": checked(reason)} if reason.strip() else None,
    )
    add_message(
        session,
        conversation,
        "system",
        "The clinic staff have closed this chat. You can write here again at any time.",
    )


def open_alerts(session: Session, conversation_id: str) -> Sequence[Alert]:
    return session.scalars(
        select(Alert)
        .where(Alert.conversation_id == conversation_id, Alert.closed_at.is_(None))
        .order_by(Alert.id)
    ).all()


def see_alerts(session: Session, conversation_id: str, staff: Staff) -> bool:
    """A person has looked: the clocks of the open red flags stop. Returns whether one was unseen."""
    unseen = [alert for alert in open_alerts(session, conversation_id) if alert.seen_at is None]
    for alert in unseen:
        alert.seen_by, alert.seen_at = staff.id, now()
        session.add(
            Event(
                conversation_id=conversation_id, kind="alert_seen", actor=staff.name, data={"alert": alert.id}
            )
        )
    session.flush()
    return bool(unseen)


def close_alert(session: Session, alert_id: int, staff: Staff, reason: str) -> None:
    """Say what was done about a red flag. Without a reason it stays open."""
    if not reason.strip():
        raise RefusedError("reason", "A red flag is open here. Please write what was done about it.")
    alert = session.get(Alert, alert_id)
    if alert is None or locked(session, alert.conversation_id) is None:
        return
    session.refresh(alert)
    if alert.closed_at is not None:
        return
    alert.closed_at, alert.closed_by, alert.close_reason = now(), staff.id, checked(reason)
    if alert.seen_at is None:
        alert.seen_at, alert.seen_by = alert.closed_at, staff.id
    session.add(
        Event(
            conversation_id=alert.conversation_id,
            kind="alert_closed",
            actor=staff.name,
            data={"alert": alert.id},
        )
    )
    session.flush()


def add_note(session: Session, conversation_id: str, staff: Staff, text: str) -> Note:
    """A line for colleagues only."""
    _get(session, conversation_id)
    note = Note(conversation_id=conversation_id, staff_id=staff.id, text=checked(text, limit=MAX_REPLY))
    session.add(note)
    session.flush()
    return note


def set_booking(session: Session, booking_id: int, staff: Staff, state: str, *, version: int) -> Booking:
    """Move a booking request on. ``version`` is what the page showed: if somebody was quicker, it is refused."""
    booking = session.get(Booking, booking_id)
    if booking is None or locked(session, booking.conversation_id) is None:
        raise RefusedError("gone", "This request is no longer there.", status=404)
    session.refresh(booking)
    if booking.version != version:
        raise NotAllowedError(
            f"Somebody has changed this request in the meantime: it is now {booking.state}."
        )
    if state not in BOOKING_STEPS[booking.state]:
        raise NotAllowedError(f"A request that is {booking.state} cannot become {state}.")
    before, booking.state = booking.state, state
    booking.version += 1
    booking.updated_at = now()
    session.add(
        Event(
            conversation_id=booking.conversation_id,
            kind="booking",
            actor=staff.name,
            data={"booking": booking.id, "from": before, "to": state},
        )
    )
    session.flush()
    return booking


def queue(session: Session, view: str, staff: Staff, *, limit: int = 100) -> list[QueueRow]:
    """Conversations for a list.

    Args:
        view: ``waiting``, ``mine``, ``open`` (everything not closed), ``closed`` or ``urgent``.
    Open red flags stand on top in every view but ``closed``, the gravest first, of one tier the unseen and the oldest; then who waits longest;
    then the newest. A conversation with an open red flag is in ``waiting`` for everyone until somebody holds it.
    """
    flagged = select(Alert.conversation_id).where(Alert.closed_at.is_(None)).distinct().scalar_subquery()
    is_flagged = Conversation.id.in_(flagged)
    query = select(Conversation, Staff).outerjoin(Staff, Staff.id == Conversation.claimed_by)
    if view == "mine":
        query = query.where(Conversation.claimed_by == staff.id)
    elif view == "closed":
        query = query.where(Conversation.mode == "closed")
    elif view == "open":
        query = query.where(Conversation.mode != "closed", Conversation.last_seq > 0)
    elif view == "urgent":
        query = query.where(is_flagged)
    else:
        query = query.where(_waits(is_flagged))
    # The database orders too, so that a full list can never cut off a red flag or whoever waits longest.
    query = query.order_by(
        is_flagged.desc(),
        Conversation.waiting_since.is_(None),
        Conversation.waiting_since,
        Conversation.updated_at.desc(),
    )
    rows = session.execute(query.limit(limit)).all()
    ids = [conversation.id for conversation, _ in rows]
    last, names, alerts = _last_lines(session, ids), names_of(session, ids), _open_alerts(session, ids)
    flags = {conversation_id: found[0] for conversation_id, found in alerts.items()}
    said = _said(session, [conversation for conversation, _ in rows], flags)
    seen = {alert.seen_by for alert in flags.values() if alert.seen_by}
    people = {person.id: person.name for person in session.scalars(select(Staff).where(Staff.id.in_(seen)))}
    made = [
        QueueRow(
            conversation=conversation,
            holder=holder,
            alert=flags.get(conversation.id),
            name=names.get(conversation.id, conversation.short_name),
            last_text=last[conversation.id].text if conversation.id in last else "",
            last_sender=last[conversation.id].sender if conversation.id in last else "",
            last_at=last[conversation.id].at if conversation.id in last else conversation.created_at,
            said=said.get(conversation.id, ""),
            seen_by=people.get(flags[conversation.id].seen_by or 0, "") if conversation.id in flags else "",
        )
        for conversation, holder in rows
    ]
    return sorted(made, key=lambda row: _place(row, alerts.get(row.conversation.id, ())))


def _waits(is_flagged: ColumnElement[bool]) -> ColumnElement[bool]:
    return (Conversation.mode == "waiting") | (is_flagged & (Conversation.mode != "staff"))


def _tier(alert: Alert) -> int:
    return TIERS.index(alert.tier) if alert.tier in TIERS else len(TIERS)


def _open_alerts(session: Session, ids: Sequence[str]) -> dict[str, list[Alert]]:
    """The open red flags of each conversation; first the one that most needs a look: unseen, then the gravest, then the oldest."""
    found = session.scalars(select(Alert).where(Alert.conversation_id.in_(ids), Alert.closed_at.is_(None)))
    made: dict[str, list[Alert]] = {}
    for alert in sorted(found, key=lambda alert: (alert.seen_at is not None, _tier(alert), alert.raised_at)):
        made.setdefault(alert.conversation_id, []).append(alert)
    return made


def _place(row: QueueRow, alerts: Sequence[Alert]) -> tuple[Any, ...]:
    """Red flags by their gravest tier: a look alone moves an emergency below nothing that is less grave. What a person holds and
    has seen stands under those."""
    if alerts:
        seen = alerts[0].seen_at is not None
        handled = seen and row.conversation.mode == "staff"
        return (0, handled, min(map(_tier, alerts)), seen, alerts[0].raised_at.timestamp())
    if row.conversation.waiting_since:
        return (1, False, 0, False, row.conversation.waiting_since.timestamp())
    return (2, False, 0, False, -row.last_at.timestamp())


def _said(session: Session, talks: Sequence[Conversation], flags: dict[str, Alert]) -> dict[str, str]:
    """Of conversations with an open red flag, the line that raised it; of those that wait for a visit, what was asked for; of others that
    wait, the patient's last line. The answers of the assistant, which come after it, would hide it."""
    waiting = [talk.id for talk in talks if talk.mode == "waiting"]
    bookings = [talk.id for talk in talks if talk.mode == "waiting" and talk.waiting_reason == "booking"]
    said = {
        line.conversation_id: line.text
        for line in _last_lines(session, waiting, Message.sender == "patient").values()
    }
    asked = (
        select(Booking)
        .where(Booking.conversation_id.in_(bookings), Booking.state == "requested")
        .order_by(Booking.id)
    )
    said |= {booking.conversation_id: in_short(booking) for booking in session.scalars(asked)}
    raised = select(Message).where(
        Message.inbound_id.in_([alert.inbound_id for alert in flags.values()]), Message.sender == "patient"
    )
    return said | {line.conversation_id: line.text for line in session.scalars(raised)}


def _last_lines(
    session: Session, ids: Sequence[str], by: ColumnElement[bool] = Message.sender != "system"
) -> dict[str, Message]:
    """The last line of patient, assistant or staff in each conversation, or of whom ``by`` names."""
    newest = (
        select(Message.conversation_id, func.max(Message.seq).label("seq"))
        .where(Message.conversation_id.in_(ids), by)
        .group_by(Message.conversation_id)
        .subquery()
    )
    found = session.scalars(
        select(Message).join(
            newest, (newest.c.conversation_id == Message.conversation_id) & (newest.c.seq == Message.seq)
        )
    )
    return {line.conversation_id: line for line in found}


def names_of(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """The name that a patient gave with a booking request, by conversation."""
    rows = session.execute(
        select(Booking.conversation_id, Booking.name)
        .where(Booking.conversation_id.in_(ids))
        .order_by(Booking.id)
    )
    return {conversation_id: name for conversation_id, name in rows if name}


def counts(session: Session, staff: Staff) -> dict[str, int]:
    """How many conversations each list holds, and how many red flags nobody has looked at."""
    is_flagged = Conversation.id.in_(
        select(Alert.conversation_id).where(Alert.closed_at.is_(None)).distinct().scalar_subquery()
    )
    waiting = session.scalar(select(func.count()).select_from(Conversation).where(_waits(is_flagged))) or 0
    mine = (
        session.scalar(
            select(func.count()).select_from(Conversation).where(Conversation.claimed_by == staff.id)
        )
        or 0
    )
    urgent = (
        session.scalar(
            select(func.count(func.distinct(Alert.conversation_id))).where(Alert.closed_at.is_(None))
        )
        or 0
    )
    unseen = (
        session.scalar(
            select(func.count()).select_from(Alert).where(Alert.closed_at.is_(None), Alert.seen_at.is_(None))
        )
        or 0
    )
    bookings = (
        session.scalar(select(func.count()).select_from(Booking).where(Booking.state == "requested")) or 0
    )
    return {"waiting": waiting, "mine": mine, "urgent": urgent, "unseen": unseen, "bookings": bookings}


def opened(session: Session, conversation_id: str, staff: Staff, *, look: bool = True) -> bool:
    """``staff`` reads the conversation: write that down, and stop the clocks of its red flags if they ``look`` at it.

    Going back and forth on the same page is one reading, so it is written once in ``READ_AGAIN``.
    Returns whether a red flag had not been seen before.
    """
    _get(session, conversation_id)
    if not has_opened(session, conversation_id, staff, within=READ_AGAIN):
        session.add(
            Event(conversation_id=conversation_id, kind="opened", actor=staff.name, data={"staff": staff.id})
        )
    return look and see_alerts(session, conversation_id, staff)


def has_opened(
    session: Session, conversation_id: str, staff: Staff, *, within: timedelta = timedelta(hours=12)
) -> bool:
    """Whether the history has it that ``staff`` opened the conversation lately."""
    found = session.scalars(
        select(Event).where(
            Event.conversation_id == conversation_id, Event.kind == "opened", Event.at > now() - within
        )
    )
    return any(event.data.get("staff") == staff.id for event in found)


def show_contact(session: Session, booking_id: int, staff: Staff) -> Booking:
    """How to reach the patient of a booking request, for ``CONTACT_SHOWN``; who looked is written down."""
    booking = session.get(Booking, booking_id)
    if booking is None:
        raise RefusedError("gone", "This request is no longer there.", status=404)
    session.add(
        Event(
            conversation_id=booking.conversation_id,
            kind="contact_shown",
            actor=staff.name,
            data={"staff": staff.id, "booking": booking.id},
        )
    )
    session.flush()
    return booking


def contacts_shown(session: Session, conversation_ids: Sequence[str], staff: Staff) -> set[int]:
    """The bookings whose contact ``staff`` has just asked to see."""
    found = session.scalars(
        select(Event).where(
            Event.conversation_id.in_(conversation_ids),
            Event.kind == "contact_shown",
            Event.at > now() - CONTACT_SHOWN,
        )
    )
    return {event.data["booking"] for event in found if event.data.get("staff") == staff.id}
