"""What a patient writes after staff wrote last is for staff, also if the conversation was given back or closed since:
"yes, that works" is an answer to a person.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import now
from bot.content.clinic import clinic
from bot.content.texts import text
from bot.conversation import consent
from bot.conversation.messages import add_message
from bot.settings import settings
from bot.store.models import Conversation, Inbound, Message
from bot.store.modes import change_mode

#: Marks the line that says so.
LINE = "answered_staff"


def take(session: Session, conversation: Conversation, inbound: Inbound) -> bool:
    """Hand a typed message to staff if staff wrote last, less than ``staff_answer_hours`` ago, and tell the patient.

    The message after it goes to the assistant again, so nobody is kept from asking on. The caller has locked the
    conversation.
    """
    hours = settings().staff_answer_hours
    if not hours or inbound.choice is not None or conversation.mode not in ("assistant", "closed"):
        return False
    if consent.is_needed(conversation) or not _staff_wrote_last(
        session, conversation, timedelta(hours=hours)
    ):
        return False
    change_mode(session, conversation, "hand_over", actor="patient", reason=LINE)
    moment, place = now(), clinic()
    state = "open" if place.is_open(moment) else "closed"
    told = text(f"conversation.answered_staff.{state}", opening=place.opening_text(moment))
    add_message(session, conversation, "system", told, inbound_id=inbound.id, answer_id=LINE)
    return True


def _staff_wrote_last(session: Session, conversation: Conversation, within: timedelta) -> bool:
    """Whether the last line that was no notice and not the patient's is a staff member's, and so lately."""
    last = session.execute(
        select(Message.sender, Message.at)
        .where(Message.conversation_id == conversation.id, Message.sender.in_(("staff", "assistant")))
        .order_by(Message.seq.desc())
        .limit(1)
    ).first()
    told = select(Message.id).where(Message.conversation_id == conversation.id, Message.answer_id == LINE)
    if last is None or last.sender != "staff" or last.at < now() - within:
        return False
    return session.scalar(told.where(Message.at > last.at).limit(1)) is None
