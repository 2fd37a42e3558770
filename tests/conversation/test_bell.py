"""The bell: who waits is woken at once, from any thread and, with Redis, from any process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from bot.conversation.bell import STAFF, Bell


async def rung(event: asyncio.Event) -> bool:
    """Whether the event is set by what has already happened; far below the five seconds of a missed ring."""
    try:
        await asyncio.wait_for(event.wait(), 2)
    except TimeoutError:
        return False
    return True


@pytest.fixture
async def bell() -> Bell:
    made = Bell()
    await made.start()
    return made


async def test_a_ring_wakes_its_conversation_and_the_staff_and_no_other(bell: Bell) -> None:
    mine, other, staff = bell.subscribe("a"), bell.subscribe("b"), bell.subscribe(STAFF)
    bell.ring("a")
    assert await rung(mine)
    assert await rung(staff)
    assert not other.is_set()


async def test_a_ring_from_another_thread_arrives(bell: Bell) -> None:
    event = bell.subscribe("a")
    await asyncio.to_thread(bell.ring, "a")
    assert await rung(event)


async def test_a_ring_between_looking_and_waiting_is_not_lost(bell: Bell) -> None:
    event = bell.subscribe("a")
    bell.ring("a")
    await asyncio.sleep(0)
    assert await rung(event)


async def test_nothing_is_kept_for_those_who_left(bell: Bell) -> None:
    event = bell.subscribe("a")
    bell.unsubscribe("a", event)
    bell.ring("a")
    await asyncio.sleep(0)
    assert not event.is_set()
    assert bell._waiting == {}


async def test_stopping_wakes_everybody() -> None:
    bell = Bell()
    await bell.start()
    event = bell.subscribe("a")
    await bell.stop()
    assert event.is_set()


async def test_ringing_before_the_start_and_after_the_end_harms_nothing() -> None:
    bell = Bell()
    bell.ring("a")
    await bell.start()
    await bell.stop()
    bell.ring("a")


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from tests.support.redis_server import Redis

    with Redis(tmp_path_factory.mktemp("redis")) as server:
        yield server.url


async def test_with_redis_a_ring_reaches_another_front_door(redis_url: str) -> None:
    here, there = Bell(redis_url), Bell(redis_url)
    await here.start()
    await there.start()
    event = there.subscribe("a")
    for _ in range(50):  # until the other one listens
        here.ring("a")
        if event.is_set():
            break
        await asyncio.sleep(0.05)
    assert event.is_set()
    await here.stop()
    await there.stop()


async def test_without_its_redis_a_bell_still_rings_here() -> None:
    bell = Bell("redis://127.0.0.1:9/0")
    await bell.start()
    event = bell.subscribe("a")
    bell.ring("a")
    assert await rung(event)
    await bell.stop()
