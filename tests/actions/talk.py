"""A patient's words as Rasa hands them to the actions: the real context finder, an intent as the classifier may misread it."""

from __future__ import annotations

from typing import Any

from actions.answer import ActionAnswer, ActionFollowUp
from actions.fallback import ActionFallback
from actions.handoff import ActionHandOff
from actions.privacy import ActionYesNo
from actions.self_check import ActionBeginCheck
from bot.store.models import Alert
from bot.understanding.situation import find_context
from tests.actions.conftest import Patient

_ACTIONS = {
    "nlu_fallback": ActionFallback,
    "ask_more": ActionFollowUp,
    "ask_repeat": ActionFollowUp,
    "ask_sources": ActionFollowUp,
    "affirm": ActionYesNo,
    "deny": ActionYesNo,
    "check_symptoms": ActionBeginCheck,
    "talk_to_staff": ActionHandOff,
}


def tell(patient: Patient, text: str, intent: str) -> dict[str, Any]:
    """What is said to ``text`` when the classifier takes it for ``intent``; several messages as one."""
    found = find_context("" if text.startswith("/") else text)
    patient.slots |= found.facts
    entities = [{"entity": key, "value": value} for key, value in found.facts.items()]
    patient.writes(text, intent, entities=entities, mentions=found.mentions, elliptical=found.elliptical)
    said = patient.hears(_ACTIONS.get(intent, ActionAnswer)())
    return {
        "answer": said[0]["answer"] if said else None,
        "text": "\n\n".join(message["text"] for message in said),
        "choices": [choice["key"] for message in said for choice in message["choices"]],
    }


def flag(patient: Patient, text: str, *flags: str, **rest: Any) -> None:
    """A message that raises red flags: the front door answers it, and Rasa never sees it."""
    events = list(patient.events)
    patient.writes(text, None)
    patient.events = events
    assert patient.store
    with patient.store.write() as session:
        session.add(
            Alert(
                conversation_id=patient.id,
                inbound_id=patient.inbound_id,
                flags=list(flags),
                tier="emergency",
                seq=1,
                **rest,
            )
        )
