"""Lines of the conversation: numbered under a lock, queued for the channel that must send them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bot.clock import now
from bot.store.models import Conversation, Message, Outbox, Staff

#: Channels that must be sent to. The widget fetches by sequence number instead.
SENT_CHANNELS = frozenset({"telegram"})


#: Made once: putting a statement together costs as much as running it. ``key_share``: a row that refers to the conversation
#: may be written meanwhile; on PostgreSQL a full lock would make those who write such rows first wait in a circle.
_LOCKED = (
    select(Conversation)
    .where(Conversation.id == bindparam("id"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


def locked(session: Session, conversation_id: str) -> Conversation | None:
    """The conversation, its row locked until the transaction ends, so that numbers are given one at a time."""
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
    """Append a line to a conversation that the caller has locked; returns it with its ``seq``."""
    conversation.last_seq += 1
    conversation.updated_at = now()
    line = Message(
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
    session.add(line)
    session.flush()
    if sender != "patient" and conversation.channel in SENT_CHANNELS and not conversation.unreachable:
        session.add(Outbox(message_id=line.id, conversation_id=conversation.id, channel=conversation.channel))
    return line


def as_json(line: Message) -> dict[str, Any]:
    """The line as the widget API gives it out."""
    return {
        "seq": line.seq,
        "from": line.sender,
        "name": line.staff_name,
        "text": line.text,
        "choices": line.choices,
        "sources": line.sources,
        "urgent": line.urgent,
        "client_id": line.client_id,
        "at": line.at.isoformat(),
    }


def messages_after(session: Session, conversation_id: str, after: int, limit: int = 200) -> list[Message]:
    """The lines with a higher ``seq``, in order."""
    return list(
        session.scalars(
            select(Message)
            .where(Message.conversation_id == conversation_id, Message.seq > after)
            .order_by(Message.seq)
            .limit(limit)
        )
    )
