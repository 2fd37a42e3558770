"""What the pages show of a conversation, gathered in one reading."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.bookings.links import is_open, newest_links
from bot.bookings.requests import shown_to_staff
from bot.conversation.delivery import AGAIN
from bot.errors import RefusedError
from bot.staff import desk, labels
from bot.staff.private_page import can_send_page
from bot.store.models import (
    Alert,
    Booking,
    ContactLink,
    Conversation,
    Event,
    Message,
    Note,
    Outbox,
    Staff,
    TurnLog,
)

SHOWN_LINES = 150  # older ones on request
VIEWS = {"urgent": "Urgent", "waiting": "Waiting", "mine": "Mine", "open": "All open", "closed": "Closed"}
_MAIL = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_PHONE = re.compile(r"\+?[0-9 ()./-]{6,24}")
_WORST_FIRST = ("failed", "unknown", "sending", "queued", "sent")


@dataclass(frozen=True)
class Guess:
    """An intent and how sure the model was, 0 to 1."""

    intent: str
    confidence: float | None

    @property
    def percent(self) -> str:
        return f"{self.confidence:.0%}" if self.confidence is not None else "?"


@dataclass(frozen=True)
class Understood:
    """What the assistant understood before it answered."""

    best: Guess
    runners_up: list[Guess]
    action: str
    answer: str
    model: str


@dataclass(frozen=True)
class LineView:
    line: Message
    who: str
    understood: list[Understood] = field(default_factory=list)
    delivery: str = ""
    delivery_note: str = ""
    again: int = 0  # the outbox row that can be sent again, if any
    alert: Alert | None = None

    @property
    def settled(self) -> bool:
        """Whether its delivery can still change."""
        return self.delivery not in ("queued", "sending")


@dataclass(frozen=True)
class AlertView:
    alert: Alert
    name: str
    tier: str
    seen_by: str
    closed_by: str


@dataclass(frozen=True)
class BookingView:
    """Args:
    name: what the patient left, or else what the conversation is called in the queue.
    page: the last private page that the patient was sent for the contact details, if any; ``page_open`` while it still works.
    can_send_page: whether a new one can be sent, by whoever holds the conversation.
    """

    booking: Booking
    name: str
    shown: bool
    steps: tuple[str, ...]
    page: ContactLink | None
    page_open: bool
    can_send_page: bool

    @property
    def details(self) -> list[tuple[str, str]]:
        """What was asked besides name and contact, each with its label."""
        return shown_to_staff(self.booking)

    @property
    def contact_href(self) -> str:
        """What a tap on the contact does, where that is one telephone number or one e-mail address and nothing else."""
        contact = self.booking.contact.strip()
        if _MAIL.fullmatch(contact):
            return f"mailto:{contact}"
        return f"tel:{re.sub(r'[^+0-9]', '', contact)}" if _PHONE.fullmatch(contact) else ""


@dataclass(frozen=True)
class ConversationView:
    conversation: Conversation
    name: str
    holder: Staff | None
    mine: bool
    lines: list[LineView]
    earlier: int
    alerts: list[AlertView]
    past_alerts: list[AlertView]
    bookings: list[BookingView]
    notes: list[tuple[Note, str]]
    events: list[Event]

    @property
    def can_claim(self) -> bool:
        return self.conversation.mode != "staff"

    @property
    def can_close(self) -> bool:
        return self.mine or self.conversation.mode in ("assistant", "waiting")

    @property
    def head_state(self) -> str:
        """Changes whenever the head of the page must be drawn anew."""
        marks = [f"{a.alert.id}{'s' if a.alert.seen_at else ''}" for a in self.alerts]
        return "-".join(
            [str(self.conversation.version), self.name, str(self.conversation.unreachable), *marks]
        )

    @property
    def composer_state(self) -> str:
        return f"{self.conversation.mode}-{self.conversation.claimed_by}"

    @property
    def side_state(self) -> str:
        marks = [
            f"{b.booking.id}.{b.booking.version}.{b.shown}.{b.page_open}.{b.can_send_page}"
            for b in self.bookings
        ]
        return "-".join([str(len(self.notes)), str(self.events[0].id if self.events else 0), *marks])


def read_conversation(
    session: Session, conversation_id: str, staff: Staff, *, every_line: bool = False
) -> ConversationView:
    """Everything about one conversation.

    Raises:
        RefusedError: 404, it is not there.
    """
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        raise RefusedError(
            "gone",
            "This conversation is no longer there. It may have been deleted by the patient.",
            status=404,
        )
    names = {person.id: person.name for person in session.scalars(select(Staff))}
    alerts = session.scalars(
        select(Alert).where(Alert.conversation_id == conversation_id).order_by(Alert.id.desc())
    ).all()
    seen = [
        AlertView(
            alert=alert,
            name=labels.flag_name(alert.flags),
            tier=labels.TIERS.get(alert.tier, alert.tier),
            seen_by=names.get(alert.seen_by or 0, ""),
            closed_by=names.get(alert.closed_by or 0, ""),
        )
        for alert in alerts
    ]
    first = 0 if every_line else max(0, conversation.last_seq - SHOWN_LINES)
    bookings = session.scalars(
        select(Booking).where(Booking.conversation_id == conversation_id).order_by(Booking.id.desc())
    ).all()
    notes = session.scalars(
        select(Note).where(Note.conversation_id == conversation_id).order_by(Note.id)
    ).all()
    events = session.scalars(
        select(Event).where(Event.conversation_id == conversation_id).order_by(Event.id.desc()).limit(200)
    ).all()
    return ConversationView(
        conversation=conversation,
        name=desk.names_of(session, [conversation_id]).get(conversation_id, conversation.short_name),
        holder=session.get(Staff, conversation.claimed_by) if conversation.claimed_by else None,
        mine=conversation.claimed_by == staff.id,
        lines=read_lines(session, conversation_id, first),
        earlier=first,
        alerts=[view for view in seen if view.alert.closed_at is None],
        past_alerts=[view for view in seen if view.alert.closed_at is not None],
        bookings=_booking_views(session, bookings, staff),
        notes=[(note, names.get(note.staff_id, "?")) for note in notes],
        events=list(events),
    )


def read_lines(session: Session, conversation_id: str, after: int) -> list[LineView]:
    """The lines with a higher ``seq`` than ``after``, each with what was understood, its delivery and its red flag."""
    lines = session.scalars(
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.seq > after)
        .order_by(Message.seq)
    ).all()
    inbound = {line.inbound_id for line in lines if line.inbound_id}
    turns = _turns(session, inbound)
    flags = {
        alert.inbound_id: alert
        for alert in session.scalars(select(Alert).where(Alert.inbound_id.in_(inbound)))
    }
    sent = _deliveries(session, [line.id for line in lines])
    made = []
    for line in lines:
        # What was understood is said once, at the first line of the answer.
        understood = turns.pop(line.inbound_id, []) if line.sender == "assistant" and line.inbound_id else []
        state, note, row = sent.get(line.id, ("", "", 0))
        again = row if state in ("failed", "unknown") and note != AGAIN else 0
        alert = flags.get(line.inbound_id) if line.sender == "patient" and line.inbound_id else None
        made.append(LineView(line, _speaker(line), understood, state, note, again, alert))
    return made


def _speaker(line: Message) -> str:
    names = {"patient": "Patient", "assistant": "Assistant", "system": "Notice to the patient"}
    return line.staff_name or names.get(line.sender, "Staff")


def _turns(session: Session, inbound: set[int]) -> dict[int | None, list[Understood]]:
    found: dict[int | None, list[Understood]] = {}
    rows = session.scalars(
        select(TurnLog)
        .where(TurnLog.inbound_id.in_(inbound))
        .order_by(TurnLog.inbound_id, TurnLog.ordinal, TurnLog.id)
    )
    for turn in rows:
        answer = (
            f"{turn.answer_id} (version {turn.answer_version})"
            if turn.answer_id and turn.answer_version
            else turn.answer_id or ""
        )
        found.setdefault(turn.inbound_id, []).append(
            Understood(
                Guess(turn.intent or "nothing known", turn.confidence),
                [
                    Guess(intent, confidence)
                    for intent, confidence in turn.runners_up
                    if intent != turn.intent
                ][:3],
                turn.action,
                answer,
                turn.model or "",
            )
        )
    return found


def _deliveries(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, str, int]]:
    """Of each message that a channel must send: the worst state of its parts, the channel's error, and that part's row."""
    found: dict[int, tuple[str, str, int]] = {}
    for part in session.scalars(select(Outbox).where(Outbox.message_id.in_(ids)).order_by(Outbox.part)):
        before = found.get(part.message_id)
        if before is None or _WORST_FIRST.index(part.state) < _WORST_FIRST.index(before[0]):
            found[part.message_id] = (part.state, part.error or "", part.id)
    return found


def read_bookings(session: Session, state: str, staff: Staff) -> list[BookingView]:
    """Booking requests of a state, or of all: the open ones first, those that wait longest on top."""
    query = (
        select(Booking)
        .order_by(Booking.state != "requested", Booking.state != "contacted", Booking.created_at)
        .limit(300)
    )
    if state:
        query = query.where(Booking.state == state)
    return _booking_views(session, session.scalars(query).all(), staff)


def _booking_views(session: Session, bookings: Sequence[Booking], staff: Staff) -> list[BookingView]:
    ids = {booking.conversation_id for booking in bookings}
    talks = {talk.id: talk for talk in session.scalars(select(Conversation).where(Conversation.id.in_(ids)))}
    shown = desk.contacts_shown(session, list(ids), staff)
    pages = newest_links(session, [booking.id for booking in bookings])
    made = []
    for booking in bookings:
        talk, page = talks[booking.conversation_id], pages.get(booking.id)
        made.append(
            BookingView(
                booking=booking,
                name=booking.name or talk.short_name,
                shown=booking.id in shown,
                steps=desk.BOOKING_STEPS[booking.state],
                page=page,
                page_open=bool(page and is_open(page)),
                can_send_page=can_send_page(talk, booking),
            )
        )
    return made


def booking_counts(session: Session) -> dict[str, int]:
    rows = session.execute(select(Booking.state, func.count()).group_by(Booking.state))
    return {state: count for state, count in rows}
