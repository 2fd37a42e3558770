"""What to say when the message was not understood: "did you mean", an honest "I can't answer that", never twice the same."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answer import corrected, mentioned, say_in_situation
from actions.misfit import kind
from actions.say import log_turn, say_line
from actions.turn import Turn, read_turn
from bot.answers import FLOWS, answers
from bot.brain.bands import SUGGEST

_SUGGESTIONS = 3
#: Intents that make no sense as "did you mean".
_NO_SUGGESTION = {
    "out_of_scope_medical", "out_of_scope_other", "greet", "goodbye", "thank", "affirm", "deny", "stop", "complain",
    "rate_helpful", "rate_unhelpful", "ask_more", "ask_repeat", "ask_sources",
}  # fmt: skip


class ActionFallback(Action):
    """Offers the likeliest topics, or says what it cannot answer; the second miss in a row offers topics and staff."""

    def name(self) -> Text:
        return "action_fallback"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]) -> List[Dict[Text, Any]]:
        turn = read_turn(tracker)
        topic = answers().get(tracker.get_slot("topic") or "")
        named = mentioned(tracker)
        if turn.elliptical and topic and named:
            say_in_situation(dispatcher, topic, named)
            await log_turn(turn, self.name(), topic.id)
            return [SlotSet("misses", 0.0)]
        if corrected(turn, tracker) or (turn.elliptical and named):
            told = "context_corrected" if corrected(turn, tracker) else "context_noted"
            say_line(dispatcher, tracker, told)
            await log_turn(turn, self.name(), told)
            return [SlotSet("misses", 0.0)]
        misses = float(tracker.get_slot("misses") or 0.0)
        special = kind(turn.text)
        likely = suggestions(turn)
        if special:
            line = special
            say_line(dispatcher, tracker, line)
        elif likely and misses < 2:
            line = "fallback_suggest"
            say_line(dispatcher, tracker, line, choices=answers().choices([*likely, *(["show_topics"] if misses else []), "talk_to_staff"]))
        else:
            line = "fallback_second" if misses >= 1 else "fallback_unknown"
            say_line(dispatcher, tracker, line)
        await log_turn(turn, self.name(), line)
        return [SlotSet("misses", misses + 1)]


def suggestions(turn: Turn) -> List[str]:
    """At most three topics that the message may mean, the likeliest first."""
    able = [name for name, confidence in turn.ranking if confidence >= SUGGEST and name not in _NO_SUGGESTION]
    return [name for name in able if name in answers() or name in FLOWS][:_SUGGESTIONS]
