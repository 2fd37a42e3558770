"""Answering a red flag: what to do now, that staff were told, and the conversation on top of their queue."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bot.clinic import clinic
from bot.conversation.lines import add_line
from bot.safety import Finding
from bot.settings import settings
from bot.store.models import Alert, Conversation, Event, Inbound, Timer, now
from bot.store.modes import change_mode


def answer(session: Session, conversation: Conversation, inbound: Inbound, finding: Finding) -> None:
    """Store the urgent text and the alert in the caller's transaction."""
    held = conversation.mode == "staff"
    line = add_line(
        session,
        conversation,
        "system",
        text(finding, now(), held=held),
        urgent=True,
        inbound_id=inbound.id,
        answer_id="+".join(finding.flags),
    )
    alert = Alert(
        conversation_id=conversation.id,
        inbound_id=inbound.id,
        flags=list(finding.flags),
        tier=finding.tier,
        seq=line.seq,
    )
    session.add(alert)
    session.flush()
    for minutes in settings().alert_steps:
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
    change_mode(session, conversation, "hand_over", actor="red flags", reason="red_flag", data={"flags": list(finding.flags)})


YES, NO = "flag_yes", "flag_no"
_BEFORE = (
    select(Inbound)
    .where(Inbound.conversation_id == bindparam("conversation"), Inbound.id < bindparam("id"))
    .order_by(Inbound.id.desc())
    .limit(1)
)
ASKED = "asked"  # the note on a message whose answer waits for the reply
_ASKED = "asked_if_urgent"
_CHOICES = ({"key": YES, "label": "Yes, now"}, {"key": NO, "label": "No"})
_SAYS_YES = re.compile(r"^\W*(?:yes|yeah|yep|yup|y|it is|i am|right now|now|happening now|ya|si)\b", re.IGNORECASE)
_SAYS_NO = re.compile(r"^\W*(?:no|nope|nah|not now|not really|no it is ?n[o']?t|it'?s not|n)(?: thanks?| thank you)?\W*$", re.IGNORECASE)


def ask(session: Session, conversation: Conversation, inbound: Inbound, finding: Finding) -> None:
    """Show what to do if it is an emergency and ask whether it is happening now; the answer waits for the reply."""
    words = f"I want to be sure that you are safe.\n\n{clinic().fill(finding.reply)}\n\nIs this happening now?"
    add_line(
        session,
        conversation,
        "system",
        words,
        choices=_CHOICES,
        urgent=True,
        inbound_id=inbound.id,
        answer_id="ask:" + "+".join(finding.flags),
    )
    kept = {"inbound": inbound.id, "flags": list(finding.flags), "tier": finding.tier, "reply": finding.reply}
    session.add(Event(conversation_id=conversation.id, kind=_ASKED, actor="red flags", data=kept))


def asked(session: Session, conversation: Conversation, inbound: Inbound) -> tuple[Inbound, Finding] | None:
    """The message before this one with what was seen in it, if the patient was asked whether it is happening now."""
    before = session.scalars(_BEFORE, {"conversation": conversation.id, "id": inbound.id}).first()
    if before is None or before.note != ASKED:
        return None
    kept = session.scalars(
        select(Event).where(Event.conversation_id == conversation.id, Event.kind == _ASKED).order_by(Event.id.desc()).limit(1)
    ).one()
    return before, Finding(tuple(kept.data["flags"]), kept.data["tier"], kept.data["reply"])


def says_yes(inbound: Inbound) -> bool:
    """Whether a reply to that question means yes."""
    return inbound.choice == YES or (inbound.choice is None and bool(_SAYS_YES.search(inbound.text)))


def only_says_no(inbound: Inbound) -> bool:
    """Whether a reply is a bare no, which needs no answer of its own."""
    return inbound.choice == NO or (inbound.choice is None and bool(_SAYS_NO.search(inbound.text)))


def go_on(inbound: Inbound) -> None:
    """It is not happening now: the message that was asked about gets its ordinary answer after all."""
    inbound.state, inbound.done_at, inbound.note = "pending", None, "asked_no"


def text(finding: Finding, at: datetime, *, held: bool = False) -> str:
    """The urgent line: the reply of the rule, then who has been told and when they read it."""
    place = clinic()
    if held:
        told = "I have also marked this as urgent for the staff member in this chat."
    elif place.is_open(at):
        told = f"I have also told the clinic staff. Please do not wait for them. You can call the clinic at [{place.phone}]({place.phone_href})."
    else:
        told = f"The clinic is closed. Nobody there will read this before {place.opening_text(at)}, so please do not wait for a reply."
    return f"{place.fill(finding.reply)}\n\n{told}"
