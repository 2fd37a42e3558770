"""The tables. Every time is an aware UTC time; every text is what was typed, after the cleaning of
``conversation.text``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.clock import now
from bot.content.texts import text
from bot.store.audit import AuditEntry as AuditEntry
from bot.store.base import Base as Base
from bot.store.base import UTCDateTime as UTCDateTime
from bot.store.base import index_where
from bot.store.base import new_id as new_id
from bot.store.booking_tables import Appointment as Appointment
from bot.store.booking_tables import Booking as Booking
from bot.store.booking_tables import ContactLink as ContactLink


class Conversation(Base):
    """One talk with one patient. ``mode`` says who speaks; only ``store.modes`` changes it."""

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        CheckConstraint("mode in ('assistant', 'waiting', 'staff', 'closed')", name="mode"),
        CheckConstraint("(mode = 'staff') = (claimed_by is not null)", name="claimed"),
        Index("ix_conversations_queue", "mode", "waiting_since"),
        # One for each list of the console, with the condition that it asks by (``bot/staff/queue.py``).
        index_where("ix_conversations_held", "claimed_by", "updated_at", where="claimed_by IS NOT NULL"),
        index_where("ix_conversations_ended", "mode", "updated_at", where="mode = 'closed'"),
        index_where(
            "ix_conversations_open",
            "updated_at",
            where="mode != 'closed' AND mode != 'waiting' AND last_seq > 0",
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(16))
    external_id: Mapped[str | None] = mapped_column(String(64))
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    consent_at: Mapped[datetime | None]
    mode: Mapped[str] = mapped_column(String(16), default="assistant")
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    waiting_since: Mapped[datetime | None]
    waiting_reason: Mapped[str | None] = mapped_column(String(32))
    version: Mapped[int] = mapped_column(default=1)
    last_seq: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, index=True)
    # The worker that answers holds a lease; a crash frees it by letting it run out.
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    # Rasa must forget a running form before the next turn (an urgent message or staff came between).
    reset_brain: Mapped[bool] = mapped_column(default=False)
    # The patient was told that the answer will be late; told once an outage.
    told_late: Mapped[bool] = mapped_column(default=False)
    # The channel says that this patient cannot be reached (blocked the bot).
    unreachable: Mapped[bool] = mapped_column(default=False)
    held_since: Mapped[datetime | None]
    held_read: Mapped[int] = mapped_column(default=0)  # the last line that its holder has read

    @property
    def short_name(self) -> str:
        """How staff tell conversations apart before they know a name."""
        return text("conversation.visitor", code=self.id[:4].upper())


class Inbound(Base):
    """The inbox: one row a message that a channel handed over, under a key that makes a repeat change
    nothing."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        CheckConstraint("state in ('pending', 'done', 'set_aside')", name="state"),
        Index("ix_inbox_pending", "state", "conversation_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    channel: Mapped[str] = mapped_column(String(16))
    external_id: Mapped[str] = mapped_column(String(128))
    kind: Mapped[str] = mapped_column(String(16), default="text")
    text: Mapped[str] = mapped_column(Text)
    choice: Mapped[str | None] = mapped_column(String(64))
    seq: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    # Failed tries after which the brain said that it was well: it is the message that is at fault.
    sick_tries: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime | None]
    received_at: Mapped[datetime] = mapped_column(default=now)
    done_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(String(64))


class Message(Base):
    """One line of the conversation as everybody sees it, numbered from 1 by ``seq``."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        CheckConstraint("sender in ('patient', 'assistant', 'staff', 'system')", name="sender"),
        index_where("ix_messages_staff", "staff_id", "conversation_id", where="staff_id IS NOT NULL"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    seq: Mapped[int]
    sender: Mapped[str] = mapped_column(String(16))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    staff_name: Mapped[str | None] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    choices: Mapped[list[Any]] = mapped_column(JSON, default=list)
    sources: Mapped[list[Any]] = mapped_column(JSON, default=list)
    urgent: Mapped[bool] = mapped_column(default=False)
    answer_id: Mapped[str | None] = mapped_column(String(64))
    client_id: Mapped[str | None] = mapped_column(String(64))
    inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbox.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)


class Outbox(Base):
    """One part of a message that a channel must send. The widget needs none: it reads messages by ``seq``."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("message_id", "part"),
        CheckConstraint("state in ('queued', 'sending', 'sent', 'failed', 'unknown')", name="state"),
        Index("ix_outbox_due", "state", "not_before"),
        Index("ix_outbox_lately", "state", "updated_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    part: Mapped[int] = mapped_column(default=0)
    channel: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime | None]
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    provider_id: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[str | None] = mapped_column(String(120))
    updated_at: Mapped[datetime] = mapped_column(default=now)


class Event(Base):
    """What happened to a conversation, appended and never changed: mode changes, claims, notes seen,
    alerts."""

    __tablename__ = "history"  # "events" is the table of Rasa's tracker store, which may share the database
    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(String(32))
    actor: Mapped[str] = mapped_column(String(120))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    at: Mapped[datetime] = mapped_column(default=now)


class TurnLog(Base):
    """What the assistant understood and did in one turn; one row an action, once, however often Rasa calls
    it."""

    __tablename__ = "turns"
    __table_args__ = (
        UniqueConstraint("inbound_id", "action", "ordinal"),
        Index("ix_turns_topic", "answer_id", "conversation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    inbound_id: Mapped[int] = mapped_column(ForeignKey("inbox.id", ondelete="CASCADE"))
    action: Mapped[str] = mapped_column(String(64))
    ordinal: Mapped[int] = mapped_column(default=0)
    intent: Mapped[str | None] = mapped_column(String(64))
    confidence: Mapped[float | None]
    runners_up: Mapped[list[Any]] = mapped_column(JSON, default=list)
    answer_id: Mapped[str | None] = mapped_column(String(64))
    answer_version: Mapped[str | None] = mapped_column(String(16))
    model: Mapped[str | None] = mapped_column(String(80))
    #: The name of the rule or stage that chose what to do (``actions/policy.py``).
    decided_by: Mapped[str | None] = mapped_column(String(64))
    #: The text as the classifier read it, its spelling corrected.
    read_as: Mapped[str | None] = mapped_column(Text)
    #: The topic or flag before it that the message was taken to lean on.
    leaned_on: Mapped[str | None] = mapped_column(String(64))
    #: What was heard of the person: situation -> yes, no or mentioned.
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(default=now)


class Alert(Base):
    """The urgent state of a conversation: one row a red flag, however many messages repeat it.

    ``state`` says how it stands for the patient, and only ``store.modes.change_urgent`` changes it. For staff
    it is open until ``closed_at``.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        UniqueConstraint("inbound_id"),
        CheckConstraint("state in ('stands', 'asked', 'eased', 'ended')", name="state"),
        index_where("ix_alerts_open", "conversation_id", where="closed_at IS NULL"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    inbound_id: Mapped[int] = mapped_column(ForeignKey("inbox.id", ondelete="CASCADE"))
    flags: Mapped[list[Any]] = mapped_column(JSON, default=list)
    #: The rule that fired, or the trained classifier, and the score in log-odds that it gave.
    raised_by: Mapped[str | None] = mapped_column(String(120))
    score: Mapped[float | None]
    tier: Mapped[str] = mapped_column(String(16))
    seq: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), default="stands")
    raised_at: Mapped[datetime] = mapped_column(default=now)
    #: How often it was raised, a graver sign or means at hand included, and when last: from then on staff's
    #: time counts.
    raises: Mapped[int] = mapped_column(default=1)
    raised_last_at: Mapped[datetime] = mapped_column(default=now)
    #: Who opened it first since then. That alone ends no alarm.
    seen_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    seen_at: Mapped[datetime | None]
    #: Who first did something about it since then, and what: ``wrote`` or ``phoned``.
    acted_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    acted_at: Mapped[datetime | None]
    acted_how: Mapped[str | None] = mapped_column(String(16))
    #: The staff member's name, or ``patient``.
    ended_by: Mapped[str | None] = mapped_column(String(120))
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str | None] = mapped_column(Text)


class Timer(Base):
    """Something to do at a time, once: kept here so that a restart forgets nothing."""

    __tablename__ = "timers"
    __table_args__ = (Index("ix_timers_due", "done_at", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(120), unique=True)
    conversation_id: Mapped[str | None] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(64))


class Note(Base):
    """A line of staff to staff. A table of its own, so that no way leads from here to the patient."""

    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=now)


class Staff(Base):
    """A person of the clinic who signs in."""

    __tablename__ = "staff"
    __table_args__ = (
        CheckConstraint("role in ('receptionist', 'clinician', 'lead', 'admin', 'auditor')", name="role"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(16), default="receptionist")
    password_hash: Mapped[str] = mapped_column(String(256))
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class StaffSession(Base):
    """A signed-in browser. The cookie holds a random token; here stands only its hash."""

    __tablename__ = "staff_sessions"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)


class SignInAttempt(Base):
    """A failed sign-in, by e-mail and by address, so that guessing slows down over a restart too."""

    __tablename__ = "sign_in_attempts"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(300), index=True)
    at: Mapped[datetime] = mapped_column(default=now)


class KeyValue(Base):
    """Small facts that must outlive a process, such as how far a channel has read."""

    __tablename__ = "facts"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
