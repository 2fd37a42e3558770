"""What an action needs to know of the turn it runs in, read from Rasa's tracker in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rasa_sdk import Tracker

from bot.content.answers import CONTEXTS

FALLBACK = "nlu_fallback"


@dataclass(frozen=True)
class Turn:
    """One message of the patient as Rasa understood it."""

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
    )


def contexts(tracker: Tracker) -> list[str]:
    """Who the patient said it is about, and what must be kept in mind: keys of ``bot.content.answers.CONTEXTS``."""
    known: dict[str, Any] = tracker.slots
    made = [key for key in CONTEXTS if known.get(key) == "yes"]
    subject = known.get("subject")
    return [*made, subject] if subject in ("child", "other") else made
