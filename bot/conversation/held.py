"""A conversation is not held for ever: it goes back when its holder does not answer, leaves or loses the account.

Where the patient still waits for an answer, or a red flag is open, it goes to the queue; otherwise to the assistant.
The patient is told either way.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.clock import now
from bot.content.clinic import clinic
from bot.content.texts import text
from bot.conversation import standing
from bot.conversation.messages import add_message, locked
from bot.settings import settings
from bot.store.engine import Store
from bot.store.models import Conversation, Message, Staff
from bot.store.modes import change_mode

#: Who wrote or took the conversation so lately is there, whatever the clinic's hours say.
_THERE = timedelta(minutes=30)
_TOLD_AGAIN = timedelta(hours=12)
#: Marks the line that says outside the opening hours when staff read again.
CLOSED_LINE = "held_closed"


def unanswered_since(session: Session, conversation: Conversation) -> datetime | None:
    """Since when the patient has waited for an answer of the holder, who may have taken it later; ``None``: they
    do not."""
    lines = Message.conversation_id == conversation.id
    answered = select(func.coalesce(func.max(Message.seq), 0)).where(lines, Message.sender == "staff")
    first = session.scalar(
        select(func.min(Message.at)).where(
            lines, Message.sender == "patient", Message.seq > answered.scalar_subquery()
        )
    )
    return max(first, conversation.held_since or first) if first else None


def release(session: Session, conversation: Conversation, why: str, *, actor: str) -> None:
    """Take a held conversation, which the caller has locked, from its holder.

    Args:
        why: a key of ``staff.released`` in ``data/texts``, for the history.
    """
    since = unanswered_since(session, conversation)
    flagged = bool(standing.open_flags(session, conversation.id))
    holder = session.get(Staff, conversation.claimed_by)
    name = holder.name if holder else text("staff.speakers.staff")
    data = {"why": text(f"staff.released.{why}", minutes=settings().held_idle_minutes)}
    if since is None and not flagged:
        change_mode(session, conversation, "return", actor=actor, data=data)
        add_message(session, conversation, "system", text("staff.to_patient.given_back", name=name))
        return
    reason = "red_flag" if flagged else "released"
    change_mode(session, conversation, "release", actor=actor, reason=reason, data=data)
    conversation.waiting_since = since or now()
    moment, place = now(), clinic()
    line = "released" if place.is_open(moment) else "released_closed"
    told = text(f"staff.to_patient.{line}", name=name, opening=place.opening_text(moment))
    add_message(session, conversation, "system", told)


def release_all(session: Session, staff: Staff, why: str, *, actor: str) -> list[str]:
    """Release all that ``staff`` holds; returns the ids of these conversations."""
    held = session.scalars(select(Conversation.id).where(Conversation.claimed_by == staff.id)).all()
    done = []
    for conversation_id in held:
        conversation = locked(session, conversation_id)
        if conversation and conversation.claimed_by == staff.id:
            release(session, conversation, why, actor=actor)
            done.append(conversation_id)
    return done


def release_idle(store: Store, moment: datetime) -> list[str]:
    """Release what has waited for its holder's answer for ``held_idle_minutes``; returns the ids."""
    minutes = settings().held_idle_minutes
    if not minutes:
        return []
    late, done = moment - timedelta(minutes=minutes), []
    long_held = select(Conversation).where(Conversation.mode == "staff", Conversation.held_since <= late)
    with store.read() as session:
        found = [each.id for each in session.scalars(long_held) if _waits(session, each, late)]
    for conversation_id in found:
        with store.write() as session:
            conversation = locked(session, conversation_id)
            # The holder may have answered meanwhile.
            if conversation and conversation.mode == "staff" and _waits(session, conversation, late):
                release(session, conversation, "idle", actor="system")
                done.append(conversation_id)
    return done


def _waits(session: Session, conversation: Conversation, late: datetime) -> bool:
    since = unanswered_since(session, conversation)
    return since is not None and since <= late


def tell_closed(session: Session, conversation: Conversation, inbound_id: int | None) -> None:
    """Outside the opening hours a patient whose conversation is held hears when staff read again: not if the
    holder is evidently there, and not with every message."""
    moment, place = now(), clinic()
    if place.is_open(moment) or (conversation.held_since or moment) > moment - _THERE:
        return
    lately = (
        select(Message.id)
        .where(
            Message.conversation_id == conversation.id,
            ((Message.sender == "staff") & (Message.at > moment - _THERE))
            | ((Message.answer_id == CLOSED_LINE) & (Message.at > moment - _TOLD_AGAIN)),
        )
        .limit(1)
    )
    if session.scalar(lately):
        return
    told = text("staff.to_patient.held_closed", opening=place.opening_text(moment))
    add_message(session, conversation, "system", told, inbound_id=inbound_id, answer_id=CLOSED_LINE)
