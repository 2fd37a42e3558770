"""The client of the Rasa server: asks over loopback, within a time limit, and trusts nothing that comes
back."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import (
    ClientError,
    ClientResponseError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)

from bot.content.reply import Reply
from bot.errors import BrainUnavailable

MAX_REPLIES = 10
MAX_TEXT = 8000
_SHORT = 2.0  # seconds for calls that run no dialogue
_CONNECT = 2.0
_CALLS = 100  # at once


class RasaClient:
    """Talks to one Rasa server.

    Args:
        url: where it listens, such as ``http://127.0.0.1:5005``.
        timeout: seconds for a whole turn; stays under the 25 s after which a patient must have been told
            something.
        token: what our processes know one another by; for Rasa's channel, and for its status.
        actions: where the action server listens; asked only whether it is well.
    """

    def __init__(self, url: str, *, timeout: float, token: str = "", actions: str = "") -> None:
        self._actions = actions
        self._url, self._timeout = url, timeout
        self._http: ClientSession | None = None  # made at the first call: it belongs to the event loop
        self._token = {"token": token} if token else {}
        self._signed = {"Authorization": f"Bearer {token}"} if token else {}

    async def close(self) -> None:
        if self._http:
            await self._http.close()

    async def ask(
        self, conversation_id: str, text: str, *, inbound_id: int, channel: str, reset: int | None = None
    ) -> list[Reply]:
        """One turn: what the assistant says to ``text``, or said to it in an earlier try whose answer
        never reached us.

        Args:
            reset: Rasa must forget a running form or an open question first, because something else came
                between. The number
                names the wish: what was done for it once is not done again
                    (``bot/rasa_server/rasa_channel.py``).
        Raises:
            BrainUnavailable: Rasa is down, too slow, says nothing, or answers what is no answer.
        """
        metadata: dict[str, Any] = {"inbound_id": inbound_id, "channel": channel}
        if reset is not None:
            metadata["reset"] = reset
        body = {"sender": conversation_id, "message": text, "metadata": metadata}
        answer = await self._call("POST", "/webhooks/rest/webhook", json=body, headers=self._signed)
        replies = read_replies(answer)
        if not replies:
            raise BrainUnavailable("empty answer")
        return replies

    async def ready(self) -> bool:
        """Whether a turn can be expected to succeed: a model is loaded and the action server answers."""
        return await self.has_model() and await self.has_actions()

    async def has_model(self) -> bool:
        """Whether the Rasa server answers and has a model loaded."""
        try:
            answer = await self._call("GET", "/status", params=self._token, seconds=_SHORT)
        except BrainUnavailable:
            return False
        return isinstance(answer, dict) and bool(answer.get("model_file"))

    async def has_actions(self) -> bool:
        """Whether the action server answers; true where none is named."""
        if not self._actions:
            return True
        try:
            answer = await self._call("GET", "/health", base=self._actions, seconds=_SHORT)
        except BrainUnavailable:
            return False
        return isinstance(answer, dict)

    async def _call(
        self, method: str, path: str, *, base: str = "", seconds: float = 0.0, **kwargs: Any
    ) -> Any:
        if self._http is None:
            self._http = ClientSession(
                connector=TCPConnector(limit=_CALLS), cookie_jar=DummyCookieJar(), raise_for_status=True
            )
        limit = ClientTimeout(total=seconds or self._timeout, sock_connect=_CONNECT)
        try:
            async with self._http.request(
                method, (base or self._url) + path, timeout=limit, **kwargs
            ) as response:
                return json.loads(await response.read())
        except TimeoutError:
            raise BrainUnavailable("too slow") from None
        except ClientResponseError as error:
            raise BrainUnavailable(f"status {error.status}") from None
        except (
            ClientError,
            OSError,
            ValueError,
            RecursionError,
        ) as error:  # no JSON, or JSON of a depth that nobody means
            raise BrainUnavailable(type(error).__name__) from None


def read_replies(answer: Any) -> list[Reply]:
    """Rasa's REST answer as replies.

    Junk of any kind becomes ``BrainUnavailable``, never an exception of another sort.
    """
    if not isinstance(answer, list):
        raise BrainUnavailable("junk")
    replies = []
    for item in answer[:MAX_REPLIES]:
        if not isinstance(item, dict):
            raise BrainUnavailable("junk")
        custom = item.get("custom")
        payload = custom if isinstance(custom, dict) else item
        reply = _reply(payload)
        if reply:
            replies.append(reply)
    return replies


def _reply(payload: dict[str, Any]) -> Reply | None:
    """One message: ours (``text``, ``choices``, ``sources``, ``answer``) or one of Rasa's responses
    (``text``, ``buttons``)."""
    text = payload.get("text")
    if not isinstance(text, str) or not text.strip():
        return None
    choices = _pairs(payload.get("choices"), "key", "label")
    for button in _pairs(payload.get("buttons"), "payload", "title"):
        choices.append({"key": button["payload"].lstrip("/"), "label": button["title"]})
    answer = payload.get("answer")
    return Reply(
        text=text[:MAX_TEXT],
        choices=choices,
        sources=_pairs(payload.get("sources"), "title", "url"),
        answer_id=answer if isinstance(answer, str) else None,
    )


def _pairs(value: Any, first: str, second: str) -> list[dict[str, str]]:
    rows = value if isinstance(value, list) else []
    return [
        {first: row[first], second: row[second]}
        for row in rows
        if isinstance(row, dict) and isinstance(row.get(first), str) and isinstance(row.get(second), str)
    ]
