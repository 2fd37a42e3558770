"""``action_reply``: every message that no form or flow takes is answered here, by the policy's table."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.policy import decide
from actions.reply import Reply, spoken
from actions.say import already_ran, in_store, log_turn, say
from actions.state import State, Stored, look_up
from actions.teaching import whole
from actions.turn import read_turn
from bot.content.answers import Answer

Events = List[Dict[Text, Any]]


class ActionReply(Action):
    """Decides by the table, stores what is to be stored, then says it."""

    def name(self) -> Text:
        return "action_reply"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]
    ) -> Events:
        if already_ran(tracker, self.name()):
            # Rasa runs this whenever no rule knows what to do. Without an end to the turn it does so until
            # its limit, never listens again, and the chat is dead.
            return [FollowupAction("action_listen")]
        return await respond(dispatcher, await read_state(tracker), self.name())


async def read_state(tracker: Tracker) -> State:
    """The turn as it stands, with what is stored of the conversation."""
    turn = read_turn(tracker)
    return State(turn, tracker, await look_up(turn))


async def respond(dispatcher: CollectingDispatcher, state: State, action: str) -> Events:
    """Do what the table says about this message; returns the slots that it sets."""
    name, reply = decide(state)
    return await carry_out(dispatcher, state, action, name, reply)


async def carry_out(
    dispatcher: CollectingDispatcher, state: State, action: str, name: str, reply: Reply
) -> Events:
    """Store, say and log one decision."""
    said = list(reply.said)
    if reply.work is not None:
        said.insert(0, spoken(state, await in_store(reply.work)))
    for ordinal, one in enumerate(said):
        say(
            dispatcher,
            one.text,
            choices=one.choices,
            sources=one.sources,
            answer_id=one.answer,
            decided_by=name,
        )
        await log_turn(
            state.turn,
            action,
            one.answer,
            ordinal=ordinal,
            decided_by=name,
            leaned_on=reply.leaned_on,
            open=one.open,
            took_up=reply.took_up,
        )
    return [SlotSet(key, value) for key, value in reply.slots.items()]


def say_topic(dispatcher: CollectingDispatcher, tracker: Tracker, answer: Answer) -> None:
    """One whole answer, said inside a form, with the cautions that the known situation brings in."""
    said = whole(State(read_turn(tracker), tracker, Stored()), answer)
    say(dispatcher, said.text, choices=said.choices, sources=said.sources, answer_id=said.answer)
