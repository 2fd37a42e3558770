"""Answering a red flag: what to do now, that staff were told, and the conversation on top of their queue."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.clinic import clinic
from bot.conversation.lines import add_line
from bot.safety import Finding
from bot.settings import settings
from bot.store.models import Alert, Conversation, Inbound, Timer, now
from bot.store.modes import change_mode


def answer(session: Session, conversation: Conversation, inbound: Inbound, finding: Finding) -> None:
    """Store the urgent text and the alert in the caller's transaction."""
    held = conversation.mode == "staff"
    line = add_line(
        session, conversation, "system", text(finding, now(), held=held), urgent=True, inbound_id=inbound.id, answer_id="+".join(finding.flags)
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
