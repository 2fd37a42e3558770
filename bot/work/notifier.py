"""Wake-ups: whoever waits for news of a conversation is woken at once.

Inside one process by asyncio events; between front doors through Redis where ``RLA_REDIS_URL`` is set. A
notification carries no content and may be missed without harm: waiters look again every few seconds at the
database.
"""

from __future__ import annotations

import asyncio
import contextlib

import redis.asyncio as redis
import structlog

log = structlog.get_logger(__name__)

STAFF = "staff"
_CHANNEL = "rla:notifier"
_LOOK_AGAIN = 5.0


class Notifier:
    """Notifies those who watch a conversation, by its id. Those who watch ``STAFF`` are notified of all."""

    def __init__(self, redis_url: str = "") -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._redis = redis.from_url(redis_url) if redis_url else None
        self._task: asyncio.Task[None] | None = None
        self.closing = False  # the front door stops: whoever waits answers what there is, and streams end

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        if self._redis:
            self._task = asyncio.create_task(self._listen(), name="notifier")

    async def stop(self) -> None:
        self.notify_all()
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._redis:
            await self._redis.aclose()

    def notify(self, key: str) -> None:
        """Wake those who wait for ``key`` and the staff's lists. May be called from any thread."""
        if self._loop is None or self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._wake_here, key)
        if self._redis:
            asyncio.run_coroutine_threadsafe(self._publish(key), self._loop)

    def close(self) -> None:
        """The front door stops: end what waits.

        Calls and streams that are held look at ``closing`` when they are woken.
        """
        self.closing = True
        self.notify_all()

    def notify_all(self) -> None:
        for key in list(self._waiting):
            self._wake_here(key)

    async def wait(self, key: str, seconds: float) -> None:
        """Return when ``key`` is notified, or after ``seconds``: at most 5, all that a missed notification
        costs."""
        event = self.subscribe(key)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(
                    min(seconds, _LOOK_AGAIN)
                ):  # wait_for of 3.11 can swallow a cancellation
                    await event.wait()
        finally:
            self.unsubscribe(key, event)

    def subscribe(self, key: str) -> asyncio.Event:
        """An event that is set when ``key`` is notified.

        Subscribe before looking, so that nothing falls between.
        """
        event = asyncio.Event()
        self._waiting.setdefault(key, set()).add(event)
        return event

    def unsubscribe(self, key: str, event: asyncio.Event) -> None:
        waiting = self._waiting.get(key)
        if waiting:
            waiting.discard(event)
            if not waiting:
                del self._waiting[key]

    def _wake_here(self, key: str) -> None:
        for name in {key, STAFF}:
            for event in self._waiting.get(name, ()):
                event.set()

    async def _publish(self, key: str) -> None:
        assert self._redis is not None
        try:
            await self._redis.publish(_CHANNEL, key)
        except redis.RedisError as error:
            log.warning("notifier_not_published", error=type(error).__name__)

    async def _listen(self) -> None:
        assert self._redis is not None
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(_CHANNEL)
                    async for message in pubsub.listen():
                        if message["type"] == "message":
                            self._wake_here(message["data"].decode())
            except (redis.RedisError, OSError) as error:
                log.warning("notifier_lost_redis", error=type(error).__name__)
                await asyncio.sleep(1)
