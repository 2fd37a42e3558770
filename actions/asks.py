"""The forms' questions: each ``action_ask_SLOT`` says the line of the same name from ``data/answers``."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.say import already_ran, log_turn, say_line
from actions.turn import read_turn
from bot.bookings.fields import CONSENT, FIELDS
from bot.content.answers import answers

_UNSURE = {"key": "say_not_sure", "label": "Not sure"}


def _ask(slot: str, *, yes_no: bool = False, unsure: bool = False) -> type[Action]:
    def name(self: Action) -> Text:
        return f"action_ask_{slot}"

    async def run(
        self: Action, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]
    ) -> List[Dict[Text, Any]]:
        choices = [
            *(answers().choices(["affirm", "deny"]) if yes_no else []),
            *([_UNSURE] if unsure else []),
            *answers().choices(["stop"]),
        ]
        # The first question says how the request goes; asked again, only the question itself is left.
        line = (
            f"{slot}_again"
            if slot == FIELDS[0].slot and not already_ran(tracker, "action_begin_booking")
            else slot
        )
        say_line(dispatcher, tracker, line, choices=choices)
        await log_turn(read_turn(tracker), self.name(), line)
        return []

    return type(f"Ask_{slot}", (Action,), {"name": name, "run": run, "__module__": __name__})


#: Kept, because Rasa's server finds the actions among the classes that live.
ASK_BOOKING = {field.slot: _ask(field.slot) for field in FIELDS}
AskConsent = _ask(CONSENT, yes_no=True)
AskUrge = _ask("check_urge", yes_no=True, unsure=True)
AskRest = _ask("check_rest", yes_no=True, unsure=True)
AskMovement = _ask("check_movement", yes_no=True, unsure=True)
AskEvening = _ask("check_evening", yes_no=True, unsure=True)
AskOther = _ask("check_other", yes_no=True, unsure=True)
