"""Logs the turn: what was understood, what was answered, by which model.

Keyed by message, so a repeat writes once.
"""

from __future__ import annotations

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from actions.turn import Turn
from bot.store.models import Conversation, Inbound, TurnLog

log = structlog.get_logger(__name__)

#: Said instead of "it is done" where nothing is stored: in ``rasa shell``, or once the conversation is
#: deleted.
OUTSIDE = "outside_front_door"


def belongs_here(session: Session, turn: Turn) -> Conversation | None:
    """The conversation of this turn, if the front door knows it and the message is one of its own."""
    if turn.inbound_id is None:
        return None
    inbound = session.get(Inbound, turn.inbound_id)
    if inbound is None or inbound.conversation_id != turn.conversation_id:
        return None
    return session.get(Conversation, inbound.conversation_id)


def record(
    session: Session,
    turn: Turn,
    action: str,
    *,
    answer_id: str | None = None,
    version: str | None = None,
    ordinal: int = 0,
    decided_by: str | None = None,
    leaned_on: str | None = None,
    open: str | None = None,
    took_up: str | None = None,
) -> bool:
    """Write one row for what ``action`` did; returns whether it was the first time for this message.

    ``open`` is the facet that was asked for and has no reviewed text (``python -m bot answers --open``).

    Does nothing (and returns True) outside the front door, where no conversation is stored.
    """
    if belongs_here(session, turn) is None:
        return True
    assert turn.inbound_id is not None
    known = session.scalar(
        select(TurnLog.id).where(
            TurnLog.inbound_id == turn.inbound_id, TurnLog.action == action, TurnLog.ordinal == ordinal
        )
    )
    if known is not None:
        return False
    try:
        with session.begin_nested():
            session.add(
                TurnLog(
                    conversation_id=turn.conversation_id,
                    inbound_id=turn.inbound_id,
                    action=action,
                    ordinal=ordinal,
                    intent=turn.intent,
                    confidence=turn.confidence,
                    runners_up=[[name, round(confidence, 3)] for name, confidence in turn.ranking[:4]],
                    answer_id=answer_id,
                    answer_version=version,
                    model=turn.model,
                    decided_by=decided_by or action.removeprefix("action_"),
                    read_as=turn.read_as,
                    leaned_on=leaned_on,
                    facts=_facts(turn, took_up, open),
                )
            )
    except IntegrityError:
        return False  # the same call twice at the same moment
    return True


def _facts(turn: Turn, took_up: str | None, open: str | None) -> dict[str, str]:
    """What was heard of the person, what is asked, what was told, what of that the reply took up, and what
    it left open."""
    told = {name: ", ".join(keys) or "yes" for name, keys in turn.told.items()}
    asks = {"asks": turn.facet} if turn.facet else {}
    done = {name: value for name, value in (("took_up", took_up), ("open", open)) if value}
    return {**told, **turn.heard, **asks, **done}
