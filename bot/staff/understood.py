"""What the assistant understood of a message and why it answered so, from the log of its turns."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.content.answers import FLOWS, answers
from bot.staff import labels
from bot.store.models import Inbound, TurnLog

_UNSURE = 0.6  # below this, staff are told that the assistant was not sure
_ALTERNATIVES = 3


@dataclass(frozen=True)
class Guess:
    """A topic and how sure the model was, 0 to 1; ``None`` if that was not kept."""

    intent: str
    confidence: float | None

    @property
    def title(self) -> str:
        """The topic in plain words, or nothing if there are none for it."""
        if self.intent in FLOWS:
            return FLOWS[self.intent]
        return answers()[self.intent].title if self.intent in answers() else ""

    @property
    def percent(self) -> str:
        return f"{self.confidence:.0%}" if self.confidence is not None else "?"

    @property
    def unsure(self) -> bool:
        return self.confidence is not None and self.confidence < _UNSURE


@dataclass(frozen=True)
class Understood:
    """One action of the assistant, with what led to it. What was not kept (older turns) is empty.

    Args:
        best: the topic that was taken; ``None`` if the assistant knew none.
        others: the next likeliest topics.
        decided_by: what chose the action, in plain words; ``rule`` is the rule's own name.
        read_as: the message as it was read, if its spelling was corrected.
        leaned_on: the earlier topic that the message was taken to go on about.
        facts: what was heard of the person, each with ``yes``, ``no`` or ``mentioned`` in plain words.
        answer: the answer that was given, with its version.
        action: the name of the Rasa action.
        model: the name of the trained model.
    """

    best: Guess | None
    others: Sequence[Guess]
    decided_by: str
    rule: str
    read_as: str
    leaned_on: Guess | None
    facts: Sequence[tuple[str, str]]
    answer: str
    action: str
    model: str


def read_understood(session: Session, inbound_ids: Collection[int]) -> dict[int, list[Understood]]:
    """What was understood, by the inbox row of the message, in the order in which the actions ran."""
    found: dict[int, list[Understood]] = {}
    rows = session.execute(
        select(TurnLog, Inbound.text)
        .join(Inbound, Inbound.id == TurnLog.inbound_id)
        .where(TurnLog.inbound_id.in_(inbound_ids))
        .order_by(TurnLog.inbound_id, TurnLog.ordinal, TurnLog.id)
    )
    for turn, written in rows:
        found.setdefault(turn.inbound_id, []).append(_understood(turn, written))
    return found


def _understood(turn: TurnLog, written: str) -> Understood:
    others = [Guess(intent, confidence) for intent, confidence in turn.runners_up if intent != turn.intent]
    version = labels.version(turn.answer_version) if turn.answer_version else ""
    facts = turn.facts or {}
    return Understood(
        best=Guess(turn.intent, turn.confidence) if turn.intent else None,
        others=others[:_ALTERNATIVES],
        decided_by=labels.decision(turn.decided_by or ""),
        rule=turn.decided_by or "",
        read_as=turn.read_as or "" if _plain(turn.read_as) != _plain(written) else "",
        leaned_on=Guess(turn.leaned_on, None) if turn.leaned_on else None,
        facts=[(labels.situation(name), labels.heard(str(value))) for name, value in facts.items()],
        answer=" ".join(part for part in (turn.answer_id, version) if part) if turn.answer_id else "",
        action=turn.action,
        model=turn.model or "",
    )


def _plain(text: str | None) -> str:
    """A text as it is compared: capitals, spaces and marks at its ends are no correction worth showing."""
    return " ".join((text or "").lower().replace("’", "'").split()).strip(" .,!?")
