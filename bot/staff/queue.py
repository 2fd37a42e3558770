"""The queue as staff see it: a read model, which changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from bot.bookings.requests import in_short
from bot.safety.flags import TIERS
from bot.store.models import Alert, Booking, Conversation, Message, Staff

#: The lists of the queue, in the order of their tabs. Their names stand in ``data/texts``.
LISTS = ("urgent", "waiting", "mine", "open", "closed")


@dataclass(frozen=True)
class QueueRow:
    """One conversation in a list, with what a receptionist must see at a glance.

    Args:
        alert: of its open red flags the one that most needs a look.
        said: what the patient wants, where somebody must act on it; otherwise the last message says enough.
        seen_by, acted_by: who looked at ``alert``, and who did something about it.
    """

    conversation: Conversation
    holder: Staff | None
    alert: Alert | None
    name: str
    last_text: str
    last_sender: str
    last_at: datetime
    said: str = ""
    seen_by: str = ""
    acted_by: str = ""


def list_name(name: str) -> str:
    """``name`` if there is such a list, otherwise the list that staff work from."""
    return name if name in LISTS else "waiting"


def read_queue(session: Session, name: str, staff: Staff, *, limit: int = 100) -> list[QueueRow]:
    """The conversations of a list, at most ``limit``.

    Args:
        name: one of ``LISTS``; ``open`` is everything that is not closed.

    Open red flags stand on top of every list but ``closed``, the gravest first; of one tier, what nobody
    acted on and the oldest first. Then comes who waits longest, then the newest. A conversation with an open
    red flag is in everybody's ``waiting`` until somebody holds it.
    """
    rows = session.execute(_select(name, staff).limit(limit)).all()
    ids = [conversation.id for conversation, _ in rows]
    last, names, alerts = (
        _last_messages(session, ids),
        patient_names(session, ids),
        _open_alerts(session, ids),
    )
    flags = {conversation_id: found[0] for conversation_id, found in alerts.items()}
    wants = _wants(session, [conversation for conversation, _ in rows], flags)
    seen = {who for alert in flags.values() for who in (alert.seen_by, alert.acted_by) if who}
    people = {person.id: person.name for person in session.scalars(select(Staff).where(Staff.id.in_(seen)))}
    made = []
    for conversation, holder in rows:
        message, alert = last.get(conversation.id), flags.get(conversation.id)
        made.append(
            QueueRow(
                conversation=conversation,
                holder=holder,
                alert=alert,
                name=names.get(conversation.id, conversation.short_name),
                last_text=message.text if message else "",
                last_sender=message.sender if message else "",
                last_at=message.at if message else conversation.created_at,
                said=wants.get(conversation.id, ""),
                seen_by=people.get(alert.seen_by or 0, "") if alert else "",
                acted_by=people.get(alert.acted_by or 0, "") if alert else "",
            )
        )
    return sorted(made, key=lambda row: _sort_key(row, alerts.get(row.conversation.id, ())))


def read_counts(session: Session, staff: Staff) -> dict[str, int]:
    """How many conversations each list holds, how many booking requests are new, and how many red flags
    nobody has acted on."""
    open_alert = Alert.closed_at.is_(None)
    counted = {
        "waiting": select(func.count()).select_from(Conversation).where(_waits()),
        "mine": select(func.count()).select_from(Conversation).where(Conversation.claimed_by == staff.id),
        "urgent": select(func.count(func.distinct(Alert.conversation_id))).where(open_alert),
        "unseen": select(func.count()).select_from(Alert).where(open_alert, Alert.acted_at.is_(None)),
        "bookings": select(func.count()).select_from(Booking).where(Booking.state == "requested"),
    }
    return {name: session.scalar(query) or 0 for name, query in counted.items()}


def patient_names(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """The name that a patient gave with a booking request, by conversation."""
    rows = session.execute(
        select(Booking.conversation_id, Booking.name)
        .where(Booking.conversation_id.in_(ids))
        .order_by(Booking.id)
    )
    return {conversation_id: name for conversation_id, name in rows if name}


def _select(name: str, staff: Staff) -> Select[Conversation, Staff]:
    """A list's conversations with who holds them.

    The database orders them too, so that a full list can never cut off a red flag or whoever waits longest.
    """
    query = select(Conversation, Staff).outerjoin(Staff, Staff.id == Conversation.claimed_by)
    if name == "mine":
        query = query.where(Conversation.claimed_by == staff.id)
    elif name == "closed":
        query = query.where(Conversation.mode == "closed")
    elif name == "open":
        query = query.where(Conversation.mode != "closed", Conversation.last_seq > 0)
    elif name == "urgent":
        query = query.where(_is_flagged())
    else:
        query = query.where(_waits())
    return query.order_by(
        _is_flagged().desc(),
        Conversation.waiting_since.is_(None),
        Conversation.waiting_since,
        Conversation.updated_at.desc(),
    )


def _is_flagged() -> ColumnElement[bool]:
    """The conversation has an open red flag."""
    flagged = select(Alert.conversation_id).where(Alert.closed_at.is_(None)).distinct().scalar_subquery()
    return Conversation.id.in_(flagged)


def _waits() -> ColumnElement[bool]:
    """The conversation waits for staff, or has an open red flag and nobody holds it."""
    return (Conversation.mode == "waiting") | (_is_flagged() & (Conversation.mode != "staff"))


def _tier(alert: Alert) -> int:
    return TIERS.index(alert.tier) if alert.tier in TIERS else len(TIERS)


def _open_alerts(session: Session, ids: Sequence[str]) -> dict[str, list[Alert]]:
    """The open red flags of each conversation.

    First comes the one that most needs somebody: one that nobody acted on, then the gravest, then the oldest.
    """
    found = session.scalars(select(Alert).where(Alert.conversation_id.in_(ids), Alert.closed_at.is_(None)))
    made: dict[str, list[Alert]] = {}
    for alert in sorted(found, key=lambda alert: (alert.acted_at is not None, _tier(alert), alert.raised_at)):
        made.setdefault(alert.conversation_id, []).append(alert)
    return made


def _sort_key(row: QueueRow, alerts: Sequence[Alert]) -> tuple[Any, ...]:
    """Where a row stands: lower keys stand higher.

    The group comes first: 0 for an open red flag, 1 for who waits, 2 for the rest. Within the red flags:

    - What somebody holds and has acted on stands below all others, because a person takes care of it.
    - Then the gravest tier counts. Only within one tier does what nobody acted on stand above the rest, and
      opening it moves nothing.
    - Then the oldest stands first.
    """
    if alerts:
        acted = alerts[0].acted_at is not None
        handled = acted and row.conversation.mode == "staff"
        return (0, handled, min(map(_tier, alerts)), acted, alerts[0].raised_at.timestamp())
    if row.conversation.waiting_since:
        return (1, False, 0, False, row.conversation.waiting_since.timestamp())
    return (2, False, 0, False, -row.last_at.timestamp())


def _wants(
    session: Session, conversations: Sequence[Conversation], flags: dict[str, Alert]
) -> dict[str, str]:
    """What the patient wants, by conversation, which the assistant's answers after it would hide.

    With an open red flag it is the message that raised it; for a visit, what was asked for; for others who
    wait, the patient's last message.
    """
    waiting = [item.id for item in conversations if item.mode == "waiting"]
    bookings = [
        item.id for item in conversations if item.mode == "waiting" and item.waiting_reason == "booking"
    ]
    made = {
        message.conversation_id: message.text
        for message in _last_messages(session, waiting, Message.sender == "patient").values()
    }
    asked = (
        select(Booking)
        .where(Booking.conversation_id.in_(bookings), Booking.state == "requested")
        .order_by(Booking.id)
    )
    made |= {booking.conversation_id: in_short(booking) for booking in session.scalars(asked)}
    raised = select(Message).where(
        Message.inbound_id.in_([alert.inbound_id for alert in flags.values()]), Message.sender == "patient"
    )
    return made | {message.conversation_id: message.text for message in session.scalars(raised)}


def _last_messages(
    session: Session, ids: Sequence[str], by: ColumnElement[bool] = Message.sender != "system"
) -> dict[str, Message]:
    """The last message of patient, assistant or staff in each conversation, or of whom ``by`` names."""
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
    return {message.conversation_id: message for message in found}
