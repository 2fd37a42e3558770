"""The half hour after a red flag: the assistant remembers it, whatever the patient says next.

The front door answers a flag without Rasa, so nothing of it stands in Rasa's tracker; the alert in the database does.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import timedelta

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.aspect import leans_on_flag
from actions.say import say, say_line
from actions.turn import FALLBACK, Turn
from bot.clock import now
from bot.content.answers import TEACHING, answers
from bot.store.engine import store
from bot.store.models import Alert, Conversation, Inbound, TurnLog

FOR = timedelta(minutes=30)
#: Said of a leg that may hold a clot or lack blood, these would do harm.
_HANDS_OFF = frozenset({"ask_massage_bath", "ask_compression", "ask_exercise"})
_LEG_FLAGS = frozenset({"R1", "R4"})
#: What is no question of its own. ``fallback`` and out of scope among them: after a flag nobody is told that restless legs are all we know.
_NO_QUESTION = frozenset(
    {
        "affirm",
        "deny",
        "thank",
        "goodbye",
        "stop",
        "complain",
        "rate_helpful",
        "rate_unhelpful",
        FALLBACK,
        None,
    }
    | {"out_of_scope_medical", "out_of_scope_other"}
)
#: A short remark ("im at home") is easily taken for a wish to see the topics; one who wishes that uses such a word.
_WANTS_TOPICS = re.compile(r"\b(?:help|topics?|menu|options?|list|what|which|start)\b", re.IGNORECASE)
_ASKS_ON = frozenset({"ask_more", "ask_repeat", "ask_sources"})


@dataclass(frozen=True)
class Standing:
    """How the conversation stands as this message is answered.

    Args:
        flags: those of the newest alert that is open and not old, the most urgent first.
        taught: whether a topic was answered since.
        mode: as in ``bot.store.modes``.
    """

    flags: tuple[str, ...] = ()
    taught: bool = False
    mode: str = "assistant"


async def standing(turn: Turn) -> Standing:
    """Looks it up; outside the front door nothing stands."""
    if turn.inbound_id is None:
        return Standing()

    def look() -> Standing:
        with store().read() as session:
            return _standing(session, turn)

    return await asyncio.to_thread(look)


def _standing(session: Session, turn: Turn) -> Standing:
    inbound = session.get(Inbound, turn.inbound_id)
    conversation = session.get(Conversation, turn.conversation_id)
    if inbound is None or conversation is None or inbound.conversation_id != conversation.id:
        return Standing()
    newest = select(Alert).where(Alert.conversation_id == conversation.id).order_by(Alert.id.desc()).limit(1)
    alert = session.scalars(newest).first()
    if alert is None or alert.closed_at is not None or now() - alert.raised_at > FOR:
        return Standing(mode=conversation.mode)
    said = select(TurnLog.answer_id).where(
        TurnLog.conversation_id == conversation.id, TurnLog.inbound_id > alert.inbound_id
    )
    since = [
        key for key in session.scalars(said) if key and key in answers() and answers()[key].group in TEACHING
    ]
    return Standing(tuple(alert.flags), bool(since), conversation.mode)


def after_flag(
    dispatcher: CollectingDispatcher, tracker: Tracker, turn: Turn, stands: Standing
) -> str | None:
    """Says what the flag still asks for, where the message is no question of its own; returns the line that was said."""
    if not stands.flags or f"after_{stands.flags[0].lower()}" not in answers():
        return None
    line = f"after_{stands.flags[0].lower()}"
    leg = next((flag for flag in stands.flags if flag in _LEG_FLAGS), None)
    if leg and turn.intent in _HANDS_OFF:
        lead, still = answers()["not_this_leg"], answers()[f"after_{leg.lower()}"]
        topic = answers()[str(turn.intent)]
        # Whoever presses the button once more has read the warning and means another leg.
        text = topic.chat if turn.pressed else still.text
        choices = answers().choices([*still.follow_ups, *([] if turn.pressed else [topic.id])])
        say(
            dispatcher,
            f"{lead.text}\n\n{text}",
            choices=choices,
            sources=answers().links(topic),
            answer_id=still.id,
        )
        return still.id
    if turn.pressed and turn.intent not in _NO_QUESTION:
        return None
    remark = turn.intent == "show_topics" and not turn.pressed and not _WANTS_TOPICS.search(turn.text)
    asks_on = not stands.taught and (turn.intent in _ASKS_ON or leans_on_flag(turn.text))
    if turn.intent in _NO_QUESTION or remark or asks_on:
        say_line(dispatcher, tracker, line)
        return line
    return None
