"""What a browser has not seen yet: read at once, waited for, or as a stream of server-sent events."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.content.texts import text
from bot.conversation import appointments, calls
from bot.conversation.messages import as_json, messages_after
from bot.errors import RefusedError
from bot.store.engine import Store
from bot.store.models import Conversation, Inbound, Staff
from bot.work.notifier import Notifier

_HEARTBEAT = 15.0  # seconds
_LOOK_AGAIN = 5.0  # seconds: a notification from another process may be missed


def read_news(session: Session, conversation_id: str, after: int) -> dict[str, Any]:
    """The state of a conversation and its messages with a higher ``seq`` than ``after``, as
    ``schemas.News`` has them.

    Raises:
        RefusedError: the conversation was erased.
    """
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        raise RefusedError("gone", text("conversation.refused.gone"), status=401)
    holder = session.get(Staff, conversation.claimed_by) if conversation.mode == "staff" else None
    pending = session.scalar(
        select(Inbound.id)
        .where(Inbound.conversation_id == conversation_id, Inbound.state == "pending")
        .limit(1)
    )
    return {
        "mode": conversation.mode,
        "staff": holder.name if holder else None,
        "typing": pending is not None and conversation.mode != "staff" and not conversation.told_late,
        "urgent": calls.state(session, conversation_id),
        "proposed": appointments.still_offered(session, conversation_id),
        "messages": [as_json(message) for message in messages_after(session, conversation_id, after)],
    }


class NewsReader:
    """Reads the news of conversations, and waits for it."""

    def __init__(self, store: Store, notifier: Notifier) -> None:
        self._store, self._notifier = store, notifier

    async def read(self, conversation_id: str, after: int) -> dict[str, Any]:
        return await asyncio.to_thread(self._read, conversation_id, after)

    def _read(self, conversation_id: str, after: int) -> dict[str, Any]:
        with self._store.read() as session:
            return read_news(session, conversation_id, after)

    async def wait(
        self, conversation_id: str, after: int, seconds: float, *, mode: str = "", typing: bool | None = None
    ) -> dict[str, Any]:
        """The news as soon as there is some, or the unchanged state after ``seconds``.

        Args:
            mode, typing: what the caller knows already; a change of either is news too.
        """
        until = time.monotonic() + seconds
        event = self._notifier.subscribe(conversation_id)
        try:
            while True:
                event.clear()
                news = await self.read(conversation_id, after)
                changed = (
                    bool(news["messages"])
                    or (mode and news["mode"] != mode)
                    or (typing is not None and news["typing"] != typing)
                )
                left = until - time.monotonic()
                if changed or left <= 0 or self._notifier.closing:
                    return news
                await _notified(event, left)
        finally:
            self._notifier.unsubscribe(conversation_id, event)

    async def stream(
        self, conversation_id: str, after: int, disconnected: Callable[[], Awaitable[bool]]
    ) -> AsyncIterator[str]:
        """The news as server-sent events, until the caller is gone or the conversation is erased."""
        known: dict[str, Any] = {}
        beat = time.monotonic()
        event = self._notifier.subscribe(conversation_id)
        try:
            while not self._notifier.closing and not await disconnected():
                event.clear()
                try:
                    news = await self.read(conversation_id, after)
                except RefusedError:
                    yield "event: gone\ndata: {}\n\n"
                    return
                for message in news["messages"]:
                    after = message["seq"]
                    yield f"id: {after}\nevent: message\ndata: {json.dumps(message)}\n\n"
                for key in ("mode", "staff", "typing", "urgent"):
                    if known.get(key) != news[key]:
                        known[key] = news[key]
                        yield f"event: {key}\ndata: {json.dumps(news[key])}\n\n"
                if time.monotonic() - beat > _HEARTBEAT:
                    beat = time.monotonic()
                    yield ": still here\n\n"
                if not news["messages"]:  # there may be more of them than one reading gives
                    await _notified(event, _LOOK_AGAIN)
        finally:
            self._notifier.unsubscribe(conversation_id, event)


async def _notified(event: asyncio.Event, seconds: float) -> None:
    """Wait to be notified, but return after a while to look again."""
    try:
        async with asyncio.timeout(min(seconds, _LOOK_AGAIN)):  # wait_for of 3.11 can swallow a cancellation
            await event.wait()
    except TimeoutError:
        return
