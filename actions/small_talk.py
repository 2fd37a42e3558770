"""Rows of the policy for what is said beside the subject: greetings, "are you there", details for staff,
stories."""

from __future__ import annotations

from dataclasses import replace

from actions import teaching
from actions.reply import Reply, Said, spoken
from actions.state import NO_TOPIC, State
from actions.turn import FALLBACK, asks_something
from actions.unanswerable import suggestions
from bot.content.answers import answers
from bot.content.clinic import FACTS
from bot.content.clinic_facts import fact
from bot.content.texts import text

_NOT_OURS = frozenset({FALLBACK, None, "out_of_scope_medical", "out_of_scope_other"})
#: Lines after which details of a booking are told ("it is under Baker, Friday"), and what those are read as.
_OF_A_BOOKING = frozenset({"change_none", "change_details"})
_DETAILS = _NOT_OURS | {"stop", "complain", "rate_unhelpful", "affirm", "show_topics", "goodbye"}
#: The lines that end the five questions.
CONCLUSIONS = frozenset({"check_fits", "check_fits_not_all", "check_other_reason"})
#: Told beside an illness or medicine that is not ours, these ask for a kind word and not for a refusal.
_WEARS = ("nights", "weary", "afraid")
_WEIGHS = ("nights", "weary", "afraid", "long", "tried", "asked_already")


def greets_again(state: State) -> bool:
    """Somebody comes back, or says hello once more."""
    return state.turn.intent == "greet" and not state.turn.pressed and state.before is not None


def welcome_back(state: State) -> Reply:
    """Hello again, with the subject that was spoken of last."""
    if state.topic is None or state.before == "greet":
        return teaching.spoken_line(state, "greet_again")
    named = {"topic": teaching.called(state.topic)}
    shown = text("assistant.back", **named)
    keys = [state.topic.id, "ask_more", "show_topics", "talk_to_staff"]
    return Reply((Said(shown, answers().choices(keys), (), "greet_again"),), {"misses": 0.0})


def asks_presence_waiting(state: State) -> bool:
    """Who waits for staff asks whether anybody is there, or greets once more."""
    return state.stored.mode == "waiting" and state.turn.intent in ("ask_presence", "greet")


def presence_waiting(state: State) -> Reply:
    """That the message is kept, who reads it, and when."""
    return Reply((spoken(state, "presence_waiting", extra=teaching.open_now()),), {"misses": 0.0}, "staff")


def asks_clinic_fact(state: State) -> bool:
    """One fact about the clinic is asked for."""
    return not state.turn.pressed and state.turn.clinic_fact in FACTS and state.turn.intent in NO_TOPIC


def clinic_fact(state: State) -> Reply:
    """The fact or facts, and whether the clinic is open now where hours are asked; what is not known is offered to
    staff."""
    kinds = [name for name in (state.turn.clinic_fact, state.turn.clinic_fact_also) if name in FACTS]
    told = sorted((fact(name or "") for name in kinds), key=lambda one: not one.known)
    shown = "\n\n".join(one.text for one in told)
    if not all(one.known for one in told):
        offer = spoken(state, "ask_staff_for_fact")
        said = replace(offer, text=f"{shown} {offer.text}")
    else:
        first = teaching.open_now() if "hours" in kinds else ""
        keys = ["book_appointment", "ask_clinic", "talk_to_staff"]
        said = Said(f"{first} {shown}".strip(), answers().choices(keys), (), "ask_clinic")
    return Reply((said,), {"misses": 0.0})


def booking_details(state: State) -> bool:
    """Details of an appointment that this chat does not know."""
    turn = state.turn
    if turn.pressed or state.before not in _OF_A_BOOKING:
        return False
    return turn.intent in _DETAILS and not (
        turn.intent == "affirm" and len(turn.text.split()) < _MORE_THAN_YES
    )


_MORE_THAN_YES = 6


def about_summary(state: State) -> bool:
    """Right after the five questions: something that nobody understood is asked of their summary."""
    return not state.turn.pressed and state.before in CONCLUSIONS and state.turn.intent in _NOT_OURS


def tells_story(state: State) -> bool:
    """An illness, a medicine or a burden is told, not asked about: no refusal, and no guess."""
    turn = state.turn
    if turn.pressed or turn.intent not in ("out_of_scope_medical", FALLBACK, None):
        return False
    if turn.intent == "out_of_scope_medical":
        weighs = any(name in turn.told for name in _WEIGHS)
        return weighs or (state.topic is not None and not asks_something(turn.text))
    tells = state.tells or (bool(turn.told) and not turn.elliptical)
    return tells and not asks_something(turn.text)


def hear_story(state: State) -> Reply:
    """Thanks for it, what it is good for, and what may be asked; who is worn out hears of that first."""
    worn = any(name in state.turn.told for name in _WEARS) and "illnesses" not in state.turn.told
    if worn and not asks_something(state.turn.text):
        return teaching.taught(
            state, teaching.short(state, answers()["ask_mood"], keys=["ask_relief_tonight"])
        )
    keys = [*suggestions(state), "check_symptoms", "talk_to_staff"]
    name = "story_asked" if "asked_already" in state.turn.told else "story"
    choices = answers().choices(list(dict.fromkeys(keys)))
    return Reply((spoken(state, name, choices=choices),), {"misses": 0.0})
