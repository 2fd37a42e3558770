"""A patient's words as Rasa hands them to the actions: read by the trained follow-up reader and the real
context finder.

The intent is given, as the classifier may misread it.
"""

from __future__ import annotations

import tarfile
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from actions.handoff import ActionHandOff
from actions.respond import ActionReply
from actions.self_check import ActionBeginCheck
from bot.rasa_server.training import MODEL
from bot.settings import ROOT
from bot.understanding.encoder import encoder
from bot.understanding.follow_up import FollowUpModel
from bot.understanding.intent_model import IntentModel
from bot.understanding.reading import prepared, read
from bot.understanding.situation import find_context
from bot.understanding.told import medicines_named, told
from tests.actions.conftest import Patient

_ACTIONS = {"check_symptoms": ActionBeginCheck, "talk_to_staff": ActionHandOff}


@cache
def _trained(kind: Any, file: str) -> Any:
    """A part of the trained Rasa model."""
    with tarfile.open(ROOT / "models" / f"{MODEL}.tar.gz") as tar, tempfile.TemporaryDirectory() as folder:
        name = next(name for name in tar.getnames() if Path(name).name == file)
        path = Path(folder) / file
        path.write_bytes(tar.extractfile(name).read())  # type: ignore[union-attr]
        return kind.load(path, encoder())


def follow_ups() -> FollowUpModel:
    """The follow-up reader of the trained Rasa model."""
    return _trained(FollowUpModel, "follow_up.npz")


def write(patient: Patient, text: str) -> dict[str, Any]:
    """What is said to ``text``, its intent read by the trained classifier too."""
    found = read(_trained(IntentModel, "intents.npz"), text)
    return tell(patient, text, found.intent, found.ranking[0][1], ranking=found.ranking)


def read_follow_up(text: str) -> dict[str, Any]:
    """What Rasa's component puts on a typed message; nothing on a pressed button."""
    if text.startswith("/"):
        return {}
    found = follow_ups().read(prepared(text))
    return {
        "leans": found.leans,
        "facet": {"name": found.facet, "confidence": found.confidence},
        "read_as": prepared(text),
    }


def tell(patient: Patient, text: str, intent: str, confidence: float = 0.95, **more: Any) -> dict[str, Any]:
    """What is said to ``text`` when the classifier takes it for ``intent``; several messages as one."""
    found = find_context("" if text.startswith("/") else text)
    patient.slots |= found.facts
    entities = [{"entity": key, "value": value} for key, value in found.facts.items()]
    parsed = {"entities": entities, "mentions": found.mentions, "elliptical": found.elliptical}
    parsed["told"] = {} if text.startswith("/") else told(text)
    parsed["medicines"] = [] if text.startswith("/") else medicines_named(text)
    patient.writes(text, intent, confidence, **parsed, **read_follow_up(text), **more)
    patient.events += [{"event": "slot", "name": key, "value": value} for key, value in found.facts.items()]
    said = patient.hears(_ACTIONS.get(intent, ActionReply)())
    return {
        "answer": said[0]["answer"] if said else None,
        "decided_by": said[0].get("decided_by") if said else None,
        "text": "\n\n".join(message["text"] for message in said),
        "choices": [choice["key"] for message in said for choice in message["choices"]],
    }
