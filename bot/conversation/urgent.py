"""Answering a red flag: what to do now, that staff were told, and the conversation on top of their queue."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bot.clock import now
from bot.content.answers import answers
from bot.content.clinic import clinic
from bot.content.texts import text
from bot.conversation import replies, standing
from bot.conversation.inbox import end
from bot.conversation.messages import add_message
from bot.safety import Finding
from bot.safety.flags import TIERS
from bot.settings import settings
from bot.store.models import Alert, Conversation, Event, Inbound, Message
from bot.store.modes import BY_STAFF_ONLY, change_mode

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
    _raise(session, conversation, inbound, finding, message.seq)
    conversation.reset_brain = True  # a running form or self-check stops here
    change_mode(
        session,
        conversation,
        "hand_over",
        actor="red flags",
        reason="red_flag",
        data={"flags": list(finding.flags)},
    )


def is_news(finding: Finding, alerts: Sequence[Alert]) -> bool:
    """Whether a flag is new here, graver than it was, or has come back after staff or the patient took it
    for settled.

    Args:
        alerts: those of the conversation that are open, the eased ones too.
    """
    known = {flag for alert in alerts for flag in alert.flags}
    if not set(finding.flags) <= known:
        return True
    return bool(_to_raise(finding, alerts))


def _to_raise(finding: Finding, alerts: Sequence[Alert]) -> list[Alert]:
    return [
        alert
        for alert in alerts
        if set(alert.flags) & set(finding.flags)
        and (
            alert.state == "eased"
            or alert.acted_at is not None
            or (finding.flags[0] in alert.flags and TIERS.index(finding.tier) < TIERS.index(alert.tier))
        )
    ]


def _raise(
    session: Session, conversation: Conversation, inbound: Inbound, finding: Finding, seq: int
) -> None:
    """One row a flag: new ones get theirs, known ones become graver or are noted as said again."""
    open_ = standing.open_flags(session, conversation.id)
    known = {flag for alert in open_ for flag in alert.flags}
    for alert in _to_raise(finding, open_):
        standing.raise_again(
            session, alert, inbound, finding.raised_by or "rule", tier=finding.tier, score=finding.score
        )
    new = [flag for flag in finding.flags if flag not in known]
    if not new:
        return
    alert = Alert(
        conversation_id=conversation.id,
        inbound_id=inbound.id,
        flags=new,
        raised_by=finding.raised_by[:_CAUSE_CHARACTERS] or None,
        score=finding.score,
        tier=finding.tier,
        seq=seq,
    )
    session.add(alert)
    session.flush()
    standing.climb(session, alert, settings().alert_steps, since=alert.raised_at)


YES, NO = "flag_yes", "flag_no"
BUTTONS = (YES, NO)
FLAGGED = (
    "red_flag"  # the note on a message that raised an alert, by itself or with the yes that came after it
)
REPLIED = "asked_reply"  # on a reply that needs no answer of its own
_ASKED = "asked_if_urgent"
_LATELY = 10  # messages back to which a bare yes or no may refer
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
    """Say what to do if it is an emergency, and ask whether it is. The ordinary answer follows as ever."""
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

    The next message always may be, and so may the question's own buttons, whatever came between. A typed yes
    or no may be one later too, if it says nothing else and nothing else was asked since; a doubt counts for
    the emergency. A yes closes the question; whoever said no may still say yes.
    """
    kept = session.scalars(_NEWEST, {"conversation": conversation.id}).first()
    if kept is None:
        return None
    before = session.scalars(_BEFORE, {"conversation": conversation.id, "id": inbound.id}).first()
    at_once = before is not None and before.id == kept.data["inbound"]
    pressed = inbound.choice in BUTTONS
    if not (at_once or pressed or (inbound.choice is None and _is_bare(inbound.text))):
        return None
    about = session.get(Inbound, kept.data["inbound"])
    if about is None or about.note == FLAGGED:
        return None
    if not (at_once or pressed or _still_stands(session, conversation, about, inbound)):
        return None
    seen = {name: kept.data[name] for name in ("tier", "reply", "raised_by", "score") if name in kept.data}
    return Question(about, Finding(tuple(kept.data["flags"]), **seen))


def was_asked(session: Session, conversation: Conversation) -> bool:
    """Whether it was ever asked here; then its buttons are never too old to be pressed."""
    return session.scalars(_NEWEST, {"conversation": conversation.id}).first() is not None


def take_reply(question: Question, inbound: Inbound) -> Finding | None:
    """Take ``inbound`` as the reply: the red flag if it is a yes, which ``answer`` then has to answer."""
    if not says_yes(inbound):
        return None
    end(question.about, FLAGGED)  # its ordinary answer, if it still waits for one, is not given any more
    return question.finding


def flags_asked(session: Session, inbound_id: int) -> tuple[str, ...]:
    """The flags that the patient was asked about at this very message, if any."""
    asked_at = (
        select(Message.answer_id)
        .where(Message.inbound_id == inbound_id, Message.answer_id.startswith("ask:"))
        .limit(1)
    )
    found = session.scalars(asked_at).first()
    return tuple(found.removeprefix("ask:").split("+")) if found else ()


def take_no(session: Session, conversation: Conversation, inbound: Inbound, question: Question) -> None:
    """A bare no needs no more than a word; while staff hold the conversation they have it before their
    eyes."""
    if conversation.mode == "staff":
        return
    crisis = bool(BY_STAFF_ONLY & set(question.finding.flags))
    line = answers()["after_r7_gone" if crisis else "after_not_now"]
    words = clinic().fill(line.text)
    add_message(session, conversation, "assistant", words, inbound_id=inbound.id, answer_id=line.id)


def says_yes(inbound: Inbound) -> bool:
    """Whether a reply to that question means yes."""
    return inbound.choice == YES or (inbound.choice is None and replies.begins_yes(inbound.text))


def only_says_no(inbound: Inbound) -> bool:
    """Whether a reply is a bare no, which needs no answer of its own."""
    return inbound.choice == NO or (inbound.choice is None and replies.is_bare_no(inbound.text))


def _is_bare(text: str) -> bool:
    return replies.is_bare_yes(text) or replies.is_yes_now(text) or replies.is_bare_no(text)


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
    if replies.is_yes_now(inbound.text):
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
