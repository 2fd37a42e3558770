"""What turns, delivery and timers have in common: the loop, one task a key, leases, the stop.

Each guard has its own test.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from bot.clock import now
from bot.store.engine import Store
from bot.store.models import Conversation
from bot.work.backoff import wait_after
from bot.work.lease import Lease
from bot.work.worker import Worker
from tests.support.talk import Talk, until


class Sums(Worker[int, int]):
    """Doubles the numbers that wait under each key; the test holds it up where it likes."""

    name = "sums"

    def __init__(self, store: Store, *, look_seconds: float = 0.02) -> None:
        self.lease = Lease(Conversation, 30)
        super().__init__(store, look_seconds=look_seconds, lease=self.lease)
        self.waiting: dict[str, list[int]] = {}
        self.done: list[tuple[str, int]] = []
        self.given_up: list[str] = []
        self.go, self.trying = asyncio.Event(), asyncio.Event()
        self.go.set()
        self.at_once = self.most_at_once = self.rounds = 0
        self.trouble: list[Exception] = []

    async def _round(self) -> float:
        self.rounds += 1
        if self.trouble:
            raise self.trouble.pop()
        for key in [key for key, numbers in self.waiting.items() if numbers]:
            if key not in self._running:
                self.kick(key)
        return self._look_seconds

    def _take(self, key: str) -> int | None:
        numbers = self.waiting.get(key, [])
        return numbers.pop(0) if numbers else None

    async def _try(self, job: int) -> int:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.trying.set()
        try:
            await self.go.wait()
        finally:
            self.at_once -= 1
        return job * 2

    async def _settle(self, job: int, result: int) -> bool:
        self.done.append((str(job), result))
        return True

    def _give_up(self, leases: ColumnElement[bool]) -> None:
        with self._store.write() as session:
            for row in session.scalars(
                select(Conversation).where(Conversation.lease_owner.is_not(None), leases)
            ):
                self.given_up.append(row.id)
                Lease.give_back(row)


def away() -> OperationalError:
    return OperationalError("", {}, Exception("the database is away"))


async def test_what_waits_is_found_taken_tried_and_settled_in_order(store: Store) -> None:
    worker = Sums(store)
    worker.waiting = {"a": [1, 2, 3]}
    await worker.start()
    await until(lambda: len(worker.done) == 3)
    await worker.stop(5)
    assert worker.done == [("1", 2), ("2", 4), ("3", 6)]


async def test_a_key_has_one_task_however_often_it_is_kicked(store: Store) -> None:
    worker = Sums(store)
    worker.go.clear()
    worker.waiting = {"a": [1, 2, 3]}
    for _ in range(5):
        worker.kick("a")
    await worker.trying.wait()
    worker.go.set()
    await until(lambda: len(worker.done) == 3)
    assert worker.most_at_once == 1


async def test_what_comes_just_as_a_task_ends_is_not_left_lying(store: Store) -> None:
    worker = Sums(store)

    async def settle(job: int, result: int) -> bool:
        worker.done.append((str(job), result))
        if job == 1:
            worker.waiting["a"] = [2]
            worker.kick("a")
        return False

    worker._settle = settle  # type: ignore[method-assign]
    worker.waiting = {"a": [1]}
    worker.kick("a")  # no loop runs that would find it
    await until(lambda: len(worker.done) == 2)


@pytest.mark.parametrize("make", [away, lambda: RuntimeError("a bug")])
async def test_the_loop_survives_a_database_that_is_away_and_a_bug(
    store: Store, make: Callable[[], Exception]
) -> None:
    worker = Sums(store)
    worker.trouble = [make(), make()]
    worker.waiting = {"a": [1]}
    with capture_logs() as logs:
        await worker.start()
        await until(lambda: worker.done)
        await worker.stop(5)
    assert [entry["work"] for entry in logs if entry["event"] in ("work_database", "work_failed")] == [
        "sums",
        "sums",
    ]


async def test_a_task_that_fails_ends_alone(store: Store) -> None:
    worker = Sums(store)

    async def broken(job: int) -> int:
        if job == 1:
            raise RuntimeError("a bug")
        return job

    worker._try = broken  # type: ignore[method-assign]
    worker.waiting = {"a": [1], "b": [2]}
    await worker.start()
    await until(lambda: worker.done == [("2", 2)])
    await worker.stop(5)


async def test_a_stop_lets_what_was_taken_end_and_takes_nothing_more(store: Store) -> None:
    worker = Sums(store)
    worker.go.clear()
    worker.waiting = {"a": [1, 2]}
    await worker.start()
    await worker.trying.wait()
    stopping = asyncio.create_task(worker.stop(5))
    await asyncio.sleep(0.05)
    worker.go.set()
    await stopping
    assert worker.done == [("1", 2)] and worker.waiting == {"a": [2]}
    worker.kick("a")
    assert not worker._running


async def test_a_stop_cuts_what_does_not_end_in_time_and_frees_its_leases(store: Store) -> None:
    worker, talk = Sums(store), Talk(store)
    talk.change(**worker.lease.values())
    worker.go.clear()
    worker.waiting = {"a": [1]}
    await worker.start()
    await worker.trying.wait()
    await asyncio.wait_for(worker.stop(0.05), 5)
    assert worker.done == [] and worker.at_once == 0
    assert talk.row.lease_owner is None and worker.given_up == [talk.id]


async def test_a_stop_does_not_cut_the_loop_while_it_takes(store: Store) -> None:
    """What a loop took itself, and begins only after the stop was asked for, is done all the same."""
    worker, taking, taken = Sums(store, look_seconds=10), threading.Event(), threading.Event()

    def slowly() -> int:
        taking.set()
        taken.wait(5)
        return 7

    async def take_in_the_round() -> float:
        worker._begin("a", await worker._in_thread(slowly))
        return 10.0

    worker._round = take_in_the_round  # type: ignore[method-assign]
    await worker.start()
    await asyncio.to_thread(taking.wait, 5)
    stopping = asyncio.create_task(worker.stop(5))
    await asyncio.sleep(0.05)
    taken.set()
    await stopping
    assert worker.done == [("7", 14)]


async def test_a_start_alone_on_its_file_frees_every_lease_of_the_dead(store: Store) -> None:
    """SQLite has one front door, so they are all dead; beside others, on PostgreSQL, they must run out."""
    talk, worker = Talk(store), Sums(store)
    talk.change(lease_owner="dead", lease_until=now() + timedelta(hours=1))
    await worker.start()
    assert (talk.row.lease_owner is None) is store.is_sqlite
    talk.change(lease_owner="another", lease_until=now() + timedelta(hours=1))
    rounds = worker.rounds
    await until(lambda: worker.rounds > rounds + 2)
    await worker.stop(5)
    assert talk.row.lease_owner == "another", "only the start may free them"


async def test_a_start_without_its_database_clears_up_later(store: Store) -> None:
    if not store.is_sqlite:
        pytest.skip("beside other front doors leases run out by themselves")
    talk, worker = Talk(store), Sums(store)
    talk.change(lease_owner="dead", lease_until=now() + timedelta(hours=1))
    real, tries = worker._give_up, 0

    def give_up(leases: ColumnElement[bool]) -> None:
        nonlocal tries
        tries += 1
        if tries <= 2:
            raise away()
        real(leases)

    worker._give_up = give_up  # type: ignore[method-assign]
    await worker.start()
    await until(lambda: talk.row.lease_owner is None)
    await worker.stop(5)


def test_a_lease_says_whose_a_row_is(store: Store) -> None:
    talks = [Talk(store) for _ in range(4)]
    lease, moment = Lease(Conversation, 30), now()
    talks[1].change(**lease.values())
    talks[2].change(lease_owner="another", lease_until=moment + timedelta(seconds=30))
    talks[3].change(lease_owner="another", lease_until=moment - timedelta(seconds=1))

    def found(clause: ColumnElement[bool]) -> list[int]:
        ids = {row.id for row in talks[0].rows(Conversation, clause)}
        return [number for number, talk in enumerate(talks) if talk.id in ids]

    assert found(lease.may_take(moment)) == [0, 1, 3]
    assert found(lease.ours()) == [1] and found(lease.others()) == [0, 2, 3] and found(lease.expired()) == [3]
    assert [lease.is_taken(talk.row, moment) for talk in talks] == [False, False, True, False]
    assert [lease.is_ours(talk.row) for talk in talks] == [False, True, False, False]


def test_the_last_wait_repeats() -> None:
    assert [wait_after(failures, (1.0, 2.0, 4.0)) for failures in (0, 1, 2, 3, 4, 50)] == [1, 1, 2, 4, 4, 4]
