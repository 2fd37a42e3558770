"""The self-check: the five IRLSSG questions (claim 2 of the evidence), and a summary to bring along.

Never a diagnosis.

Source: Allen 2014, doi 10.1016/j.sleep.2014.03.025.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Dict, List, Text

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.policy import ENDS_HERE, decide
from actions.respond import carry_out, read_state
from actions.say import log_turn, say_line
from actions.self_check_reading import meant, of_another, read_answer
from actions.turn import FALLBACK, Turn, read_turn
from bot.bookings.reading.interruptions import asks_if_rls, goes_back, is_question, on_topic, starts_over
from bot.bookings.reading.names import KIN

FORM = "self_check_form"
QUESTIONS = {
    "check_urge": "A strong urge to move the legs",
    "check_rest": "Starts or gets worse at rest",
    "check_movement": "Eases with movement",
    "check_evening": "Worse in the evening or at night",
    "check_other": "Another reason already found by a clinician",
}
_WORDS = {"yes": "yes", "no": "no", "unsure": "not sure"}
_WISHES = (
    "talk_to_staff",
    "delete_my_data",
    "complain",
    "ask_privacy",
    "ask_if_bot",
    "book_appointment",
    "change_appointment",
)


def hear(slot: str, turn: Turn) -> tuple[Dict[Text, str | None] | None, str | None]:
    """What a message means to the question: the answers it sets and the line to say; no answers when it is
    left to the other rules."""
    order = list(QUESTIONS)
    before = order[order.index(slot) - 1] if order.index(slot) else None
    again: Dict[Text, str | None] = {slot: None}
    if turn.intent == "stop" and (turn.pressed or read_answer(slot, turn) is None):
        return None, None
    if turn.intent == "check_symptoms" and turn.pressed:
        return again, "check_already"
    if not turn.pressed:
        if starts_over(turn.text):
            return dict.fromkeys(QUESTIONS), None
        if goes_back(turn.text):
            return again | ({before: None} if before else {}), None
        if (rest := meant(turn.text)) is not None and (before or rest):
            put_right = before or slot
            return again | {
                put_right: read_answer(put_right, replace(turn, text=rest, intent=None)) if rest else None
            }, None
        if is_question(turn.text) and not turn.text.lower().startswith(("yes", "no ", "no,")):
            return _asked(slot, turn)
    answer = read_answer(slot, turn)
    if answer:
        return {slot: answer}, None
    if turn.pressed:
        return (again, None) if turn.intent in ("affirm", "deny") else (None, None)
    if of_another(slot, turn.text):
        return again, "check_one_at_a_time"
    if (
        on_topic(turn)
        or (turn.intent in _WISHES and turn.confidence >= 0.6)
        or (turn.intent == "goodbye" and turn.confidence >= 0.8)
    ):
        return None, None
    return (
        again,
        "check_already" if turn.intent == "check_symptoms" and turn.confidence >= 0.6 else "check_bad_answer",
    )


def _asked(slot: str, turn: Turn) -> tuple[Dict[Text, str | None] | None, str | None]:
    """A question of the patient's own. One that nobody understood is left too: a guess is not an answer."""
    if turn.intent in ("check_symptoms", "affirm", "deny", FALLBACK) and asks_if_rls(turn):
        return {slot: None}, "check_no_verdict"
    if turn.intent == "check_symptoms":
        return {slot: None}, "check_already"
    if turn.intent in ("affirm", "deny", "thank", "greet", None):
        return {slot: None}, "check_bad_answer"
    return None, None


def outcome(slots: Dict[Text, Any]) -> str:
    """The closing line. All four signs must be there; "another reason found" is told apart and outranks
    them."""
    if slots.get("check_other") == "yes":
        return "check_other_reason"
    signs = [slots.get(key) for key in QUESTIONS if key != "check_other"]
    return "check_fits" if all(sign == "yes" for sign in signs) else "check_fits_not_all"


def summary(slots: Dict[Text, Any]) -> str:
    """The answers to the five questions, one a line, for the patient to take along."""
    rows = [
        f"- {label}: {_WORDS[slots[key]]}" for key, label in QUESTIONS.items() if slots.get(key) in _WORDS
    ]
    return "\n".join(["Summary for your visit:", *rows])


class ValidateSelfCheckForm(FormValidationAction):
    """Reads one answer; a question of the patient's own is left to the other rules and the check goes on
    after it."""

    def name(self) -> Text:
        return f"validate_{FORM}"

    async def get_extraction_events(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> List[Dict[Text, Any]]:
        slot = tracker.get_slot("requested_slot")
        if slot not in QUESTIONS or (tracker.active_loop or {}).get("name") != FORM:
            return []
        found, line = hear(slot, read_turn(tracker))
        if line:
            say_line(dispatcher, tracker, line, choices=[])
        tracker.slots.update(found or {})
        return [SlotSet(key, value) for key, value in (found or {}).items()]


class ActionBeginCheck(Action):
    """Says what the five questions are, when they begin; on resuming it says nothing.

    A message that the policy takes for something else than a wish for them ends the turn here, before the
    form.
    """

    def name(self) -> Text:
        return "action_begin_check"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> List[Dict[Text, Any]]:
        state = await read_state(tracker)
        name, reply = decide(state)
        if name in ENDS_HERE:
            events = await carry_out(dispatcher, state, self.name(), name, reply)
            return [*events, FollowupAction("action_listen")]
        if not any(tracker.get_slot(key) for key in QUESTIONS):
            say_line(dispatcher, tracker, "check_symptoms_intro", choices=[])
            of_kin = re.search(rf"\bmy {KIN}", state.turn.text, re.IGNORECASE)
            if tracker.get_slot("subject") in ("other", "child") or of_kin:
                say_line(dispatcher, tracker, "check_for_other", choices=[])
        return []


class ActionFinishCheck(Action):
    """What fits, whom to show it to, and the summary to bring along."""

    def name(self) -> Text:
        return "action_finish_check"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> List[Dict[Text, Any]]:
        slots = dict(tracker.slots)
        line = outcome(slots)
        say_line(dispatcher, tracker, line, extra=summary(slots))
        await log_turn(read_turn(tracker), self.name(), line)
        return [SlotSet(key, None) for key in QUESTIONS]


class ActionStopCheck(Action):
    """Leaves the questions; the answers so far are kept."""

    def name(self) -> Text:
        return "action_stop_check"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> List[Dict[Text, Any]]:
        say_line(dispatcher, tracker, "check_stopped")
        await log_turn(read_turn(tracker), self.name(), "check_stopped")
        return []
