"""Everything that a decision may depend on: the message, what was said before it, and how the conversation
stands."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rasa_sdk import Tracker
from sqlalchemy.orm import Session

from actions.say import last_said, said_lately
from actions.turn import Turn, contexts
from bot.content.answers import TEACHING, Answer, answers
from bot.content.clinic import clinic
from bot.content.facets import FacetText, facets
from bot.store.engine import store
from bot.store.models import Conversation, Inbound
from bot.understanding.thresholds import SURE

#: At least this sure: what a message asks for decides which text is said.
FACET = 0.4
#: The same for a message that names its subject itself, where the whole topic is the other choice.
FACET_ALONE = 0.7
#: The facet of what is told and not asked, and how sure of it one must be.
TELLS, TOLD = "tells", 0.5
#: The turns in which the same answer is not said again.
SAME = 8
#: What is said of the clinic is no subject that a later "it" means.
NO_TOPIC = frozenset({"ask_clinic", "ask_cost"})


@dataclass(frozen=True)
class Stored:
    """What our own database knows of the conversation as this message is answered.

    A red flag is none of it: the front door reads each message against those that stand before it comes here.

    Args:
        mode: as in ``bot.store.modes``.
    """

    mode: str = "assistant"


@dataclass(frozen=True)
class State:
    """What ``actions/policy.py`` decides by."""

    turn: Turn
    tracker: Tracker
    stored: Stored

    @cached_property
    def line(self) -> Answer | None:
        """The answer or line of the message's own intent."""
        return answers().get(self.turn.intent or "")

    @cached_property
    def teaches(self) -> bool:
        """Whether the message's own intent is a topic."""
        return self.line is not None and self.line.group in TEACHING

    @cached_property
    def topic(self) -> Answer | None:
        """The topic that was answered last, which a follow-up is about."""
        found = answers().get(self.tracker.get_slot("topic") or "")
        return found if found and found.group in TEACHING else None

    @cached_property
    def before(self) -> str | None:
        """The id of what was said last."""
        return last_said(self.tracker)

    def said_lately(self, words: str) -> bool:
        """Whether ``words`` were said in the last replies, word for word."""
        return clinic().fill(words.strip()) in said_lately(self.tracker, SAME)

    @property
    def offer(self) -> str:
        """What the line said last offers to do at a "yes", by the mark that its author put on it."""
        line = answers().get(self.before or "")
        return line.offers if line else ""

    @cached_property
    def known(self) -> list[str]:
        """The situations known of the person, told in earlier messages or in this one."""
        return contexts(self.tracker)

    @cached_property
    def situation(self) -> list[str]:
        """The same, and what this message names only in passing."""
        return list(dict.fromkeys([*self.known, *self.turn.facts]))

    @cached_property
    def tried(self) -> list[str]:
        """What the patient said they had tried, in earlier messages or in this one: keys of ``told.yml``."""
        return list(
            dict.fromkeys([*(self.tracker.get_slot("tried") or []), *self.turn.told.get("tried", [])])
        )

    def was(self, slot: str) -> Any:
        """What a slot held before this message."""
        value, held = None, None
        for event in self.tracker.events:
            if event.get("event") == "user":
                held = value
            elif event.get("event") == "slot" and event.get("name") == slot:
                value = event.get("value")
        return held

    @property
    def sure(self) -> bool:
        """Whether the intent is so sure that nothing but a trained part may choose otherwise."""
        return self.turn.confidence >= SURE

    @property
    def misses(self) -> float:
        return float(self.tracker.get_slot("misses") or 0.0)

    @property
    def facet(self) -> str | None:
        """What a follow-up asks for, if that is clear."""
        return self.turn.facet if self.turn.facet_confidence >= FACET and not self.tells else None

    @property
    def tells(self) -> bool:
        """Whether the message tells something and asks nothing."""
        return self.turn.facet == TELLS and self.turn.facet_confidence >= TOLD and not self.turn.pressed

    def cell(self, topic: str, facet: str | None) -> FacetText | None:
        """The reviewed text for a facet of a topic."""
        return facets()[topic].facets.get(facet or "") if topic in facets() else None


async def look_up(turn: Turn) -> Stored:
    """What is stored of the conversation; outside the front door nothing is."""
    if turn.inbound_id is None:
        return Stored()

    def look() -> Stored:
        with store().read() as session:
            return _look(session, turn)

    return await asyncio.to_thread(look)


def _look(session: Session, turn: Turn) -> Stored:
    inbound = session.get(Inbound, turn.inbound_id)
    conversation = session.get(Conversation, turn.conversation_id)
    if inbound is None or conversation is None or inbound.conversation_id != conversation.id:
        return Stored()
    return Stored(conversation.mode)
