"""``action_hand_off``: the conversation goes to the clinic's staff. Says so only after it is stored."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.say import in_store, say_line
from actions.stored_work import hand_over
from actions.turn import read_turn


class ActionHandOff(Action):
    """A patient asks for a person."""

    def name(self) -> Text:
        return "action_hand_off"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]
    ) -> List[Dict[Text, Any]]:
        turn = read_turn(tracker)
        say_line(
            dispatcher,
            tracker,
            await in_store(lambda session: hand_over(session, turn, self.name(), "asked")),
        )
        return []
