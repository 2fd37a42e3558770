"""What a holder of conversations has not read yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.staff.queue import patient_names, read_counts
from bot.store.models import Conversation, Message, Staff


def unread_lines(session: Session, staff: Staff) -> dict[str, int]:
    """How many of the patient's lines ``staff`` has not read, by the id of a conversation that they hold; only
    where there are some."""
    rows = session.execute(
        select(Conversation.id, func.count(Message.id))
        .join(Message, (Message.conversation_id == Conversation.id) & (Message.seq > Conversation.held_read))
        .where(Conversation.claimed_by == staff.id, Message.sender == "patient")
        .group_by(Conversation.id)
    )
    return {conversation_id: number for conversation_id, number in rows}


def read_news(session: Session, staff: Staff) -> dict[str, Any]:
    """The numbers of the queue, and ``unread``: how many lines to ``staff`` are not read; ``wrote``: from whom,
    if from one patient; ``fresh``: in which conversations."""
    unread = unread_lines(session, staff)
    return read_counts(session, staff) | {
        "unread": sum(unread.values()),
        "wrote": _name(session, list(unread)),
        "fresh": list(unread),
    }


def _name(session: Session, ids: Sequence[str]) -> str:
    if len(ids) != 1:
        return ""
    return patient_names(session, ids).get(ids[0]) or session.get_one(Conversation, ids[0]).short_name
