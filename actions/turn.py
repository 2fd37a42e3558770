"""What an action needs to know of the turn it runs in, read from Rasa's tracker in one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rasa_sdk import Tracker

from bot.content.answers import CONTEXTS
from bot.understanding.clauses import asks, parts

FALLBACK = "nlu_fallback"
#: At least this sure: the fact about the clinic that is asked for is said alone.
FACT = 0.35


@dataclass(frozen=True)
class Turn:
    """One message of the patient as Rasa understood it.

    Args:
        leans: the probability that it leans on what came before.
        facet: what it asks for (``data/facets.yml``), with its confidence; ``None`` for a pressed button.
        read_as: the text as the classifier read it, its spelling corrected.
        heard: what was heard of the person: situation -> yes, no or mentioned.
        clinic_fact, clinic_fact_also: the facts about the clinic that it asks for, if that is clear.
        rest: the intents of a third and further questions.
        medicines: those that it names and that have a row, rightly spelt, from left to right.
        in_context: the likeliest intent if it is read after the name of the last topic, with its confidence.
        told: what it tells of their trouble, as ``bot.understanding.told`` gives it.
    """

    text: str
    intent: str | None
    confidence: float
    ranking: tuple[tuple[str, float], ...]
    also: str | None
    elliptical: bool
    inbound_id: int | None
    conversation_id: str
    channel: str
    model: str | None
    pressed: bool
    leans: float = 0.0
    facet: str | None = None
    facet_confidence: float = 0.0
    read_as: str = ""
    heard: dict[str, str] = field(default_factory=dict)
    told: dict[str, list[str]] = field(default_factory=dict)
    medicines: tuple[str, ...] = ()
    clinic_fact: str | None = None
    clinic_fact_also: str | None = None
    in_context: tuple[str, float] = ("", 0.0)
    rest: tuple[str, ...] = ()

    @property
    def facts(self) -> list[str]:
        """Situations that this message names, as facts or only in passing."""
        return [key for key, value in self.heard.items() if value in ("yes", "mentioned")]


def read_turn(tracker: Tracker) -> Turn:
    """The latest message of ``tracker``. Outside the front door (``rasa shell``) there is no inbound id."""
    message = tracker.latest_message or {}
    metadata = message.get("metadata") or {}
    intent = message.get("intent") or {}
    inbound = metadata.get("inbound_id")
    text = message.get("text") or ""
    # Rasa writes its model's id on the events, not on the message.
    models = (
        str(id_)
        for event in reversed(tracker.events or [])
        if (id_ := (event.get("metadata") or {}).get("model_id"))
    )
    ranking = tuple(
        (row["name"], float(row.get("confidence") or 0.0))
        for row in message.get("intent_ranking") or []
        if row.get("name") and row["name"] != FALLBACK
    )
    return Turn(
        text=text,
        intent=intent.get("name"),
        confidence=float(intent.get("confidence") or 0.0),
        ranking=ranking,
        also=(message.get("also") or {}).get("name"),
        elliptical=bool(message.get("elliptical")),
        inbound_id=inbound if isinstance(inbound, int) else None,
        conversation_id=tracker.sender_id,
        channel=str(metadata.get("channel") or ""),
        model=next(models, None),
        pressed=text.startswith("/"),
        leans=float(message.get("leans") or 0.0),
        facet=(message.get("facet") or {}).get("name"),
        facet_confidence=float((message.get("facet") or {}).get("confidence") or 0.0),
        read_as=str(message.get("read_as") or text),
        heard=_heard(message),
        told=message.get("told") or {},
        medicines=tuple(message.get("medicines") or ()),
        clinic_fact=_clinic_fact(message, "clinic_fact"),
        clinic_fact_also=_clinic_fact(message, "clinic_fact_also"),
        rest=tuple(message.get("rest") or ()),
        in_context=_in_context(message),
    )


def _heard(message: dict[str, Any]) -> dict[str, str]:
    said = {entity["entity"]: str(entity.get("value")) for entity in message.get("entities") or []}
    return said | {key: "mentioned" for key in message.get("mentions") or [] if said.get(key) != "yes"}


def _clinic_fact(message: dict[str, Any], field: str) -> str | None:
    found = message.get(field) or {}
    return found.get("name") if float(found.get("confidence") or 0.0) >= FACT else None


def _in_context(message: dict[str, Any]) -> tuple[str, float]:
    found = message.get("in_context") or {}
    return str(found.get("name") or ""), float(found.get("confidence") or 0.0)


def asks_something(words: str) -> bool:
    """Whether a message, or a part of it, is put as a question."""
    return "?" in words or any(asks(part) for part in [words, *parts(words)])


def contexts(tracker: Tracker) -> list[str]:
    """Who the patient said it is about, and what must be kept in mind: keys of
    ``bot.content.answers.CONTEXTS``."""
    known: dict[str, Any] = tracker.slots
    made = [key for key in CONTEXTS if known.get(key) == "yes"]
    subject = known.get("subject")
    return [*made, subject] if subject in ("child", "other") else made
