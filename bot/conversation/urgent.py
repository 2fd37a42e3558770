"""Answering a red flag: what to do now, that staff were told, and the conversation on top of their queue."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bot.clock import now
from bot.content.clinic import clinic
from bot.content.texts import text
from bot.conversation.inbox import end, reopen
from bot.conversation.messages import add_message
from bot.safety import Finding
from bot.safety.flags import TIERS
from bot.settings import settings
from bot.store.models import Alert, Conversation, Event, Inbound, Message, Timer
from bot.store.modes import change_mode

_CAUSE_CHARACTERS = 120  # as many as the column holds: an alert must not fail for its cause


def answer(session: Session, conversation: Conversation, inbound: Inbound, finding: Finding) -> None:
    """Store the urgent text and the alert in the caller's transaction."""
    held = conversation.mode == "staff"
    message = add_message(
        session,
        conversation,
        "system",
        wording(finding, now(), held=held),
        urgent=True,
        inbound_id=inbound.id,
        answer_id="+".join(finding.flags),
    )
    alert = Alert(
        conversation_id=conversation.id,
        inbound_id=inbound.id,
        flags=list(finding.flags),
        raised_by=finding.raised_by[:_CAUSE_CHARACTERS] or None,
        score=finding.score,
        tier=finding.tier,
        seq=message.seq,
    )
    told_already = _alerting_already(session, alert)
    session.add(alert)
    session.flush()
    for minutes in () if told_already else settings().alert_steps:
        session.add(
            Timer(
                kind="alert",
                key=f"alert:{alert.id}:{minutes}",
                conversation_id=conversation.id,
                data={"alert": alert.id, "minutes": minutes},
                due_at=alert.raised_at + timedelta(minutes=minutes),
            )
        )
    conversation.reset_brain = True  # a running form or self-check stops here
    change_mode(
        session,
        conversation,
        "hand_over",
        actor="red flags",
        reason="red_flag",
        data={"flags": list(finding.flags)},
    )


def _alerting_already(session: Session, alert: Alert) -> bool:
    """Whether an unseen alert at least as grave is here already: its steps tell staff, so no second ones are set."""
    graver = TIERS[: TIERS.index(alert.tier) + 1]
    open_ = (
        Alert.conversation_id == alert.conversation_id,
        Alert.seen_at.is_(None),
        Alert.closed_at.is_(None),
        Alert.tier.in_(graver),
    )
    return session.scalars(select(Alert.id).where(*open_).limit(1)).first() is not None


YES, NO = "flag_yes", "flag_no"
BUTTONS = (YES, NO)
FLAGGED = (
    "red_flag"  # the note on a message that raised an alert, by itself or with the yes that came after it
)
ASKED = "asked"  # on a message whose answer waits for the reply
REPLIED = "asked_reply"  # on a reply that needs no answer of its own
_ASKED = "asked_if_urgent"
_LATELY = 10  # messages back to which a bare yes or no may refer
_YES = r"(?:yes|yeah|yep|yup|y|ya|si)"
_SAYS_YES = re.compile(rf"^\W*(?:{_YES}|it is|i am|right now|now|happening now)\b", re.IGNORECASE)
_SAYS_NO = re.compile(
    r"^\W*(?:no|nope|nah|not now|not really|no it is ?n[o']?t|it'?s not|n)(?: thanks?| thank you)?\W*$",
    re.IGNORECASE,
)
#: Not only a message that begins with yes, but one that says nothing else; and one that speaks of now.
_BARE_YES = re.compile(rf"^\W*{_YES}(?:\W+(?:it is|i am|please|{_YES}))*\W*$", re.IGNORECASE)
_YES_NOW = re.compile(
    rf"^\W*{_YES}(?:\W+(?:it|is|it'?s|i|am|i'?m|happening|right|just))*\W+now\W*$", re.IGNORECASE
)
#: A message with a line that ends in a question mark, or a button that answers one.
_ASKS = re.compile(r"\?\s*$", re.MULTILINE)
_ANSWERS = {"affirm", "deny"}

#: Photographs, stickers and commands are no reply. Made once: making a statement costs as much as running it.
_BEFORE = (
    select(Inbound)
    .where(
        Inbound.conversation_id == bindparam("conversation"),
        Inbound.id < bindparam("id"),
        Inbound.kind.in_(("text", "choice")),
    )
    .order_by(Inbound.id.desc())
    .limit(1)
)
_NEWEST = (
    select(Event)
    .where(Event.conversation_id == bindparam("conversation"), Event.kind == _ASKED)
    .order_by(Event.id.desc())
    .limit(1)
)


@dataclass(frozen=True)
class Question:
    """What was asked of the patient: about which message, and what was seen in it."""

    about: Inbound
    finding: Finding


def ask(session: Session, conversation: Conversation, inbound: Inbound, finding: Finding) -> None:
    """Say what to do if it is an emergency, and ask whether it is. The ordinary answer waits for the reply."""
    choices = [{"key": key, "label": text(f"conversation.buttons.{key}")} for key in BUTTONS]
    add_message(
        session,
        conversation,
        "system",
        text("conversation.urgent.is_it_now", reply=clinic().fill(finding.reply)),
        choices=choices,
        urgent=True,
        inbound_id=inbound.id,
        answer_id="ask:" + "+".join(finding.flags),
    )
    kept = {**asdict(finding), "flags": list(finding.flags), "inbound": inbound.id}
    session.add(Event(conversation_id=conversation.id, kind=_ASKED, actor="red flags", data=kept))


def asked(session: Session, conversation: Conversation, inbound: Inbound) -> Question | None:
    """The newest question whether it is happening now, if ``inbound`` may be meant as a reply to it.

    The next message always may be, and so may the question's own buttons, whatever came between. A typed yes or no
    may be one later too, if it says nothing else and nothing else was asked since; a doubt counts for the emergency.
    A yes closes the question; whoever said no may still say yes.
    """
    before = session.scalars(_BEFORE, {"conversation": conversation.id, "id": inbound.id}).first()
    at_once = before is not None and before.note == ASKED
    pressed = inbound.choice in BUTTONS
    if not (at_once or pressed or (inbound.choice is None and _is_bare(inbound.text))):
        return None
    kept = session.scalars(_NEWEST, {"conversation": conversation.id}).first()
    about = session.get(Inbound, kept.data["inbound"]) if kept else None
    if kept is None or about is None or about.note == FLAGGED:
        return None
    if not (at_once or pressed or _still_stands(session, conversation, about, inbound)):
        return None
    seen = {name: kept.data[name] for name in ("tier", "reply", "raised_by", "score") if name in kept.data}
    return Question(about, Finding(tuple(kept.data["flags"]), **seen))


def was_asked(session: Session, conversation: Conversation) -> bool:
    """Whether it was ever asked here; then its buttons are never too old to be pressed."""
    return session.scalars(_NEWEST, {"conversation": conversation.id}).first() is not None


def take_reply(question: Question, inbound: Inbound) -> Finding | None:
    """Take ``inbound`` as the reply: the red flag if it is a yes, which ``answer`` then has to answer.

    Anything else lets the message that was asked about get its ordinary answer after all, once.
    """
    about = question.about
    if says_yes(inbound):
        end(about, FLAGGED)  # its ordinary answer, if it still waits for one, is not given any more
        return question.finding
    if about.note == ASKED:
        reopen(about, "asked_no")
    return None


def says_yes(inbound: Inbound) -> bool:
    """Whether a reply to that question means yes."""
    return inbound.choice == YES or (inbound.choice is None and bool(_SAYS_YES.search(inbound.text)))


def only_says_no(inbound: Inbound) -> bool:
    """Whether a reply is a bare no, which needs no answer of its own."""
    return inbound.choice == NO or (inbound.choice is None and bool(_SAYS_NO.search(inbound.text)))


def _is_bare(text: str) -> bool:
    return any(pattern.search(text) for pattern in (_BARE_YES, _YES_NOW, _SAYS_NO))


def _still_stands(session: Session, conversation: Conversation, about: Inbound, inbound: Inbound) -> bool:
    """Whether a typed yes or no may refer to the question although other messages came between."""
    asked_at = (
        select(Message.seq)
        .where(Message.inbound_id == about.id, Message.answer_id.startswith("ask:"))
        .limit(1)
    )
    seq = session.scalars(asked_at).first()
    if seq is None or inbound.seq - seq > _LATELY:
        return False
    if _YES_NOW.search(inbound.text):
        return True  # the question's own word: it is clear which one is meant
    since = select(Message).where(
        Message.conversation_id == conversation.id, Message.seq > seq, Message.sender != "patient"
    )
    return not any(
        _ASKS.search(message.text) or any(choice["key"] in _ANSWERS for choice in message.choices)
        for message in session.scalars(since)
    )


def wording(finding: Finding, at: datetime, *, held: bool = False) -> str:
    """The urgent message: the reply of the rule, then who has been told and when they read it.

    Args:
        at: the moment, an aware time; it decides whether the clinic is open.
        held: a staff member is in the conversation.
    """
    place = clinic()
    if held:
        told = text("conversation.urgent.marked")
    elif place.is_open(at):
        told = text("conversation.urgent.told")
    else:
        told = text("conversation.urgent.closed", opening=place.opening_text(at))
    return f"{place.fill(finding.reply)}\n\n{told}"
