"""The self-check: the five IRLSSG questions (claim 2 of the evidence), and a summary to bring along. Never a diagnosis.

Source: Allen 2014, doi 10.1016/j.sleep.2014.03.025.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Text

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.booking import UNSURE, interrupts, read_yes_no
from actions.say import log_turn, say_line
from actions.turn import Turn, read_turn

FORM = "self_check_form"
QUESTIONS = {
    "check_urge": "A strong urge to move the legs",
    "check_rest": "Starts or gets worse at rest",
    "check_movement": "Eases with movement",
    "check_evening": "Worse in the evening or at night",
    "check_other": "Another reason already found by a clinician",
}
_WORDS = {"yes": "yes", "no": "no", "unsure": "not sure"}
_ALSO_YES = re.compile(
    r"^(?:it does|definitely|always|absolutely|mostly|very much|exactly|usually|i do|they do|every (?:night|day)|oh yes|most (?:nights|days|of the time))\b",
    re.IGNORECASE,
)
_ALSO_NO = re.compile(r"^(?:it doesn'?t|they don'?t|i don'?t|never|not at all|nothing|none|not really|hardly)\b", re.IGNORECASE)


def read_answer(turn: Turn) -> str | None:
    """``yes``, ``no`` or ``unsure`` in a patient's words; ``None`` if it is none of them."""
    text = turn.text.strip()
    if not turn.pressed and UNSURE.search(text):
        return "unsure"
    if not turn.pressed and _ALSO_YES.search(text):
        return "yes"
    if not turn.pressed and _ALSO_NO.search(text):
        return "no"
    return read_yes_no(turn)


def outcome(slots: Dict[Text, Any]) -> str:
    """The closing line. All four signs must be there; "another reason found" is told apart and outranks them."""
    if slots.get("check_other") == "yes":
        return "check_other_reason"
    signs = [slots.get(key) for key in QUESTIONS if key != "check_other"]
    return "check_fits" if all(sign == "yes" for sign in signs) else "check_fits_not_all"


def summary(slots: Dict[Text, Any]) -> str:
    rows = [f"- {label}: {_WORDS[slots[key]]}" for key, label in QUESTIONS.items() if slots.get(key) in _WORDS]
    return "\n".join(["Summary for your visit:", *rows])


class ValidateSelfCheckForm(FormValidationAction):
    """Reads one answer; a question of the patient's own is left to the other rules and the check goes on after it."""

    def name(self) -> Text:
        return f"validate_{FORM}"

    async def get_extraction_events(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> List[Dict[Text, Any]]:
        slot = tracker.get_slot("requested_slot")
        turn = read_turn(tracker)
        if slot not in QUESTIONS or (tracker.active_loop or {}).get("name") != FORM or turn.intent == "stop":
            return []
        answer = read_answer(turn)
        if answer is None and interrupts(slot, turn):
            return []
        if answer is None:
            say_line(dispatcher, tracker, "check_bad_answer", choices=[])
        tracker.slots[slot] = answer
        return [SlotSet(slot, answer)]


class ActionBeginCheck(Action):
    """Says what the five questions are, when they begin; on resuming it says nothing."""

    def name(self) -> Text:
        return "action_begin_check"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> List[Dict[Text, Any]]:
        if not any(tracker.get_slot(key) for key in QUESTIONS):
            say_line(dispatcher, tracker, "check_symptoms_intro", choices=[])
        return []


class ActionFinishCheck(Action):
    """What fits, whom to show it to, and the summary to bring along."""

    def name(self) -> Text:
        return "action_finish_check"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> List[Dict[Text, Any]]:
        slots = dict(tracker.slots)
        line = outcome(slots)
        say_line(dispatcher, tracker, line, extra=summary(slots))
        await log_turn(read_turn(tracker), self.name(), line)
        return [SlotSet(key, None) for key in QUESTIONS]


class ActionStopCheck(Action):
    """Leaves the questions; the answers so far are kept."""

    def name(self) -> Text:
        return "action_stop_check"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> List[Dict[Text, Any]]:
        say_line(dispatcher, tracker, "check_stopped")
        await log_turn(read_turn(tracker), self.name(), "check_stopped")
        return []
