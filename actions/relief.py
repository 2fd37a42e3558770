"""Rows of the policy for somebody who has tried what would be advised: only what is left is said."""

from __future__ import annotations

from actions.reply import Reply, Said
from actions.state import State
from actions.turn import FALLBACK
from bot.content.answers import answers
from bot.understanding.told import EVERYTHING, told_words

#: Topics that advise the steps of ``told.yml``; of these, the ones that advise nearly all of them.
_STEPS = frozenset({"ask_massage_bath", "ask_distraction", "ask_exercise", "ask_home_remedies"})
_ALL_STEPS = frozenset({"ask_relief_tonight", "ask_lifestyle"})
#: What "I have tried that" may be taken for beside a question about relief.
_MAY_TELL = frozenset(
    {
        FALLBACK,
        None,
        "out_of_scope_other",
        "out_of_scope_medical",
        "ask_more",
        "rate_unhelpful",
        "complain",
        "affirm",
        "deny",
        "show_topics",
        "ask_repeat",
        "ask_treatment",
    }
)
_AT_ONCE = 3  # steps


def tried_already(state: State) -> bool:
    """Relief is asked for, and some of the steps were tried."""
    turn = state.turn
    if turn.pressed or not state.tried:
        return False
    if turn.intent in _ALL_STEPS:
        return True
    now = bool(turn.told.get("tried"))
    on_relief = state.topic is None or state.topic.id in _STEPS | _ALL_STEPS
    return now and (turn.intent in _STEPS or (turn.intent in _MAY_TELL and on_relief))


def what_is_left(state: State) -> Reply:
    """The steps that were not tried, or what a clinician can do when there are none."""
    left = [key for key in told_words().steps if key not in state.tried]
    if EVERYTHING in state.tried or not left or state.before == "steps_left":
        left = []
    line = answers()["steps_left" if left else "steps_done"]
    texts = [line.text, *(answers()[f"step_{key}"].text for key in left[:_AT_ONCE])]
    shown = " ".join(texts) if left else line.text
    if state.before == line.id:
        shown = line.variants[0]
    said = Said(shown, answers().choices(line.follow_ups), answers().links(line), line.id)
    return Reply((said,), {"misses": 0.0, "topic": "ask_relief_tonight", "tried": state.tried})
