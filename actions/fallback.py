"""What to say when the message was not understood: "did you mean", an honest "I can't answer that", never twice the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Dict, List, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answer import MORE_ABOUT, follow, mentioned
from actions.aspect import THINGS, leans
from actions.flagged import standing
from actions.misfit import kind
from actions.say import already_ran, log_turn, say_line
from actions.turn import Turn, read_turn
from bot.bookings.reading.contacts import find_contact
from bot.content.answers import FLOWS, answers
from bot.understanding.thresholds import SUGGESTIONS, likely_topics

#: Situations that are a medicine, whose answer is offered first.
MEDICINES = ("opioid", "gabapentinoid", "dopamine")


class ActionFallback(Action):
    """Offers the likeliest topics, or says what it cannot answer; the second miss in a row offers topics and staff."""

    def name(self) -> Text:
        return "action_fallback"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]
    ) -> List[Dict[Text, Any]]:
        if already_ran(tracker, self.name()):
            # Rasa runs this whenever no rule knows what to do. Without an end to the turn it does so until its limit,
            # never listens again, and the chat is dead.
            return [FollowupAction("action_listen")]
        turn = read_turn(tracker)
        if await follow(dispatcher, tracker, turn, self.name()):
            return [SlotSet("misses", 0.0)]
        if turn.elliptical and mentioned(tracker):
            say_line(dispatcher, tracker, "context_noted")
            await log_turn(turn, self.name(), "context_noted")
            return [SlotSet("misses", 0.0)]
        if find_contact(turn.text) and (await standing(turn)).mode == "waiting":
            say_line(dispatcher, tracker, "noted_for_staff")
            await log_turn(turn, self.name(), "noted_for_staff")
            return [SlotSet("misses", 0.0)]
        misses = float(tracker.get_slot("misses") or 0.0)
        special = kind(turn.text)
        likely = suggestions(turn, mentioned(tracker), tracker.get_slot("topic"))
        offered = list(dict.fromkeys([*likely, *(["show_topics"] if misses else []), "talk_to_staff"]))
        if special:
            line = special
            say_line(dispatcher, tracker, line)
        elif likely and misses < 2:
            line = "fallback_suggest"
            say_line(dispatcher, tracker, line, choices=answers().choices(offered))
        else:
            line = "fallback_second" if misses >= 1 else "fallback_unknown"
            say_line(dispatcher, tracker, line)
        await log_turn(turn, self.name(), line)
        return [SlotSet("misses", misses + 1)]


def suggestions(turn: Turn, named: Sequence[str] = (), topic: str | None = None) -> List[str]:
    """At most three topics that the message may mean: that of a medicine it names, the subject it leans on, then the likeliest first."""
    found = likely_topics([pair for pair in turn.ranking if pair[0] in answers() or pair[0] in FLOWS])
    first = [MORE_ABOUT[key] for key in named if key in MEDICINES]
    if topic in THINGS and leans(turn.text):
        first.append(topic)
    return list(dict.fromkeys([*first, *found]))[:SUGGESTIONS]
