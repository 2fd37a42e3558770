"""The webhook side of the Bot API server for tests, as tdlib/telegram-bot-api ``WebhookActor.cpp`` does
it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from tests.support.updates import chat_of


class Hook:
    """Delivers updates to ``url``: those of a chat one at a time, each again and again until it is
    acknowledged.

    Args:
        patience: seconds between tries, and the longest time that ``Retry-After`` is obeyed.
        answers: filled with (update_id, status) of each try; status 0 if there was no answer.
    """

    def __init__(self, url: str, secret: str, patience: float, answers: list[tuple[int, int]]) -> None:
        self.url, self._secret, self._patience, self._answers = url, secret, patience, answers
        self._queues: dict[int, list[dict[str, Any]]] = defaultdict(list)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._open = True

    def take(self, updates: Sequence[dict[str, Any]]) -> None:
        for update in updates:
            chat = chat_of(update)
            self._queues[chat].append(update)
            if chat not in self._tasks:
                self._tasks[chat] = asyncio.get_event_loop().create_task(self._deliver(chat))

    def left(self) -> list[dict[str, Any]]:
        """What nobody has acknowledged yet."""
        return [update for queue in self._queues.values() for update in queue]

    def close(self) -> list[dict[str, Any]]:
        """Deliver no more; returns what is left."""
        self._open = False
        return self.left()

    async def _deliver(self, chat: int) -> None:
        queue = self._queues[chat]
        async with ClientSession(timeout=ClientTimeout(total=60)) as http:
            while queue and self._open:
                status, wait = await self._post(http, queue[0])
                self._answers.append((queue[0]["update_id"], status))
                if 200 <= status < 300 and self._open:
                    queue.pop(0)
                elif self._open:
                    await asyncio.sleep(min(wait or self._patience, self._patience))
        self._tasks.pop(chat, None)

    async def _post(self, http: ClientSession, update: dict[str, Any]) -> tuple[int, float]:
        headers = {"X-Telegram-Bot-Api-Secret-Token": self._secret}
        try:
            async with http.post(self.url, json=update, headers=headers) as response:
                return response.status, float(response.headers.get("Retry-After", 0))
        except (TimeoutError, ClientError, OSError):
            return 0, 0.0
