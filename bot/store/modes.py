"""Who speaks, and what is urgent: the tables of legal changes, and the one function for each that applies
them.

The assistant speaks in ``assistant`` and ``waiting`` (a patient who waits at night may go on asking); in
``staff`` only the one who claimed it does. Idea of a transition table: botpress ``hitlnext``
``validation.ts``.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import now
from bot.content.texts import text
from bot.errors import NotAllowedError
from bot.store.models import Alert, Conversation, Event, Staff

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
    ("staff", "hand"): "staff",
    ("staff", "release"): "waiting",
    ("staff", "return"): "assistant",
    ("assistant", "close"): "closed",
    ("waiting", "close"): "closed",
    ("staff", "close"): "closed",
    ("closed", "patient_writes"): "assistant",
}

#: The same for a red flag; what happens is also the name of the event. ``asked``: the patient was asked
#: whether it is over; ``eased``: the patient says that it is, so that ordinary answers are given again, while
#: staff still have it on their list.
URGENT: dict[tuple[str, str], str] = {
    ("stands", "urgent_raise"): "stands",
    ("asked", "urgent_raise"): "stands",
    ("eased", "urgent_raise"): "stands",
    ("stands", "urgent_ask_over"): "asked",
    ("asked", "urgent_not_over"): "stands",
    ("asked", "urgent_ease"): "eased",
    ("asked", "urgent_end"): "ended",
    ("stands", "urgent_close"): "ended",
    ("asked", "urgent_close"): "ended",
    ("eased", "urgent_close"): "ended",
}
#: Never over by the patient's word alone: a person has to look.
BY_STAFF_ONLY = frozenset({"R7"})
#: The patient's confirmed word ends what had to be seen the same day; a graver flag it only eases.
_PATIENT_ENDS = frozenset({"today", "prescriber"})


def patient_may(alert: Alert) -> str | None:
    """What the patient's confirmed all-clear does to a red flag, by its name in ``URGENT``; ``None``:
    nothing."""
    if BY_STAFF_ONLY & set(alert.flags):
        return None
    return "urgent_end" if alert.tier in _PATIENT_ENDS else "urgent_ease"


def change_urgent(
    session: Session, alert: Alert, what: str, *, actor: str, data: dict[str, Any] | None = None
) -> str:
    """Apply ``what`` to a red flag whose conversation the caller has locked, and append the event.

    Args:
        what: a name of ``URGENT``.
        actor: who does it: a staff member's name, ``patient`` or ``red flags``.
    Returns: the new state.
    Raises:
        NotAllowedError: the table does not have this, or the patient alone may not do it.
    """
    after = URGENT.get((alert.state, what))
    if after is None or (what in ("urgent_end", "urgent_ease") and patient_may(alert) != what):
        raise NotAllowedError(text("conversation.refused.urgent"))
    before, alert.state = alert.state, after
    if what == "urgent_raise":
        alert.raises += 1
        alert.raised_last_at = now()
        # Whoever looked or wrote before did so about less than this: staff are told again.
        alert.seen_at = alert.seen_by = alert.acted_at = alert.acted_by = alert.acted_how = None
    if after == "ended":
        alert.closed_at, alert.ended_by = now(), actor
    facts = {"alert": alert.id, "flags": list(alert.flags), "from": before, "to": after, **(data or {})}
    session.add(Event(conversation_id=alert.conversation_id, kind=what, actor=actor, data=facts))
    session.flush()
    return after


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
        staff: who claims, takes over or is handed it; otherwise the claim ends, but for a hand-over of a claimed
            conversation.
        reason: why it waits, for ``hand_over``: a key of ``staff.reasons`` in ``data/texts``, which staff
            read.
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
    if what in ("claim", "take_over", "hand"):
        if staff is None:
            raise ValueError("a claim needs a person")
        conversation.claimed_by, conversation.held_since = staff.id, now()
        conversation.held_read = conversation.last_seq
    elif after != "staff":
        conversation.claimed_by = None
    _place_in_queue(conversation, before, reason)
    if what == "release" or (after == "assistant" and before in ("staff", "closed")):
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
    # A conversation that waits already keeps its place in the queue; only a red flag outranks an older
    # reason.
    conversation.waiting_since = conversation.waiting_since or now()
    if before != "waiting" or reason == "red_flag" or conversation.waiting_reason != "red_flag":
        conversation.waiting_reason = reason
