"""``action_hand_off``: the conversation goes to the clinic's staff. Says so only after it is stored."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Dict, List, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from actions.flagged import after_flag, standing
from actions.log import OUTSIDE, belongs_here, record
from actions.say import in_store, log_turn, say_line
from actions.turn import Turn, read_turn
from bot.clock import now
from bot.content.answers import answers
from bot.content.clinic import clinic
from bot.store.modes import change_mode

_WANTS_NOBODY = re.compile(
    r"\b(?:do(?:n'?t| not)|no longer|never) (?:really |even )?(?:want|need|wish|like|have) (?:to )?(?:\w+ ){0,3}?"
    r"(?:call|talk|speak|ring|phone|human|person|staff|anyone|anybody|any ?one|someone)\b",
    re.IGNORECASE,
)


class ActionHandOff(Action):
    """A patient asks for a person."""

    def name(self) -> Text:
        return "action_hand_off"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]
    ) -> List[Dict[Text, Any]]:
        turn = read_turn(tracker)
        if not turn.pressed and _WANTS_NOBODY.search(turn.text):
            # "I don't want to call anyone" is no wish for a person; after a red flag it is answered from there.
            line = after_flag(dispatcher, tracker, replace(turn, intent="deny"), await standing(turn))
            if line is None:
                line = "deny"
                say_line(dispatcher, tracker, line)
            await log_turn(turn, self.name(), line)
            return []
        line = await in_store(lambda session: hand_over(session, turn, self.name(), "asked"))
        say_line(dispatcher, tracker, line)
        return []


def hand_over(session: Session, turn: Turn, action: str, reason: str, *, said: str | None = None) -> str:
    """Move the conversation to ``waiting``, once for one message; returns the line that is true now.

    Args:
        said: the line that the caller says instead, for the log.
    """
    conversation = belongs_here(session, turn)
    if conversation is None:
        return OUTSIDE
    line = "hand_off_done" if clinic().is_open(now()) else "hand_off_out_of_hours"
    waits = conversation.mode == "waiting" and conversation.waiting_reason == reason
    said = said or ("hand_off_already" if waits else line)
    if record(session, turn, action, answer_id=said, version=answers()[said].version):
        change_mode(session, conversation, "hand_over", actor="patient", reason=reason)
        return "hand_off_already" if waits else line
    return line
