"""Deleting a conversation at the patient's wish: asked first, then done by the front door a moment later.

The front door does it because Rasa stores this very turn after its actions have run.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Dict, List, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.answer import follow
from actions.handoff import hand_over
from actions.log import OUTSIDE, belongs_here
from actions.say import in_store, last_said, log_turn, say_line
from actions.turn import Turn, read_turn
from bot.clock import now
from bot.content.answers import answers
from bot.store.models import Timer

DELAY = timedelta(seconds=10)  # long enough for the last line to be read


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


class ActionYesNo(Action):
    """A yes or no outside a form: to the last question that was asked, if there is one."""

    def name(self) -> Text:
        return "action_yes_no"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> List[Dict[Text, Any]]:
        turn = read_turn(tracker)
        line = turn.intent or "affirm"
        # Only a yes to the very question deletes: anything said in between takes the question back.
        if tracker.get_slot("awaiting") == "delete" and last_said(tracker) == "delete_ask":
            line = "delete_kept"
            if turn.intent == "affirm":
                line = await in_store(lambda session: order_erasure(session, turn))
        elif await follow(dispatcher, tracker, turn, self.name()):
            return [SlotSet("awaiting", None)]
        elif offer := offered(tracker):
            line = "offer_declined" if turn.intent == "deny" else offer
        if line == "talk_to_staff":
            say_line(
                dispatcher,
                tracker,
                await in_store(lambda session: hand_over(session, turn, self.name(), "asked")),
            )
            return [SlotSet("awaiting", None)]
        say_line(dispatcher, tracker, line)
        await log_turn(turn, self.name(), line)
        return [SlotSet("awaiting", None)]


def offered(tracker: Tracker) -> str:
    """What the line said last offers to do at a "yes", by the mark that its author put on it."""
    line = answers().get(last_said(tracker) or "")
    return line.offers if line else ""


def order_erasure(session: Session, turn: Turn) -> str:
    """Set the timer that erases the conversation, once; returns the line to say."""
    if belongs_here(session, turn) is None:
        return OUTSIDE
    key = f"erase_conversation:{turn.conversation_id}"
    if session.scalar(select(Timer.id).where(Timer.key == key)) is None:
        session.add(
            Timer(
                kind="erase_conversation",
                key=key,
                data={"conversation": turn.conversation_id},
                due_at=now() + DELAY,
            )
        )
    return "delete_done"
