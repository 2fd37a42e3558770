"""The channel by which the front door speaks to Rasa: a turn is taken whole or not at all, and each
message once.

Rasa's own REST channel answers 200 with whatever was said before something broke, and Rasa goes on after an
action that failed ("the actions events are lost"): the patient would get half an answer, and a form that was
begun would not be there for the next one. Here any failure ends the turn before Rasa stores it, and the front
door asks again.

The same goes for Rasa's tracker store: when it fails, Rasa goes on in memory ("Falling back"), with a form
forgotten, and writes the patient's words into its log. Here that too ends the turn.

A message that comes a second time, because its first answer never arrived, gets that answer again. That is
looked up under Rasa's lock of the conversation, so a form cannot take the same words twice even while the
first turn still runs.

With a message may come the wish that a running form or an open question be forgotten first, because a red
flag or staff came between. It is fulfilled under the same lock, and once: a message that was taken already
gets its old answer with the form that it began, and so does the reply to that form, should the wish still be
sent along with it.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from typing import Any

from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.events import ActiveLoop, SlotSet
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.rasa_server import spared_work
from bot.settings import settings

log = logging.getLogger(__name__)

#: The tracker that was read to see whether a message is a repeat, for the turn that follows.
_read: ContextVar[Any] = ContextVar("read", default=None)


class BrokenTurn(BaseException):
    """An action failed. No ``Exception``, because Rasa catches every one of those and goes on."""


class TrackerStoreDown(RuntimeError):
    """Rasa's tracker could not be read or written."""


class FrontDoor(InputChannel):  # type: ignore[misc]
    """``POST /webhooks/rest/webhook`` with ``{"sender", "message", "metadata": {"inbound_id", "reset"}}``,
    as Rasa's own.

    ``reset``, if it is there, is the number of a wish to forget what runs. Only JSON that carries our token is
    taken: every program of the machine reaches this port, and a page in a browser there too.
    """

    @classmethod
    def name(cls) -> str:
        return "rest"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        install()
        token = settings().brain_token
        hook = Blueprint("front_door", __name__)

        @hook.route("/webhook", methods=["POST"])  # type: ignore[untyped-decorator]
        async def receive(request: Request) -> HTTPResponse:
            if not ours(request, f"Bearer {token}"):
                return response.json({"error": "token"}, status=401)
            body, out = request.json, CollectingOutputChannel()
            message = UserMessage(
                body["message"], out, body["sender"], input_channel=self.name(), metadata=body.get("metadata")
            )
            try:
                await on_new_message(message)
            except (Exception, BrokenTurn) as error:
                log.warning("turn broken: %s", type(error).__name__)
                return response.json({"error": type(error).__name__}, status=500)
            return response.json(out.messages)

        return hook


def ours(request: Request, expected: str) -> bool:
    """Whether a request is JSON and carries our token."""
    given = str(request.headers.get("authorization", ""))
    plain = str(request.headers.get("content-type", "")).split(";")[0].strip().lower()
    return plain == "application/json" and secrets.compare_digest(given.encode(), expected.encode())


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


def fulfilled(events: Iterable[Any], wish: int) -> bool:
    """Whether a message that came with this wish was taken already; the wish was then fulfilled before it."""
    return any(event.type_name == "user" and (event.metadata or {}).get("reset") == wish for event in events)


def install() -> None:
    """Put the guards into Rasa, once."""
    run, handle, get_tracker = RemoteAction.run, MessageProcessor.handle_message, MessageProcessor.get_tracker
    if hasattr(run, "whole"):
        return
    spared_work.install()

    async def run_or_break(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return await run(self, *args, **kwargs)
        except ActionExecutionRejection:
            raise  # an action's way of saying no
        except Exception as error:
            raise BrokenTurn(type(error).__name__) from None

    async def handle_once(self: Any, message: UserMessage) -> Any:
        asked = message.metadata or {}
        known = asked.get("inbound_id") is not None
        tracker = await self.tracker_store.retrieve(message.sender_id) if known else None
        if tracker and (said := said_before(tracker.events, asked["inbound_id"])):
            message.output_channel.messages.extend(said)
            return said
        if tracker and "reset" in asked and not fulfilled(tracker.events, asked["reset"]):
            for event in (ActiveLoop(None), SlotSet("requested_slot"), SlotSet("awaiting")):
                tracker.update(event, self.domain)
            await self.save_tracker(tracker)
        if tracker and (topic := tracker.get_slot("topic")):
            # For the reading of a message that says little by itself.
            message.metadata = {**asked, "topic": topic}
        # Under the lock of the conversation nobody else writes: what was read here is the turn's tracker too.
        _read.set(tracker)
        try:
            return await handle(self, message)
        finally:
            _read.set(None)

    async def get_read_tracker(self: Any, conversation_id: str) -> Any:
        tracker = _read.get()
        if tracker is None or tracker.sender_id != conversation_id:
            return await get_tracker(self, conversation_id)
        _read.set(None)
        tracker.model_id = self.model_metadata.model_id
        if tracker.assistant_id is None:
            tracker.assistant_id = self.model_metadata.assistant_id
        return tracker

    def give_up(self: Any, error: Exception) -> None:
        raise TrackerStoreDown(type(error).__name__) from None

    run_or_break.whole = True  # type: ignore[attr-defined]
    RemoteAction.run, MessageProcessor.handle_message = run_or_break, handle_once
    MessageProcessor.get_tracker = get_read_tracker
    FailSafeTrackerStore.on_tracker_store_error = FailSafeTrackerStore.on_tracker_store_retrieve_error = (
        give_up
    )
