"""What an address names, looked up together with its conversation: of another conversation it is not there."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.content.texts import text
from bot.conversation.messages import locked
from bot.errors import RefusedError
from bot.store.models import Booking, Conversation, Outbox


def booking_of(session: Session, conversation_id: str, booking_id: int) -> Booking:
    """A request of a conversation, which is locked from here on.

    The lock comes first, as on the patient's own pages, so that the two never wait for each other.

    Raises:
        RefusedError: 404, the conversation has no such request.
    """
    conversation, booking = locked(session, conversation_id), session.get(Booking, booking_id)
    if conversation is None or booking is None or booking.conversation_id != conversation.id:
        raise RefusedError("gone", text("staff.refused.booking_gone"), status=404)
    return booking


def outbox_of(session: Session, conversation_id: str, outbox_id: int) -> tuple[Conversation, Outbox]:
    """A conversation, which is locked from here on, and one of its deliveries.

    Raises:
        RefusedError: 404, the conversation has no such delivery.
    """
    conversation, row = locked(session, conversation_id), session.get(Outbox, outbox_id)
    if conversation is None or row is None or row.conversation_id != conversation.id:
        raise RefusedError("gone", text("staff.refused.message_gone"), status=404)
    return conversation, row
