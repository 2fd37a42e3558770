"""A new private page for a patient's contact details, sent by staff: the first one may have run out, or
been mistyped on."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.bookings.links import asked_on_page, make_link
from bot.content.texts import text
from bot.errors import NotAllowedError
from bot.settings import settings
from bot.staff import desk
from bot.staff.lookups import booking_of
from bot.store.models import Booking, Conversation, Event, Message, Staff

_OVER = ("declined", "cancelled")


def can_send_page(conversation: Conversation, booking: Booking) -> bool:
    """Whether a page is of use: patients can reach us from outside, do not leave a contact in the chat,
    and still want to come."""
    wanted = asked_on_page(conversation.channel) and booking.state not in _OVER
    return wanted and bool(settings().public_url) and not conversation.unreachable


def send_page(
    session: Session, conversation_id: str, booking_id: int, staff: Staff, *, client_id: str | None = None
) -> None:
    """Say a new link to the patient as a line of ``staff``, who must hold the conversation; an earlier
    link ends.

    The same ``client_id`` again changes nothing.

    Raises:
        RefusedError: the conversation has no such request.
        NotAllowedError: no page can be sent for it, or ``staff`` does not hold the conversation.
    """
    booking = booking_of(session, conversation_id, booking_id)
    conversation = session.get_one(Conversation, conversation_id)
    if not can_send_page(conversation, booking):
        raise NotAllowedError(text("staff.refused.no_private_page"))
    sent = select(Message.id).where(
        Message.conversation_id == conversation.id, Message.client_id == client_id, Message.sender == "staff"
    )
    if client_id and session.scalar(sent):
        return
    link = make_link(session, booking, address=settings().public_url)
    desk.reply(
        session,
        conversation.id,
        staff,
        f"{text('staff.to_patient.private_page')}\n\n{link}",
        client_id=client_id,
    )
    session.add(
        Event(
            conversation_id=conversation.id, kind="page_sent", actor=staff.name, data={"booking": booking.id}
        )
    )
    session.flush()
