"""What a reply stores before anything is said: the conversation goes to staff, or will be erased.

The front door erases, a moment later, because Rasa stores this very turn after its actions have run.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.log import OUTSIDE, belongs_here, record
from actions.turn import Turn
from bot.clock import now
from bot.content.answers import answers
from bot.content.clinic import clinic
from bot.store.models import Timer
from bot.store.modes import change_mode

DELAY = timedelta(seconds=10)  # long enough for the last line to be read


def hand_over(
    session: Session,
    turn: Turn,
    action: str,
    reason: str,
    *,
    said: str | None = None,
    decided_by: str | None = None,
) -> str:
    """Move the conversation to ``waiting``, once for one message; returns the line that is true now.

    Args:
        said: the line that the caller says instead, for the log.
    """
    conversation = belongs_here(session, turn)
    if conversation is None:
        return OUTSIDE
    line = "hand_off_done" if clinic().is_open(now()) else "hand_off_out_of_hours"
    waits = conversation.mode == "waiting" and conversation.waiting_reason == reason
    said = said or ("hand_off_already" if waits else line)
    if record(session, turn, action, answer_id=said, version=answers()[said].version, decided_by=decided_by):
        change_mode(session, conversation, "hand_over", actor="patient", reason=reason)
        return "hand_off_already" if waits else line
    return line


def order_erasure(session: Session, turn: Turn) -> str:
    """Set the timer that erases the conversation, once; returns the line to say."""
    if belongs_here(session, turn) is None:
        return OUTSIDE
    key = f"erase_conversation:{turn.conversation_id}"
    if session.scalar(select(Timer.id).where(Timer.key == key)) is None:
        session.add(
            Timer(
                kind="erase_conversation",
                key=key,
                data={"conversation": turn.conversation_id},
                due_at=now() + DELAY,
            )
        )
    return "delete_done"
