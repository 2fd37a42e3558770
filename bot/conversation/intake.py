"""Taking a message in: one transaction, after which it can be acknowledged.

The red-flag rules look at the message inside that transaction, so an acknowledged emergency always has its
answer, whatever else is down and however long an earlier message still waits for Rasa.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import structlog
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

import bot.content.texts as texts
from bot.clock import now
from bot.content.clinic import clinic
from bot.conversation import after_flag, answered_staff, appointments, held, standing, urgent
from bot.conversation.inbox import end
from bot.conversation.messages import add_message, locked
from bot.conversation.text import MAX_CHARACTERS, checked, clean
from bot.errors import RefusedError
from bot.safety import Finding
from bot.store.models import Conversation, Inbound, Message
from bot.store.modes import change_mode

log = structlog.get_logger(__name__)

#: Buttons that a channel may show at any time; all others must have been offered in the conversation.
ALWAYS = frozenset({"talk_to_staff", "book_appointment", "show_topics"})
_OFFERED_IN = 40  # how many messages back a button may still be pressed
#: The line with the crisis number that stands under an ordinary answer (``data/answers/red_flags.yml``).
CRISIS_LINE = "flag_r7_line"
_EARLIER = 3  # messages that may belong to the same thought
_EARLIER_WITHIN = timedelta(minutes=10)


#: Made once: putting a statement together costs as much as running it.
_KNOWN = select(Inbound).where(
    Inbound.channel == bindparam("channel"), Inbound.external_id == bindparam("external_id")
)
_BEFORE = (
    select(Inbound.text)
    .where(
        Inbound.conversation_id == bindparam("conversation"),
        Inbound.id < bindparam("id"),
        Inbound.kind == "text",
        Inbound.received_at > bindparam("since"),
        Inbound.note.is_distinct_from(urgent.FLAGGED),
    )
    .order_by(Inbound.id.desc())
    .limit(_EARLIER)
)


class RedFlags(Protocol):
    """The red-flag rules as intake sees them."""

    def check(self, text: str, earlier: Sequence[str] = ()) -> Finding | None: ...

    def prepare(self, text: str) -> None: ...

    def crisis_line(self, text: str) -> str: ...


@dataclass(frozen=True)
class Receipt:
    """What became of a message: its number, whether it was a repeat, whether a red flag was answered."""

    seq: int
    inbound_id: int
    repeated: bool = False
    urgent: bool = False


def prepare(red_flags: RedFlags, text: str, *, limit: int = MAX_CHARACTERS) -> None:
    """Let the rules look at a message before ``accept`` opens its transaction, so that others do not wait
    for them."""
    cleaned = clean(text)
    if not cleaned or len(cleaned) > limit:
        return
    try:
        red_flags.prepare(cleaned)
    except Exception as error:  # ``accept`` asks again, and sees to it that nothing is lost
        log.error("red_flags_failed", error=type(error).__name__)


def accept(
    session: Session,
    red_flags: RedFlags,
    conversation_id: str,
    *,
    external_id: str,
    text: str | None = None,
    choice: str | None = None,
    client_id: str | None = None,
    limit: int = MAX_CHARACTERS,
) -> Receipt:
    """Store one message of a patient, once, and answer a red flag in it.

    Args:
        external_id: the channel's own name of the message, at most 128 characters; a repeat changes nothing.
        text: what was typed; or ``choice``: the key of a button that was pressed.
    Raises:
        RefusedError: the text is empty or too long, the button was never offered, or the conversation is
            gone.
    """
    conversation = locked(session, conversation_id)
    if conversation is None:
        raise RefusedError("gone", texts.text("conversation.refused.gone"), status=401)
    known = session.scalar(_KNOWN, {"channel": conversation.channel, "external_id": external_id})
    if known:
        return Receipt(known.seq, known.id, repeated=True)

    typed = checked(text or "", limit=limit) if choice is None else _label(session, conversation, choice)
    inbound = Inbound(
        conversation_id=conversation.id,
        channel=conversation.channel,
        external_id=external_id,
        kind="text" if choice is None else "choice",
        text=typed,
        choice=choice,
        seq=conversation.last_seq + 1,
    )
    session.add(inbound)
    session.flush()
    add_message(session, conversation, "patient", typed, client_id=client_id, inbound_id=inbound.id)

    finding = None if choice is not None else _look(session, red_flags, conversation, typed, inbound)
    asked = urgent.asked(session, conversation, inbound) if finding is None or finding.ask else None
    if asked:
        finding = urgent.take_reply(asked, inbound)  # never asked twice running
    raised = _answer(session, conversation, inbound, finding, asked)
    if finding is None and choice is None and not raised:
        _add_crisis_line(session, red_flags, conversation, inbound)
    if conversation.mode == "closed":
        change_mode(session, conversation, "patient_writes", actor="patient")
    session.flush()
    return Receipt(inbound.seq, inbound.id, urgent=raised)


def _answer(
    session: Session,
    conversation: Conversation,
    inbound: Inbound,
    finding: Finding | None,
    asked: urgent.Question | None,
) -> bool:
    """Answer here what needs no Rasa: a red flag, what comes after one, a reply to a question of ours.

    Args:
        asked: the question "Is this happening now?" that the message was taken as a reply to.
    Returns: whether it was urgent.
    """
    news = finding is not None and urgent.is_news(finding, standing.open_flags(session, conversation.id))
    sure = finding is not None and not finding.ask
    if finding and sure and (news or asked):
        urgent.answer(session, conversation, inbound, finding)
        end(inbound, urgent.FLAGGED)
        return True
    if appointments.is_button(inbound.choice):
        appointments.press(session, conversation, inbound)
        return False
    stands = standing.standing(session, conversation.id)
    if stands and after_flag.answer(session, conversation, inbound, stands, repeated=sure):
        return sure or after_flag.is_raise(inbound, stands)
    if finding and news:
        urgent.ask(session, conversation, inbound, finding)  # its ordinary answer follows as ever
    elif inbound.choice in urgent.BUTTONS or (asked and urgent.only_says_no(inbound)):
        if asked and not stands:
            urgent.take_no(session, conversation, inbound, asked)
        end(inbound, urgent.REPLIED)
    if inbound.state == "pending" and answered_staff.take(session, conversation, inbound):
        end(inbound, "for_staff")
    if conversation.mode == "staff" and inbound.state == "pending":
        end(inbound, "for_staff")
        held.tell_closed(session, conversation, inbound.id)
    return finding is not None


def _label(session: Session, conversation: Conversation, choice: str) -> str:
    """The words on a button, if it was offered here."""
    if appointments.is_button(choice):
        if words := appointments.label(session, conversation, choice):
            return words
        raise RefusedError("unknown_choice", texts.text("conversation.refused.unknown_choice"))
    rows = session.scalars(
        select(Message.choices)
        .where(Message.conversation_id == conversation.id, Message.seq > conversation.last_seq - _OFFERED_IN)
        .order_by(Message.seq.desc())
    )
    for choices in rows:
        for offered in choices:
            if offered["key"] == choice:
                return str(offered["label"])
    if choice in ALWAYS or (choice in urgent.BUTTONS and urgent.was_asked(session, conversation)):
        return texts.text(f"conversation.buttons.{choice}")
    raise RefusedError("unknown_choice", texts.text("conversation.refused.unknown_choice"))


def _look(
    session: Session, red_flags: RedFlags, conversation: Conversation, text: str, inbound: Inbound
) -> Finding | None:
    since = now() - _EARLIER_WITHIN
    earlier = session.scalars(_BEFORE, {"conversation": conversation.id, "id": inbound.id, "since": since})
    try:
        return red_flags.check(text, tuple(reversed(list(earlier))))
    except Exception as error:  # a bug in a rule must not cost the message; staff look at it instead
        log.error("red_flags_failed", conversation=conversation.id, error=type(error).__name__)
        change_mode(session, conversation, "hand_over", actor="system", reason="unchecked")
        return None


def _add_crisis_line(
    session: Session, red_flags: RedFlags, conversation: Conversation, inbound: Inbound
) -> None:
    """Where a message names suicide or self-harm and raises nothing, the crisis number stands in the chat
    all the same."""
    try:
        line = red_flags.crisis_line(inbound.text)
    except Exception as error:  # as in ``_look``
        log.error("red_flags_failed", conversation=conversation.id, error=type(error).__name__)
        return
    if line:
        filled = clinic().fill(line)
        add_message(session, conversation, "system", filled, inbound_id=inbound.id, answer_id=CRISIS_LINE)
