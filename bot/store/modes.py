"""Who speaks: the table of legal changes of a conversation's mode, and the one function that applies it.

The assistant speaks in ``assistant`` and ``waiting`` (a patient who waits at night may go on asking); in ``staff``
only the one who claimed it does. Idea of a transition table: botpress ``hitlnext`` ``validation.ts``.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import now
from bot.content.texts import text
from bot.errors import NotAllowedError
from bot.store.models import Conversation, Event, Staff

#: (mode, what happens) -> the mode after it. What is not here is refused.
TRANSITIONS: dict[tuple[str, str], str] = {
    ("assistant", "hand_over"): "waiting",
    ("waiting", "hand_over"): "waiting",
    ("staff", "hand_over"): "staff",
    ("closed", "hand_over"): "waiting",
    ("assistant", "claim"): "staff",
    ("waiting", "claim"): "staff",
    ("closed", "claim"): "staff",
    ("staff", "take_over"): "staff",
    ("staff", "return"): "assistant",
    ("assistant", "close"): "closed",
    ("waiting", "close"): "closed",
    ("staff", "close"): "closed",
    ("closed", "patient_writes"): "assistant",
}


def change_mode(
    session: Session,
    conversation: Conversation,
    what: str,
    *,
    actor: str,
    staff: Staff | None = None,
    reason: str | None = None,
    data: dict[str, Any] | None = None,
) -> str:
    """Apply ``what`` to the conversation, inside the caller's transaction, and append the event.

    The row is locked and read again first, so of two people who act at once the second is refused.

    Args:
        what: a name of the table, such as ``claim``.
        staff: who claims or takes over; otherwise the claim ends, but for a hand-over of a claimed conversation.
        reason: why it waits, for ``hand_over``: a key of ``staff.reasons`` in ``data/texts``, which staff read.
    Returns: the new mode.
    Raises:
        NotAllowedError: the table does not have this, or somebody was quicker; says who.
    """
    conversation = session.execute(
        select(Conversation)
        .where(Conversation.id == conversation.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalar_one()
    before, after = conversation.mode, _after(session, conversation, what)
    conversation.mode = after
    if what in ("claim", "take_over"):
        if staff is None:
            raise ValueError("a claim needs a person")
        conversation.claimed_by = staff.id
    elif after != "staff":
        conversation.claimed_by = None
    _place_in_queue(conversation, before, reason)
    if after == "assistant" and before in ("staff", "closed"):
        conversation.reset_brain = True
    conversation.version += 1
    conversation.updated_at = now()
    facts = {"from": before, "to": after, **({"reason": reason} if reason else {}), **(data or {})}
    session.add(Event(conversation_id=conversation.id, kind=what, actor=actor, data=facts))
    session.flush()
    return after


def _after(session: Session, conversation: Conversation, what: str) -> str:
    """The mode after ``what``; raises NotAllowedError if the table does not have it."""
    after = TRANSITIONS.get((conversation.mode, what))
    if after is None:
        holder = session.get(Staff, conversation.claimed_by) if conversation.claimed_by else None
        if holder:
            raise NotAllowedError(text("conversation.refused.held", holder=holder.name))
        raise NotAllowedError(text("conversation.refused.mode", mode=conversation.mode))
    return after


def _place_in_queue(conversation: Conversation, before: str, reason: str | None) -> None:
    """Since when the conversation waits for staff, and why, now that its mode has changed."""
    if conversation.mode != "waiting":
        conversation.waiting_since = None
        return
    # A conversation that waits already keeps its place in the queue; only a red flag outranks an older reason.
    conversation.waiting_since = conversation.waiting_since or now()
    if before != "waiting" or reason == "red_flag" or conversation.waiting_reason != "red_flag":
        conversation.waiting_reason = reason
