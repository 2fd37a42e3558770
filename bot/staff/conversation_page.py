"""What the page of one conversation shows, gathered in one reading."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.staff import labels
from bot.staff.auth.accounts import colleagues
from bot.staff.booking_cards import BookingCard, bookings_of
from bot.staff.desk import conversation_gone
from bot.staff.queue import patient_names
from bot.staff.transcript import LineView, read_lines
from bot.store.models import Alert, Conversation, Event, Note, Staff

SHOWN_LINES = 150  # older ones on request
_SHOWN_EVENTS = 200


@dataclass(frozen=True)
class AlertView:
    """A red flag: what it is called, its tier in words, and who looked at it, did something (and what),
    and ended it."""

    alert: Alert
    name: str
    tier: str
    seen_by: str
    acted_by: str
    acted_how: str
    closed_by: str


@dataclass(frozen=True)
class ConversationView:
    """A conversation.

    Args:
        mine: whether the person who looks at it holds it.
        earlier: how many messages before ``lines`` are not shown.
        notes: each with its author's name.
        events: the newest first.
        colleagues: to whom it can be handed.
    """

    conversation: Conversation
    name: str
    holder: Staff | None
    mine: bool
    lines: list[LineView]
    earlier: int
    alerts: list[AlertView]
    past_alerts: list[AlertView]
    bookings: list[BookingCard]
    notes: list[tuple[Note, str]]
    events: list[Event]
    colleagues: list[Staff]

    @property
    def can_claim(self) -> bool:
        return self.conversation.mode != "staff"

    @property
    def can_close(self) -> bool:
        return self.mine or self.conversation.mode in ("assistant", "waiting")

    @property
    def explained(self) -> list[LineView]:
        """The patient's messages that something is known of: what was understood, or a red flag.

        The newest first.
        """
        return [line for line in reversed(self.lines) if line.understood or line.alert]

    @property
    def head_state(self) -> str:
        """Changes whenever the head of the page must be drawn anew."""
        marks = [
            f"{a.alert.id}{a.alert.state}{a.alert.raises}{'s' if a.alert.seen_at else ''}{a.alert.acted_how or ''}"
            for a in self.alerts
        ]
        return "-".join(
            [str(self.conversation.version), self.name, str(self.conversation.unreachable), *marks]
        )

    @property
    def composer_state(self) -> str:
        return f"{self.conversation.mode}-{self.conversation.claimed_by}"

    @property
    def side_state(self) -> str:
        """Changes whenever what stands beside the messages must be drawn anew."""
        newest = self.explained[0].line.seq if self.explained else 0
        turns = sum(len(line.understood) for line in self.lines)
        counts = (len(self.notes), self.events[0].id if self.events else 0, newest, turns)
        return "-".join([*map(str, counts), *(card.mark for card in self.bookings)])


def read_conversation(
    session: Session, conversation_id: str, staff: Staff, *, every_line: bool = False
) -> ConversationView:
    """Everything about one conversation.

    Raises:
        RefusedError: 404, it is not there.
    """
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        raise conversation_gone()
    names = {person.id: person.name for person in session.scalars(select(Staff))}
    alerts = [
        AlertView(
            alert=alert,
            name=labels.flag_name(alert.flags),
            tier=labels.tier(alert.tier),
            seen_by=names.get(alert.seen_by or 0, ""),
            acted_by=names.get(alert.acted_by or 0, ""),
            acted_how=labels.acted(alert.acted_how),
            closed_by=names.get(alert.closed_by or 0, "") or labels.ended_by(alert.ended_by),
        )
        for alert in session.scalars(
            select(Alert).where(Alert.conversation_id == conversation_id).order_by(Alert.id.desc())
        )
    ]
    notes = session.scalars(select(Note).where(Note.conversation_id == conversation_id).order_by(Note.id))
    events = session.scalars(
        select(Event)
        .where(Event.conversation_id == conversation_id)
        .order_by(Event.id.desc())
        .limit(_SHOWN_EVENTS)
    )
    first = 0 if every_line else max(0, conversation.last_seq - SHOWN_LINES)
    return ConversationView(
        conversation=conversation,
        name=patient_names(session, [conversation_id]).get(conversation_id, conversation.short_name),
        holder=session.get(Staff, conversation.claimed_by) if conversation.claimed_by else None,
        mine=conversation.claimed_by == staff.id,
        lines=read_lines(session, conversation_id, first),
        earlier=first,
        alerts=[view for view in alerts if view.alert.closed_at is None],
        past_alerts=[view for view in alerts if view.alert.closed_at is not None],
        bookings=bookings_of(session, conversation_id, staff),
        notes=[(note, names.get(note.staff_id, "?")) for note in notes],
        events=list(events),
        colleagues=colleagues(session, staff),
    )
