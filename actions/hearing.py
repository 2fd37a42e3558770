"""A reply to somebody who tells something begins with one reviewed clause that takes it up
(``assistant.heard``).

What was told is read in ``bot/understanding/told.py``; the first row of ``CLAUSES`` that finds something new
is said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from actions import teaching
from actions.reply import Reply
from actions.state import State
from bot.content.texts import table, text
from bot.understanding.told import EVERYTHING

#: Rows of the policy that answer a question or a story. Others say what stands, or carry something out.
ANSWERS = frozenset(
    {
        "situation_of_topic",
        "follow_up",
        "tells_on",
        "in_context",
        "beside_topic",
        "asks_if_rls",
        "tried_already",
        "out_of_scope",
        "story",
        "worse_without_medicine",
        "topic",
        "situation_noted",
        "did_you_mean",
        "not_understood",
    }
)


def in_words(name: str, keys: list[str]) -> str:
    """The words for some keys, as one reads them: "walking, a warm bath and cold"."""
    return teaching.listed([table(f"assistant.heard.{name}")[key] for key in keys])


def _tried(state: State) -> str:
    steps = state.turn.told.get("tried", [])
    if EVERYTHING in steps:
        return text("assistant.heard.tried_everything")
    return text("assistant.heard.tried", steps=in_words("steps", steps)) if steps else ""


def _birth(state: State) -> str:
    found = state.turn.told.get("births")
    return text("assistant.heard.birth", which=in_words("births", found[:1])) if found else ""


def _person(state: State) -> str:
    """Whom it is about, if they are asked for, with their age and what they have."""
    told = state.turn.told
    if state.turn.heard.get("subject") not in ("child", "other") or "person" not in told:
        return ""
    whom = text("assistant.heard.whom", person=told["person"][0])
    if "age" in told and "illnesses" in told:
        illness = in_words("illnesses", told["illnesses"])
        return text("assistant.heard.person_age_illness", whom=whom, age=told["age"][0], illness=illness)
    if "illnesses" in told:
        return text(
            "assistant.heard.person_illness", whom=whom, illness=in_words("illnesses", told["illnesses"])
        )
    if "age" in told:
        return text("assistant.heard.person_age", whom=whom, age=told["age"][0])
    return text("assistant.heard.person", whom=whom)


def _pattern(state: State) -> str:
    """When it comes and where it is felt, where that is not the usual evening in both legs."""
    early, places = state.turn.told.get("early", [])[:1], state.turn.told.get("places", [])
    if early and places:
        where, when = in_words("places", places), in_words("early", early)
        return text("assistant.heard.early_and_places", when=when, where=where)
    if early:
        return text("assistant.heard.when", when=in_words("early", early))
    return text("assistant.heard.where", where=in_words("places", places)) if places else ""


def _illness(state: State) -> str:
    found = state.turn.told.get("illnesses")
    return text("assistant.heard.illness", illness=in_words("illnesses", found)) if found else ""


def _plain(name: str) -> Callable[[State], str]:
    """A clause without a place to fill in."""
    return lambda state: text(f"assistant.heard.{name}") if name in state.turn.told else ""


def _back_to_self(state: State) -> str:
    """It was about somebody else, and now is about the patient."""
    back = state.turn.heard.get("subject") == "self" and state.was("subject") in ("child", "other")
    return text("assistant.heard.self") if back else ""


CLAUSES: tuple[tuple[str, Callable[[State], str]], ...] = (
    ("tried", _tried),
    ("births", _birth),
    ("person", _person),
    ("self", _back_to_self),
    ("pattern", _pattern),
    ("illnesses", _illness),
    ("asked_already", _plain("asked_already")),
    ("nights", _plain("nights")),
    ("weary", _plain("weary")),
    ("afraid", _plain("afraid")),
    ("long", _plain("long")),
)


def taken_up(state: State, reply: Reply) -> Reply:
    """``reply``, begun with the first clause that fits and was not said before in this conversation."""
    said_before = list(state.tracker.get_slot("taken_up") or [])
    if state.turn.pressed or not reply.said:
        return reply
    for name, clause in CLAUSES:
        words = clause(state)
        first = reply.said[0]
        if not words or words in said_before or _begins_alike(words, first.text):
            continue
        begun = replace(first, text=f"{words} {first.text}")
        slots = {**reply.slots, "taken_up": [*said_before, words]}
        return replace(reply, said=(begun, *reply.said[1:]), slots=slots, took_up=name)
    return reply


def _begins_alike(words: str, shown: str) -> bool:
    """Both would be sorry."""
    return words.split()[:3] == shown.split()[:3]
