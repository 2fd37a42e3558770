"""What becomes of a stored message besides its answer: ended, or held until the patient agrees.

The hold has one name here, because three others ask for it: the channel that needs consent, the turn that
must not answer before it, and the words of an outage, which are no news to somebody who has not agreed yet.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import now
from bot.store.models import Inbound

#: A message that waits for consent is not due before this.
HELD = datetime(9999, 1, 1, tzinfo=UTC)


def end(inbound: Inbound, note: str) -> None:
    """Nothing more is to be done for it; ``note`` says why."""
    inbound.state, inbound.done_at, inbound.note = "done", now(), note


def hold(session: Session, conversation_id: str) -> bool:
    """Keep everything that waits until the patient agrees. Returns whether some of it was not held yet."""
    loose = [inbound for inbound in _waiting(session, conversation_id) if inbound.not_before != HELD]
    for inbound in loose:
        inbound.not_before = HELD
    return bool(loose)


def free(session: Session, conversation_id: str) -> bool:
    """The patient agrees: what was held is due from now on. Returns whether anything waits."""
    waiting = _waiting(session, conversation_id)
    for inbound in waiting:
        if inbound.not_before == HELD:
            inbound.not_before = now()
    return bool(waiting)


def drop(session: Session, conversation_id: str, note: str) -> None:
    """Nothing of what waits is answered any more."""
    for inbound in _waiting(session, conversation_id):
        end(inbound, note)


def _waiting(session: Session, conversation_id: str) -> list[Inbound]:
    return list(
        session.scalars(
            select(Inbound).where(Inbound.conversation_id == conversation_id, Inbound.state == "pending")
        )
    )
