"""Rows of the policy for the half hour after a red flag: the assistant remembers it, whatever the patient says next.

The front door answers a flag without Rasa, so nothing of it stands in Rasa's tracker; the alert in the database does.
"""

from __future__ import annotations

from actions.reply import Reply, Said, spoken
from actions.state import State
from actions.turn import FALLBACK
from bot.content.answers import answers
from bot.understanding.follow_up import LEANS

#: What is no question of its own. Out of scope among them: after a flag nobody is told that restless legs are all we know.
_NO_QUESTION = frozenset(
    {
        "affirm",
        "deny",
        "greet",
        "thank",
        "goodbye",
        "stop",
        "complain",
        "rate_helpful",
        "rate_unhelpful",
        "out_of_scope_medical",
        "out_of_scope_other",
        FALLBACK,
        None,
    }
)
#: What is asked of an emergency in general words.
_ABOUT_IT = frozenset({"why", "how_to_tell", "danger", "what_next", "who_gives", "how_much"})
_ASKS_ON = frozenset({"ask_more", "ask_repeat", "ask_sources"})


def _line(state: State) -> str | None:
    """The line that says again what the flag asks for; ``None`` where no flag stands."""
    if not state.stored.flags:
        return None
    name = f"after_{state.stored.flags[0].lower()}"
    return name if name in answers() else None


def _harming_flag(state: State) -> str | None:
    harms = state.line.harms_with_flags if state.line else []
    return next((flag for flag in state.stored.flags if flag in harms), None)


def would_harm(state: State) -> bool:
    """The advice that is asked for would do harm: rubbing a leg that may hold a clot."""
    return _line(state) is not None and _harming_flag(state) is not None


def hands_off(state: State) -> Reply:
    """Says why not; who presses the button once more has read the warning and means another leg."""
    flag, topic = _harming_flag(state), state.line
    assert flag is not None and topic is not None
    lead, still = answers()["not_this_leg"], answers()[f"after_{flag.lower()}"]
    pressed = state.turn.pressed
    text = topic.chat if pressed else still.text
    choices = answers().choices([*still.follow_ups, *([] if pressed else [topic.id])])
    said = Said(f"{lead.text}\n\n{text}", choices, answers().links(topic), still.id)
    return Reply((said,), {"misses": 0.0}, flag)


def is_about_it(state: State) -> bool:
    """The message is no question of its own, or is not surely one: then it is about the flag."""
    if _line(state) is None:
        return False
    turn = state.turn
    if turn.intent in _NO_QUESTION:
        return True
    if turn.pressed:
        return False
    if turn.intent == "talk_to_staff":
        return not state.sure
    if turn.intent == "show_topics" and not state.sure:
        return True
    # "Is this because of my restless legs?" names a subject and still asks about what the flag is about.
    general = state.line is not None and state.line.general and turn.facet in _ABOUT_IT
    asks_on = turn.intent in _ASKS_ON or turn.leans >= LEANS or turn.intent == "check_symptoms"
    return not state.stored.taught and (asks_on or general)


def says_again(state: State) -> Reply:
    """The urgent text of the flag that stands, once more."""
    line = _line(state)
    assert line is not None
    return Reply((spoken(state, line),), {"misses": 0.0, "awaiting": None}, state.stored.flags[0])
