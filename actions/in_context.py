"""Rows of the policy for messages that say too little alone, and enough after the name of the last topic
("iron pills: they upset my stomach")."""

from __future__ import annotations

from actions import follow_up, teaching
from actions.reply import Reply
from actions.state import FACET_ALONE, State
from actions.turn import FALLBACK
from bot.content.answers import TEACHING, Answer, answers
from bot.understanding.thresholds import IN_CONTEXT, SURE, SURELY_ELSEWHERE


def _topic(state: State) -> Answer | None:
    name, confidence = state.turn.in_context
    found = answers().get(name)
    return found if found and found.group in TEACHING and confidence >= IN_CONTEXT else None


def read(state: State) -> bool:
    """Not read alone, or not surely read as something that is not ours; with the last topic before it one is clear."""
    turn = state.turn
    topic, alone = _topic(state), follow_up.guess(state)
    if turn.pressed or state.topic is None or topic is None:
        return False
    if alone and topic.id == state.topic.id != alone.id:
        return False  # alone another topic is likely
    if (turn.intent or "").startswith("out_of_scope"):
        return turn.confidence < SURELY_ELSEWHERE and turn.in_context[1] >= SURE
    return turn.intent in (FALLBACK, None)


def answer(state: State) -> Reply:
    """The facet that it asks for, or the topic in short; what is only told is taken up."""
    topic, turn = _topic(state), state.turn
    assert topic is not None and state.topic is not None
    same = topic.id == state.topic.id
    if state.tells and same:
        return follow_up.hear_on(state)
    own = teaching.part(state, topic.id, state.facet or "")
    if own is None and same and turn.facet_confidence >= FACET_ALONE and state.facet:
        return follow_up.answer(state)
    return teaching.taught(state, own or teaching.short(state, topic))
