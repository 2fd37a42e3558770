"""The messages of a conversation: numbered under a lock, and queued where the channel must send them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bot.channels.base import traits
from bot.clock import now
from bot.conversation import calls
from bot.store.models import Conversation, Message, Outbox, Staff

#: Made once: putting a statement together costs as much as running it. ``key_share`` lets others write rows
#: that refer to the conversation meanwhile; on PostgreSQL a full lock would end in a deadlock with those who
#: do.
_LOCKED = (
    select(Conversation)
    .where(Conversation.id == bindparam("id"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


def locked(session: Session, conversation_id: str) -> Conversation | None:
    """The conversation, locked until the transaction ends, so that its numbers are given one at a time."""
    return session.execute(_LOCKED, {"id": conversation_id}).scalar_one_or_none()


def add_message(
    session: Session,
    conversation: Conversation,
    sender: str,
    text: str,
    *,
    choices: Sequence[dict[str, str]] = (),
    sources: Sequence[dict[str, str]] = (),
    urgent: bool = False,
    answer_id: str | None = None,
    staff: Staff | None = None,
    client_id: str | None = None,
    inbound_id: int | None = None,
) -> Message:
    """Append a message to a conversation that the caller has locked; returns it with its ``seq``."""
    conversation.last_seq += 1
    conversation.updated_at = now()
    message = Message(
        conversation_id=conversation.id,
        seq=conversation.last_seq,
        sender=sender,
        staff_id=staff.id if staff else None,
        staff_name=staff.name if staff else None,
        text=text,
        choices=[dict(choice) for choice in choices],
        sources=[dict(source) for source in sources],
        urgent=urgent,
        answer_id=answer_id,
        client_id=client_id,
        inbound_id=inbound_id,
    )
    session.add(message)
    session.flush()
    if sender != "patient" and traits(conversation.channel).sent and not conversation.unreachable:
        session.add(
            Outbox(message_id=message.id, conversation_id=conversation.id, channel=conversation.channel)
        )
    return message


def as_json(message: Message) -> dict[str, Any]:
    """The message as the widget's API gives it out."""
    return {
        "seq": message.seq,
        "from": message.sender,
        "name": message.staff_name,
        "text": message.text,
        "choices": message.choices,
        "sources": message.sources,
        "urgent": message.urgent,
        "calm": message.urgent and calls.is_calm(message.answer_id),
        "calls": calls.in_text(message.text) if message.urgent else [],
        "client_id": message.client_id,
        "at": message.at.isoformat(),
    }


def messages_after(session: Session, conversation_id: str, after: int, limit: int = 200) -> list[Message]:
    """The messages with a higher ``seq``, in order."""
    return list(
        session.scalars(
            select(Message)
            .where(Message.conversation_id == conversation_id, Message.seq > after)
            .order_by(Message.seq)
            .limit(limit)
        )
    )
