"""``action_hand_off``: the conversation goes to the clinic's staff. Says so only after it is stored."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.policy import decide
from actions.respond import carry_out, read_state
from actions.say import in_store, say_line
from actions.stored_work import hand_over


class ActionHandOff(Action):
    """A patient asks for a person."""

    def name(self) -> Text:
        return "action_hand_off"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]
    ) -> List[Dict[Text, Any]]:
        state = await read_state(tracker)
        name, reply = decide(state)
        if name in ("flag_hands_off", "flag_stands"):
            # What is not surely a wish for a person is answered from the red flag that stands.
            return await carry_out(dispatcher, state, self.name(), name, reply)
        line = await in_store(lambda session: hand_over(session, state.turn, self.name(), "asked"))
        say_line(dispatcher, tracker, line)
        return []
