"""Whether the patient has agreed to talk with the assistant, and what follows from it.

Before consent a message is stored but held: only red flags are answered. Consent frees what is held; a
refusal drops it, and lets everything be deleted unless somebody still needs it. A channel only decides how it
asks and what it says.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.clock import now
from bot.conversation import inbox
from bot.store.models import Alert, Conversation, Event, Message
from bot.store.modes import change_mode

#: The ``answer_id`` of a message that asks for consent, by which it is known that the patient was asked.
ASKED = "consent_asked"
_ASKED_BEFORE_STOP = "consent_asked_before_stop"
_REMIND_AFTER = timedelta(seconds=60)


class Asking(Enum):
    """How to ask for consent now."""

    IN_FULL = "in full"
    REMINDER = "reminder"
    NOT_NOW = "not now"


class Refused(Enum):
    """What a refusal leads to: why the conversation stays, or that all of it may go."""

    ERASE = "erase"
    URGENT = "urgent"
    STAFF = "staff"
    EARLIER = "earlier"


def is_needed(conversation: Conversation) -> bool:
    """Whether the assistant must wait for consent. Staff who hold the conversation need none."""
    return conversation.consent_at is None and conversation.mode != "staff"


def hold(session: Session, conversation: Conversation) -> bool:
    """Keep everything that waits for the assistant until the patient agrees.

    Returns whether some of it was not held yet.
    """
    return inbox.hold(session, conversation.id)


def how_to_ask(session: Session, conversation: Conversation) -> Asking:
    """In full the first time, later with a reminder, and not for every quick message.

    Mark what asks with ``ASKED``.
    """
    asked = session.execute(
        select(Message.at)
        .where(Message.conversation_id == conversation.id, Message.answer_id == ASKED)
        .order_by(Message.seq.desc())
        .limit(1)
    ).scalar()
    if asked is None:
        return Asking.IN_FULL
    return Asking.REMINDER if asked < now() - _REMIND_AFTER else Asking.NOT_NOW


def give(session: Session, conversation: Conversation) -> bool:
    """The patient agrees: whatever is held goes to the assistant now. Returns whether something waits."""
    conversation.consent_at = now()
    session.add(Event(conversation_id=conversation.id, kind="consent", actor="patient"))
    return inbox.free(session, conversation.id)


def withdraw(session: Session, conversation: Conversation) -> None:
    """The patient wants the assistant to stop: what waits for it is dropped, and it will ask again in
    full."""
    inbox.drop(session, conversation.id, "stopped")
    conversation.consent_at = None
    conversation.reset_brain = True
    # It numbers the wish to forget, and while staff are waited for no change of the mode counts on.
    conversation.version += 1
    session.add(Event(conversation_id=conversation.id, kind="stopped", actor="patient"))
    session.execute(
        update(Message)
        .where(Message.conversation_id == conversation.id, Message.answer_id == ASKED)
        .values(answer_id=_ASKED_BEFORE_STOP)
    )


def leave(session: Session, conversation: Conversation) -> None:
    """Close a conversation whose patient withdrew consent, unless staff have it on their list."""
    if conversation.mode == "assistant":
        change_mode(session, conversation, "close", actor="patient")


def refuse(session: Session, conversation: Conversation) -> Refused:
    """The patient does not agree: nothing that waits is answered.

    Erase the conversation if the answer is ``ERASE``.
    """
    kept = _why_kept(session, conversation)
    if kept is not Refused.ERASE:
        inbox.drop(session, conversation.id, "declined")
    return kept


def _why_kept(session: Session, conversation: Conversation) -> Refused:
    alert = (
        select(Alert.id).where(Alert.conversation_id == conversation.id, Alert.closed_at.is_(None)).limit(1)
    )
    if session.scalars(alert).first() is not None:
        return Refused.URGENT  # staff have not closed the red flag yet, and to lose it could cost a life
    if conversation.mode in ("waiting", "staff"):
        # A message that our rules could not check, say, or staff who are writing at this moment.
        return Refused.STAFF
    agreed = (
        select(Event.id).where(Event.conversation_id == conversation.id, Event.kind == "consent").limit(1)
    )
    if session.scalars(agreed).first() is not None:
        return Refused.EARLIER  # after a stop: an earlier talk, with its requests, goes by deletion alone
    return Refused.ERASE
