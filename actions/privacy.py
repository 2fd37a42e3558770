"""``action_ask_delete``: asks whether everything is to be deleted.

The policy's first row carries the answer out.
"""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.say import log_turn, say_line
from actions.turn import read_turn


class ActionAskDelete(Action):
    """Asks whether everything is to be deleted."""

    def name(self) -> Text:
        return "action_ask_delete"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> List[Dict[Text, Any]]:
        say_line(dispatcher, tracker, "delete_ask")
        await log_turn(read_turn(tracker), self.name(), "delete_ask")
        return [SlotSet("awaiting", "delete")]
