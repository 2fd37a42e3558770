"""A conversation comes up again at a time that staff chose: with whoever holds it then, otherwise in the queue."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.clock import now
from bot.content.texts import text
from bot.conversation.messages import locked
from bot.errors import RefusedError
from bot.store.models import Conversation, Event, Message, Staff, Timer
from bot.store.modes import change_mode

KIND = "remind"
_LONGEST = timedelta(days=366)


def set_reminder(session: Session, conversation_id: str, staff: Staff, at: datetime) -> None:
    """Let a conversation come up at ``at``, an aware time. The same again changes nothing.

    Raises:
        RefusedError: that time is over, or more than a year away.
    """
    if not now() < at <= now() + _LONGEST:
        raise RefusedError("time", text("staff.refused.reminder_time"))
    key = f"{KIND}:{conversation_id}:{staff.id}:{at.timestamp():.0f}"
    if session.scalar(select(Timer.id).where(Timer.key == key)):
        return
    session.add(
        Timer(kind=KIND, key=key, conversation_id=conversation_id, data={"staff": staff.id}, due_at=at)
    )
    session.add(Event(conversation_id=conversation_id, kind="remind", actor=staff.name, data={}))
    session.flush()


def come_up(session: Session, timer: Timer) -> str:
    """The time has come. Returns the timer's outcome."""
    conversation = locked(session, timer.conversation_id or "")
    if conversation is None:
        return "gone"
    if conversation.mode == "staff":
        make_unread(session, conversation)
    elif conversation.mode != "waiting":
        change_mode(session, conversation, "hand_over", actor="system", reason="reminder")
    session.add(Event(conversation_id=conversation.id, kind="reminder", actor="system", data={}))
    return "reminded"


def make_unread(session: Session, conversation: Conversation) -> None:
    """Let the patient's last line count as unread for the holder, so that it rings."""
    said = select(func.max(Message.seq)).where(
        Message.conversation_id == conversation.id, Message.sender == "patient"
    )
    conversation.held_read = max(0, (session.scalar(said) or 0) - 1)
