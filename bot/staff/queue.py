"""The queue as staff see it: a read model, which changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, literal_column, select, true
from sqlalchemy.orm import Session

from bot.bookings.requests import in_short
from bot.safety.flags import TIERS
from bot.store.models import Alert, Booking, Conversation, Message, Staff

#: The lists of the queue, in the order of their tabs. Their names stand in ``data/texts``.
LISTS = ("urgent", "waiting", "mine", "open", "closed")

#: So many conversations with a red flag are shown of a list, and so many without one.
SHOWN = 60

_UNHELD = Conversation.mode != "staff"
_WAITING = Conversation.mode == "waiting"
# With their values written out: only so does a database see that an index with the same condition will do.
_CLOSED = Conversation.mode == literal_column("'closed'")
_TALKING = (
    (Conversation.mode != literal_column("'closed'"))
    & (Conversation.mode != literal_column("'waiting'"))
    & (Conversation.last_seq > literal_column("0"))
)


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


@dataclass(frozen=True)
class Queue:
    """A list as far as it is shown.

    Args:
        flagged: the conversations with an open red flag.
        calm: those without one.
        more_flagged, more_calm: how many of each are not shown.
    """

    flagged: Sequence[QueueRow] = ()
    calm: Sequence[QueueRow] = ()
    more_flagged: int = 0
    more_calm: int = 0

    @property
    def rows(self) -> list[QueueRow]:
        """All that is shown, from the top."""
        return [*self.flagged, *self.calm]


def read_queue(session: Session, name: str, staff: Staff, *, limit: int = SHOWN) -> Queue:
    """The conversations of a list: at most ``limit`` with an open red flag, and as many without one, so that
    neither kind can ever hide the other.

    Args:
        name: one of ``LISTS``; ``open`` is everything that is not closed.

    Open red flags stand on top. What somebody holds and has acted on stands below the others, because a person
    takes care of it; then the gravest tier counts; within one tier what nobody acted on stands above the rest,
    and then the oldest; opening it moves nothing. Below comes who waits longest, then the newest. A conversation
    with an open red flag is in everybody's ``waiting`` until somebody holds it.
    """
    groups = _groups(name, staff)
    flagged = session.execute(_flagged(groups.flagged).limit(limit)).all()
    calm: list[tuple[Conversation, Staff | None]] = []
    for condition, order in groups.calm:
        query = select(Conversation, Staff).outerjoin(Staff, Staff.id == Conversation.claimed_by)
        query = query.where(condition, ~_is_flagged()).order_by(order).limit(limit - len(calm))
        calm += [(talk, holder) for talk, holder in session.execute(query)]
    numbers = [_flagged_in(groups.flagged), *(_calm(condition) for condition, _ in groups.calm)]
    total_flagged, *total_calm = session.execute(select(*numbers)).one()
    rows = rows_of(session, [(talk, holder, alert) for talk, holder, alert in flagged])
    return Queue(
        flagged=rows,
        calm=rows_of(session, [(talk, holder, None) for talk, holder in calm]),
        more_flagged=total_flagged - len(rows),
        more_calm=sum(total_calm) - len(calm),
    )


def read_counts(session: Session, staff: Staff) -> dict[str, int]:
    """How many conversations each list holds, how many booking requests are new, and how many red flags
    nobody has acted on."""
    unseen = (
        select(func.count()).select_from(Alert).where(Alert.closed_at.is_(None), Alert.acted_at.is_(None))
    )
    asked = select(func.count()).select_from(Booking).where(Booking.state == "requested")
    counted = {
        "waiting": _calm(_WAITING) + _flagged_in(_UNHELD),
        "mine": _all(Conversation.claimed_by == staff.id),
        "urgent": _flagged_in(true()),
        "unseen": unseen.scalar_subquery(),
        "bookings": asked.scalar_subquery(),
    }
    # One statement: a page waits for the database once.
    row = session.execute(select(*(number.label(name) for name, number in counted.items()))).one()
    return dict(row._mapping)


def patient_names(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """The name that a patient gave with a booking request, by conversation."""
    rows = session.execute(
        select(Booking.conversation_id, Booking.name)
        .where(Booking.conversation_id.in_(ids))
        .order_by(Booking.id)
    )
    return {conversation_id: name for conversation_id, name in rows if name}


@dataclass(frozen=True)
class _Groups:
    """What a list holds.

    Args:
        flagged: which of the conversations with an open red flag.
        calm: which of the others, each group with its order, the one that stands higher first. Each is read
            from an index of its own: sorted together, a hundred thousand would have to be sorted to show
            a few.
    """

    flagged: ColumnElement[bool]
    calm: Sequence[tuple[ColumnElement[bool], ColumnElement[Any]]] = ()


def _groups(name: str, staff: Staff) -> _Groups:
    waits = (_WAITING, Conversation.waiting_since.asc())
    newest = Conversation.updated_at.desc()
    if name == "mine":
        mine = Conversation.claimed_by == staff.id
        return _Groups(mine, [(mine, newest)])
    if name == "closed":
        return _Groups(_CLOSED, [(_CLOSED, newest)])
    if name == "open":
        return _Groups(~_CLOSED, [waits, (_TALKING, newest)])
    if name == "urgent":
        return _Groups(true())
    return _Groups(_UNHELD, [waits])


def _flagged(condition: ColumnElement[bool]) -> Select[Conversation, Staff, Alert]:
    """Conversations with an open red flag, who holds them, and which of their flags most needs somebody: one
    that nobody acted on, then the gravest, then the oldest."""
    tier = case({name: place for place, name in enumerate(TIERS)}, value=Alert.tier, else_=len(TIERS))
    acted = case((Alert.acted_at.is_(None), 0), else_=1)
    needs = func.row_number().over(
        partition_by=Alert.conversation_id, order_by=(acted, tier, Alert.raised_at, Alert.id)
    )
    gravest = func.min(tier).over(partition_by=Alert.conversation_id)
    ranked = (
        select(Alert.id, acted.label("acted"), needs.label("place"), gravest.label("tier"))
        .where(_open_alert(condition))
        .subquery()
    )
    handled = case(((ranked.c.acted == 1) & (Conversation.mode == "staff"), 1), else_=0)
    return (
        select(Conversation, Staff, Alert)
        .join(Alert, Alert.conversation_id == Conversation.id)
        .join(ranked, (ranked.c.id == Alert.id) & (ranked.c.place == 1))
        .outerjoin(Staff, Staff.id == Conversation.claimed_by)
        .order_by(handled, ranked.c.tier, ranked.c.acted, Alert.raised_at, Alert.id)
    )


def _is_flagged() -> ColumnElement[bool]:
    """The conversation has an open red flag."""
    return exists().where(Alert.conversation_id == Conversation.id, Alert.closed_at.is_(None))


def _all(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many conversations meet a condition."""
    return select(func.count()).select_from(Conversation).where(condition).scalar_subquery()


def _flagged_in(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many with an open red flag do."""
    flagged = select(func.count(func.distinct(Alert.conversation_id))).where(_open_alert(condition))
    return flagged.scalar_subquery()


def _calm(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many without one do: an index counts all, and then no conversation need be looked at."""
    return _all(condition) - _flagged_in(condition)


def _open_alert(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The red flag is open, and its conversation meets a condition.

    Asked of each open flag, which are few: joined, SQLite begins with the conversations.
    """
    talk = select(Conversation.id).where(Conversation.id == Alert.conversation_id, condition).exists()
    return Alert.closed_at.is_(None) & talk


def rows_of(
    session: Session, found: Sequence[tuple[Conversation, Staff | None, Alert | None]]
) -> list[QueueRow]:
    """What a list shows of conversations, each with who holds it and the red flag to be named."""
    ids = [conversation.id for conversation, _, _ in found]
    last, names = _last_messages(session, ids), patient_names(session, ids)
    flags = {conversation.id: alert for conversation, _, alert in found if alert}
    wants = _wants(session, [conversation for conversation, _, _ in found], flags)
    seen = {who for alert in flags.values() for who in (alert.seen_by, alert.acted_by) if who}
    people = {person.id: person.name for person in session.scalars(select(Staff).where(Staff.id.in_(seen)))}
    made = []
    for conversation, holder, alert in found:
        message = last.get(conversation.id)
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
    return made


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
