"""Work under a lease, piece by piece: take, try, settle.

1. ``_take`` leases a piece in one transaction, so that no other worker has it.
2. ``_try`` does what may take long or fail, such as asking Rasa or calling a messenger, outside any
transaction. 3. ``_settle`` stores what came of it, and ends the lease, in one transaction.

A process that dies between 1 and 3 leaves a lease behind, which runs out. What is right then differs: a turn
is begun again, a message that may have gone out is not sent again. Each kind of work says it in ``_give_up``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Generic, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.store.engine import Store
from bot.work.lease import Lease
from bot.work.loop import Loop, end

log = structlog.get_logger(__name__)
Job = TypeVar("Job")  # what was taken
Result = TypeVar("Result")  # what came of trying it


class Worker(Loop, Generic[Job, Result]):
    """A loop whose work is done in tasks, at most one for each key (a conversation), so that its order is
    kept."""

    def __init__(
        self, store: Store, *, look_seconds: float, lease: Lease | None = None, threads: int = 0
    ) -> None:
        super().__init__(store, look_seconds=look_seconds, lease=lease, threads=threads)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()

    def _take(self, key: str) -> Job | None:
        """Lease the next piece of work under ``key``; ``None`` if there is nothing to do now.

        Runs in a thread.
        """
        raise NotImplementedError

    async def _try(self, job: Job) -> Result:
        """Do it. What is expected to fail is a result too, not an exception."""
        raise NotImplementedError

    async def _settle(self, job: Job, result: Result) -> bool:
        """Store what came of it. Returns whether the next piece under the same key is to be taken at once."""
        raise NotImplementedError

    def _ended(self, key: str) -> None:
        """The task of ``key`` has ended. Runs on the event loop."""

    def kick(self, key: str) -> None:
        """There is something to take under ``key``. Call it on the event loop."""
        if self._stopping:
            return
        if key in self._tasks:
            self._again.add(key)  # the task may have looked already, just before this came
        else:
            self._begin(key)

    @property
    def _running(self) -> Collection[str]:
        """The keys that are being worked on."""
        return self._tasks.keys()

    def _begin(self, key: str, job: Job | None = None) -> None:
        """Work on ``key`` in a task of its own, beginning with ``job`` if it is taken already."""
        task = asyncio.create_task(self._work(key, job), name=f"{self.name}-{key[:8]}")
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._over(key))

    def _over(self, key: str) -> None:
        self._tasks.pop(key, None)
        if key in self._again:
            self._again.discard(key)
            self.kick(key)
        self._ended(key)

    async def _work(self, key: str, job: Job | None = None) -> None:
        """Take, try, settle, until nothing is left under ``key``.

        After a stop it ends what it took, and takes no more.
        """
        try:
            while job is not None or not self._stopping:
                job = job if job is not None else await self._in_thread(self._take, key)
                if job is None or not await self._settle(job, await self._try(job)):
                    return
                job = None
        except SQLAlchemyError as error:  # the lease runs out, or the next look finds that it is ours
            log.warning("work_database", work=self.name, key=key, error=type(error).__name__)
        except Exception as error:
            log.error("work_failed", work=self.name, key=key, error=type(error).__name__)

    async def _drain(self, until: float) -> None:
        await end(self._tasks.values(), until)
