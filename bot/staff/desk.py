"""What staff do with a conversation. Each function is one step inside the caller's transaction.

Of two people who act at once, one is refused with the other's name. Only the one who holds a conversation may
speak in it, and that is checked here, not in a disabled box on a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import now
from bot.content.texts import text
from bot.conversation import standing
from bot.conversation.delivery import AGAIN
from bot.conversation.messages import add_message, locked
from bot.conversation.reminders import make_unread
from bot.conversation.text import checked
from bot.errors import NotAllowedError, RefusedError
from bot.settings import settings
from bot.staff import labels
from bot.staff.auth.accounts import colleagues
from bot.staff.lookups import outbox_of
from bot.store.models import Alert, Booking, Conversation, Event, Message, Note, Outbox, Staff
from bot.store.modes import change_mode, change_urgent

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


def conversation_gone() -> RefusedError:
    """The error for a conversation that is not there, with status 404."""
    return RefusedError("gone", text("staff.refused.conversation_gone"), status=404)


def _get(session: Session, conversation_id: str) -> Conversation:
    conversation = locked(session, conversation_id)
    if conversation is None:
        raise conversation_gone()
    return conversation


def _held(session: Session, conversation_id: str, staff: Staff) -> Conversation:
    """The conversation, if ``staff`` holds it."""
    conversation = _get(session, conversation_id)
    if conversation.mode != "staff":
        raise NotAllowedError(text("staff.refused.claim_first"))
    if conversation.claimed_by != staff.id:
        holder = session.get(Staff, conversation.claimed_by)
        if holder is None:
            raise NotAllowedError(text("staff.refused.held_by_another"))
        raise NotAllowedError(text("staff.refused.held_by", name=holder.name))
    return conversation


def claim(session: Session, conversation_id: str, staff: Staff) -> None:
    """Take a conversation; from here on its patient talks with ``staff`` and the assistant is silent."""
    conversation = _get(session, conversation_id)
    change_mode(session, conversation, "claim", actor=staff.name, staff=staff)
    add_message(session, conversation, "system", text("staff.to_patient.claimed", name=staff.name))
    see_alerts(session, conversation_id, staff)


def take_over(session: Session, conversation_id: str, staff: Staff, reason: str) -> None:
    """Take a conversation from the colleague who holds it, saying why."""
    conversation = _get(session, conversation_id)
    if not reason.strip():
        raise RefusedError("reason", text("staff.refused.take_over_reason"))
    change_mode(
        session, conversation, "take_over", actor=staff.name, staff=staff, data={"why": checked(reason)}
    )
    add_message(session, conversation, "system", text("staff.to_patient.claimed", name=staff.name))


def hand(session: Session, conversation_id: str, staff: Staff, to: int, note: str) -> None:
    """Give a held conversation to a colleague, with a note; it is unread for them until they look."""
    conversation = _held(session, conversation_id, staff)
    colleague = next((one for one in colleagues(session, staff) if one.id == to), None)
    if colleague is None:
        raise RefusedError("colleague", text("staff.refused.colleague"))
    if not note.strip():
        raise RefusedError("note", text("staff.refused.hand_note"))
    add_note(session, conversation_id, staff, note)
    change_mode(
        session, conversation, "hand", actor=staff.name, staff=colleague, data={"why": colleague.name}
    )
    make_unread(session, conversation)
    add_message(session, conversation, "system", text("staff.to_patient.claimed", name=colleague.name))


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
    act_on_alerts(session, conversation_id, staff, "wrote")
    conversation.held_read = conversation.last_seq  # who answers has read
    return add_message(
        session, conversation, "staff", checked(text, limit=MAX_REPLY), staff=staff, client_id=client_id
    )


def read(session: Session, conversation_id: str, staff: Staff, seq: int) -> None:
    """The holder has read up to the line ``seq``. Of somebody else's conversation it means nothing."""
    conversation = _get(session, conversation_id)
    if conversation.claimed_by == staff.id:
        conversation.held_read = max(conversation.held_read, min(seq, conversation.last_seq))


def resend(session: Session, conversation_id: str, outbox_id: int, *, actor: str) -> Message:
    """Queue a copy of a line that failed or may not have arrived, marked so that the patient can tell.

    Ring the conversation's notifier after the commit. The whole line is sent again, once, however many of its
    parts are open.

    Raises:
        RefusedError: the conversation has no such line.
        NotAllowedError: it arrived, is still on its way, was sent again already, or the patient cannot be
            reached.
    """
    conversation, found = outbox_of(session, conversation_id, outbox_id)
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
        text("staff.to_patient.given_back", name=staff.name),
    )


def close(session: Session, conversation_id: str, staff: Staff, *, reason: str = "") -> None:
    """End a conversation. With an open red flag this needs a reason; another one's conversation cannot be
    closed."""
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
        text("staff.to_patient.closed"),
    )


def open_alerts(session: Session, conversation_id: str) -> Sequence[Alert]:
    """The alerts of a conversation that nobody has closed, the oldest first."""
    return session.scalars(
        select(Alert)
        .where(Alert.conversation_id == conversation_id, Alert.closed_at.is_(None))
        .order_by(Alert.id)
    ).all()


def see_alerts(session: Session, conversation_id: str, staff: Staff) -> bool:
    """A person has looked. The alarm goes on: from now on it counts how long nothing is done.

    Returns whether one was unseen.
    """
    unseen = [alert for alert in open_alerts(session, conversation_id) if alert.seen_at is None]
    for alert in unseen:
        alert.seen_by, alert.seen_at = staff.id, now()
        if alert.acted_at is None:
            standing.climb(session, alert, settings().alert_seen_steps, since=alert.seen_at, ladder="seen")
        session.add(
            Event(
                conversation_id=conversation_id, kind="alert_seen", actor=staff.name, data={"alert": alert.id}
            )
        )
    session.flush()
    return bool(unseen)


def act_on_alerts(session: Session, conversation_id: str, staff: Staff, how: str) -> bool:
    """A person did something about the open red flags: ``wrote`` to the patient, or ``phoned``. Their
    alarms end.

    Returns whether nobody had done anything about one of them before.
    """
    see_alerts(session, conversation_id, staff)
    first = [
        alert.id
        for alert in open_alerts(session, conversation_id)
        if standing.acted(session, alert, staff.id, how)
    ]
    for alert_id in first:
        facts = {"alert": alert_id, "how": how, "why": text(f"staff.acted.{how}")}
        session.add(Event(conversation_id=conversation_id, kind="alert_acted", actor=staff.name, data=facts))
    session.flush()
    return bool(first)


def phoned(session: Session, conversation_id: str, staff: Staff) -> None:
    """Say that one has phoned the patient of an urgent conversation."""
    _get(session, conversation_id)
    act_on_alerts(session, conversation_id, staff, "phoned")


def close_alert(session: Session, alert_id: int, staff: Staff, reason: str) -> None:
    """Say what was done about a red flag. Without a reason it stays open."""
    if not reason.strip():
        raise RefusedError("reason", text("staff.refused.alert_reason"))
    alert = session.get(Alert, alert_id)
    if alert is None or locked(session, alert.conversation_id) is None:
        return
    session.refresh(alert)
    if alert.closed_at is not None:
        return
    alert.closed_by, alert.close_reason = staff.id, checked(reason)
    change_urgent(session, alert, "urgent_close", actor=staff.name)
    if alert.seen_at is None:
        alert.seen_at, alert.seen_by = alert.closed_at, staff.id
    session.flush()


def add_note(session: Session, conversation_id: str, staff: Staff, text: str) -> Note:
    """A line for colleagues only. The same as the last one changes nothing: it was sent twice."""
    _get(session, conversation_id)
    words = checked(text, limit=MAX_REPLY)
    last = session.scalars(
        select(Note).where(Note.conversation_id == conversation_id).order_by(Note.id.desc()).limit(1)
    ).first()
    if last and (last.staff_id, last.text) == (staff.id, words):
        return last
    note = Note(conversation_id=conversation_id, staff_id=staff.id, text=words)
    session.add(note)
    session.flush()
    return note


def _state(state: str) -> str:
    """A booking's state inside a sentence."""
    return labels.booking_states().get(state, state).lower()


def set_booking(session: Session, booking: Booking, staff: Staff, state: str, *, version: int) -> Booking:
    """Move on a booking request, whose conversation is locked.

    ``version`` is what the page showed: if somebody was quicker, it is refused.
    """
    session.refresh(booking)
    if booking.version != version:
        raise NotAllowedError(text("staff.refused.booking_changed", state=_state(booking.state)))
    if state not in BOOKING_STEPS[booking.state]:
        raise NotAllowedError(
            text("staff.refused.booking_step", before=_state(booking.state), after=_state(state))
        )
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


def opened(session: Session, conversation_id: str, staff: Staff, *, look: bool = True) -> bool:
    """``staff`` reads the conversation: write that down, and that they saw its red flags if they ``look``
    at it.

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


def show_contact(session: Session, booking: Booking, staff: Staff) -> None:
    """How to reach the patient of a booking request, for ``CONTACT_SHOWN``; who looked is written down."""
    session.add(
        Event(
            conversation_id=booking.conversation_id,
            kind="contact_shown",
            actor=staff.name,
            data={"staff": staff.id, "booking": booking.id},
        )
    )
    session.flush()


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
