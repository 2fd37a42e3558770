"""The loop of every kind of leased work: look for what is due, survive what happens, clear up after a
crash, stop.

What is to be done stands in the database, so nothing is lost if a look fails, a wake-up is missed or we
crash.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ClassVar, TypeVar

import structlog
from sqlalchemy import ColumnElement
from sqlalchemy.exc import SQLAlchemyError

from bot.store.engine import Store
from bot.work.lease import Lease

log = structlog.get_logger(__name__)
_T = TypeVar("_T")


class Loop:
    """Looks for one kind of work in this process, again and again.

    Args:
        store: where the work stands.
        look_seconds: how long it waits before it looks again without being woken.
        lease: the leases that it takes; without it, the kind of work holds its rows in a way of its own.
        threads: how many threads are kept for this work on the database; 0 shares those of the event loop.
    """

    name: ClassVar[str]

    def __init__(
        self, store: Store, *, look_seconds: float, lease: Lease | None = None, threads: int = 0
    ) -> None:
        self._store, self._look_seconds, self._leases = store, look_seconds, lease
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=self.name) if threads else None
        self._wake = asyncio.Event()
        self._loop_task: asyncio.Task[None] | None = None
        self._stopping = False
        # Only one front door writes an SQLite file: every lease that it finds at its start is a dead
        # process's.
        self._clear_all = store.is_sqlite and lease is not None

    async def _round(self) -> float:
        """Look for work, and do or begin it. Returns the seconds until the next look."""
        raise NotImplementedError

    def _give_up(self, leases: ColumnElement[bool]) -> None:
        """Do what is right for work whose worker is gone: the leased rows of ``leases``. Runs in a thread."""

    async def _drain(self, until: float) -> None:
        """Let what was begun end, until a time of the monotonic clock."""

    async def start(self) -> None:
        """Clear up after a process that died, and begin to look for work."""
        try:
            await self._clear_up()
        except SQLAlchemyError as error:  # the loop does it as soon as the database is back
            log.warning("work_database", work=self.name, error=type(error).__name__)
        self._loop_task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self, drain_seconds: float) -> None:
        """Begin nothing new, let what runs end within ``drain_seconds`` in all, cut the rest and free its
        leases."""
        if self._stopping:
            return
        self._stopping = True
        self._wake.set()
        until = time.monotonic() + drain_seconds
        # The loop ends by itself: cut while it takes a piece of work, it would leave that leased and undone.
        await end([self._loop_task] if self._loop_task else [], until)
        await self._drain(until)
        if self._leases:
            with contextlib.suppress(SQLAlchemyError):
                await self._in_thread(self._give_up, self._leases.ours())
        if self._threads:
            self._threads.shutdown(wait=False)

    async def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            wait = self._look_seconds
            try:
                await self._clear_up()
                wait = await self._round()
            except SQLAlchemyError as error:
                log.warning("work_database", work=self.name, error=type(error).__name__)
            except Exception as error:  # whatever it was, patients still wait: the next round tries again
                log.error("work_failed", work=self.name, error=type(error).__name__)
            if not self._stopping:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._wake.wait()

    async def _clear_up(self) -> None:
        if self._clear_all and self._leases:
            await self._in_thread(self._give_up, self._leases.others())
        self._clear_all = False

    async def _in_thread(self, work: Callable[..., _T], *args: Any) -> _T:
        """Run what waits for the database or the network beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *args))


async def end(tasks: Iterable[asyncio.Task[None]], until: float) -> None:
    """Wait for tasks to end, until a time of the monotonic clock, then cut those that did not."""
    running = [task for task in tasks if not task.done()]
    if not running:
        return
    _, late = await asyncio.wait(running, timeout=max(0.0, until - time.monotonic()))
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
