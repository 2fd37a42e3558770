"""The channel by which the front door speaks to Rasa: a turn is taken whole or not at all, and each message once.

Rasa's own REST channel answers 200 with whatever was said before something broke, and Rasa goes on after an action
that failed ("the actions events are lost"): the patient would get half an answer, and a form that was begun would not
be there for the next one. Here any failure ends the turn before Rasa stores it, and the front door asks again.

The same goes for Rasa's tracker store: when it fails, Rasa goes on in memory ("Falling back"), with a form forgotten, and
writes the patient's words into its log. Here that too ends the turn.

A message that comes a second time, because its first answer never arrived, gets that answer again. That is looked up
under Rasa's lock of the conversation, so a form cannot take the same words twice even while the first turn still runs.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import FailSafeTrackerStore
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

log = logging.getLogger(__name__)


class BrokenTurn(BaseException):
    """An action failed. No ``Exception``, because Rasa catches every one of those and goes on."""


class TrackerStoreDown(RuntimeError):
    """Rasa's tracker could not be read or written."""


class FrontDoor(InputChannel):  # type: ignore[misc]
    """``POST /webhooks/rest/webhook`` with ``{"sender", "message", "metadata": {"inbound_id"}}``, as Rasa's own."""

    @classmethod
    def name(cls) -> str:
        return "rest"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        _install()
        hook = Blueprint("front_door", __name__)

        @hook.route("/webhook", methods=["POST"])  # type: ignore[untyped-decorator]
        async def receive(request: Request) -> HTTPResponse:
            body, out = request.json, CollectingOutputChannel()
            message = UserMessage(body["message"], out, body["sender"], input_channel=self.name(), metadata=body.get("metadata"))
            try:
                await on_new_message(message)
            except (Exception, BrokenTurn) as error:
                log.warning("turn broken: %s", type(error).__name__)
                return response.json({"error": type(error).__name__}, status=500)
            return response.json(out.messages)

        return hook


def said_before(events: Iterable[Any], inbound_id: int) -> list[dict[str, Any]]:
    """What was said to this message in an earlier turn, as ``CollectingOutputChannel`` collects it."""
    said: list[dict[str, Any]] = []
    ours = False
    for event in events:
        if event.type_name == "user":
            ours = (event.metadata or {}).get("inbound_id") == inbound_id
            said = [] if ours else said
        elif ours and event.type_name == "bot":
            parts = {"text": event.text, **event.data}
            said.append({key: value for key, value in parts.items() if value is not None})
    return said


def _install() -> None:
    """Put the guards into Rasa, once."""
    run, handle = RemoteAction.run, MessageProcessor.handle_message
    if hasattr(run, "whole"):
        return

    async def run_or_break(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return await run(self, *args, **kwargs)
        except ActionExecutionRejection:
            raise  # an action's way of saying no
        except Exception as error:
            raise BrokenTurn(type(error).__name__) from None

    async def handle_once(self: Any, message: UserMessage) -> Any:
        inbound_id = (message.metadata or {}).get("inbound_id")
        said: list[dict[str, Any]] = []
        if inbound_id is not None and (tracker := await self.tracker_store.retrieve(message.sender_id)):
            said = said_before(tracker.events, inbound_id)
        if not said:
            return await handle(self, message)
        message.output_channel.messages.extend(said)
        return said

    def give_up(self: Any, error: Exception) -> None:
        raise TrackerStoreDown(type(error).__name__) from None

    run_or_break.whole = True  # type: ignore[attr-defined]
    RemoteAction.run, MessageProcessor.handle_message = run_or_break, handle_once
    FailSafeTrackerStore.on_tracker_store_error = FailSafeTrackerStore.on_tracker_store_retrieve_error = give_up
