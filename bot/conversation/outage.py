"""What is said while the brain is away, when staff come in, and when a message is given up."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from bot.clock import now
from bot.content.answers import answers
from bot.content.clinic import clinic
from bot.content.texts import text
from bot.conversation.inbox import HELD, end
from bot.conversation.messages import add_message, locked
from bot.store.engine import Store
from bot.store.models import Conversation, Inbound
from bot.store.modes import change_mode
from bot.work.backoff import wait_after

RETRY_AFTER = (1.0, 2.0, 4.0, 8.0, 15.0)  # seconds; the last repeats
HAND_OVER_AT = 4  # failed tries after which staff are told
SET_ASIDE_AT = 6  # failed tries, with a brain that is well after each, after which a message is given up
LATE = timedelta(seconds=20)  # who has waited this long is told, even if no worker has come to it yet


def failed_try(session: Session, conversation: Conversation, inbound: Inbound, *, well: bool) -> bool:
    """Decide what follows a failed try: say once that it will be late, later tell staff, at last give the
    message up.

    It is given up only if Rasa was well each time, so that the message itself must be at fault.

    Args:
        well: whether the brain says that it is well; then it is the message that is at fault.
    Returns: whether it is worth looking for the next message at once.
    """
    inbound.sick_tries += well
    if conversation.mode == "staff":
        end(inbound, "for_staff")
        return True
    if hand_over_if_asked(session, conversation) and inbound.state == "done":
        return True
    if inbound.sick_tries >= SET_ASIDE_AT:
        end(inbound, "no_answer")
        inbound.state = "set_aside"
        add_message(
            session,
            conversation,
            "system",
            _say("set_aside"),
            choices=_talk_to_staff(),
            inbound_id=inbound.id,
        )
        change_mode(session, conversation, "hand_over", actor="system", reason="no_answer")
        conversation.reset_brain = True
        return True
    inbound.not_before = now() + timedelta(seconds=wait_after(inbound.attempts, RETRY_AFTER))
    if not conversation.told_late:
        _tell(session, conversation, inbound.id)
    if inbound.attempts >= HAND_OVER_AT and conversation.mode == "assistant":
        change_mode(session, conversation, "hand_over", actor="system", reason="no_answer")
    return False


def tell_late(store: Store) -> list[str]:
    """Say that it will be late to whoever has waited long: behind a hung turn, or while every worker is busy.

    Returns: the conversations in which it was said.
    """
    waits = _waits(now())
    with store.read() as session:
        found = session.scalars(
            select(Inbound.conversation_id)
            .join(Conversation, Conversation.id == Inbound.conversation_id)
            .where(
                *waits,
                Conversation.told_late.is_(False),
                Conversation.mode != "staff",
                Conversation.consent_at.is_not(None),
            )
            .distinct()
            .limit(50)
        ).all()
    told = []
    for conversation_id in found:
        with store.write() as session:
            conversation = locked(session, conversation_id)
            if (
                conversation is None
                or conversation.told_late
                or conversation.mode == "staff"
                or conversation.consent_at is None
            ):
                continue
            inbound_id = session.scalar(
                select(func.min(Inbound.id)).where(Inbound.conversation_id == conversation_id, *waits)
            )
            if inbound_id is not None:
                _tell(session, conversation, inbound_id)
                told.append(conversation_id)
    return told


def _waits(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    """The messages whose answer is late, counted from when they became due (later than they came, if they
    were held).

    A failed try makes the message due later. From the second try on the time counts since it came; otherwise
    each try would put off telling the patient.
    """
    since = moment - LATE
    due = func.coalesce(Inbound.not_before, Inbound.received_at)
    return (
        Inbound.state == "pending",
        Inbound.not_before.is_distinct_from(HELD),
        or_(due < since, and_(Inbound.attempts > 1, Inbound.received_at < since)),
    )


def hand_over_if_asked(session: Session, conversation: Conversation) -> bool:
    """Hand over to staff if the button for it was pressed: that needs no Rasa, so it waits behind no other
    message."""
    wishes = session.scalars(
        select(Inbound)
        .where(
            Inbound.conversation_id == conversation.id,
            Inbound.state == "pending",
            Inbound.choice == "talk_to_staff",
        )
        .order_by(Inbound.id)
    ).all()
    for wish in wishes:
        change_mode(session, conversation, "hand_over", actor="patient", reason="asked")
        line = "hand_off_done" if clinic().is_open(now()) else "hand_off_out_of_hours"
        add_message(session, conversation, "system", _say(line), inbound_id=wish.id)
        end(wish, "handed_over")
    session.flush()
    return bool(wishes)


def _tell(session: Session, conversation: Conversation, inbound_id: int) -> None:
    """Say honestly that the answer will be late, once an outage."""
    conversation.told_late = True
    add_message(
        session, conversation, "system", _say("unavailable"), choices=_talk_to_staff(), inbound_id=inbound_id
    )


def _talk_to_staff() -> list[dict[str, str]]:
    return [{"key": "talk_to_staff", "label": text("conversation.buttons.talk_to_staff")}]


def _say(name: str) -> str:
    return clinic().fill(answers()[name].text)
