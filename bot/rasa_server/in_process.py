"""Rasa in this process: the trained model and the real actions, without servers.

For what runs at a desk, never at a clinic.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

from bot.content.reply import Reply
from bot.errors import BrainUnavailable, ConfigError
from bot.rasa_server import tensorflow_stub
from bot.rasa_server.client import read_replies
from bot.rasa_server.command_line import environment
from bot.settings import settings


class InProcessRasa:
    """Answers a turn as ``RasaClient`` does. Trackers are kept in memory and end with the process.

    One thing differs from the servers: the actions are called directly, not over HTTP.

    Args:
        model: the trained model's file.
    Raises:
        ConfigError: there is no such file.
    """

    def __init__(self, model: Path) -> None:
        if not model.is_file():
            raise ConfigError(f"{model}: there is no such model; python -m bot train makes it")
        #: What broke the turn of a conversation, by the conversation's id.
        self.failures: dict[str, BaseException] = {}
        self._agent = _load(model)

    async def ask(
        self, conversation_id: str, text: str, *, inbound_id: int, channel: str, reset: int | None = None
    ) -> list[Reply]:
        """One turn, as ``RasaClient.ask``.

        Raises:
            BrainUnavailable: something broke; ``failures`` has it.
        """
        from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

        from bot.rasa_server.rasa_channel import BrokenTurn

        metadata: dict[str, Any] = {"inbound_id": inbound_id, "channel": channel}
        if reset is not None:
            metadata["reset"] = reset
        out = CollectingOutputChannel()
        try:
            await self._agent.handle_message(
                UserMessage(text, out, conversation_id, input_channel="rest", metadata=metadata)
            )
        except (Exception, BrokenTurn) as error:
            self.failures[conversation_id] = error
            raise BrainUnavailable(type(error).__name__) from error
        return read_replies(out.messages)

    async def ready(self) -> bool:
        return True

    async def parsed(self, conversation_id: str) -> dict[str, Any]:
        """The latest message of a conversation as Rasa's components understood it; empty before the first."""
        tracker = await self._agent.tracker_store.retrieve(conversation_id)
        return dict(tracker.latest_message.parse_data) if tracker and tracker.latest_message else {}


def _load(model: Path) -> Any:
    """Rasa's agent with this model; importing Rasa takes seconds."""
    os.environ.update(environment(settings()))
    logging.captureWarnings(True)  # Rasa's, of its libraries' age
    tensorflow_stub.install()
    for name in ("rasa", "rasa_sdk", "matplotlib", "apscheduler", "py.warnings"):
        logging.getLogger(name).setLevel(logging.ERROR)
    from rasa.core.agent import Agent

    from bot.rasa_server import rasa_channel

    rasa_channel.install()
    return Agent.load(model, action_endpoint=_endpoint())


def _endpoint() -> Any:
    """The action server's executor, in the place of the address of an action server."""
    from rasa.utils.endpoints import ClientResponseError, EndpointConfig
    from rasa_sdk.executor import ActionExecutor
    from rasa_sdk.interfaces import ActionExecutionRejection

    executor = ActionExecutor()
    executor.register_package("actions")

    class Executor(EndpointConfig):  # type: ignore[misc]
        async def request(self, *args: Any, **call: Any) -> Any:
            try:
                # As if sent: an action may change what it was given, and that must not reach Rasa's tracker.
                return await executor.run(json.loads(json.dumps(call["json"])))
            except ActionExecutionRejection as error:
                body = json.dumps({"error": error.message, "action_name": error.action_name})
                raise ClientResponseError(400, "rejected", body) from error

    return Executor(url="http://in-process")
