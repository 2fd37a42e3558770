"""The notifier: who waits is woken at once, from any thread and, with Redis, from any process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from bot.work.notifier import STAFF, Notifier


async def rung(event: asyncio.Event) -> bool:
    """Whether the event is set by what has already happened; far below the five seconds of a missed
    notification."""
    try:
        await asyncio.wait_for(event.wait(), 2)
    except TimeoutError:
        return False
    return True


@pytest.fixture
async def notifier() -> Notifier:
    made = Notifier()
    await made.start()
    return made


async def test_a_notification_wakes_its_conversation_and_the_staff_and_no_other(notifier: Notifier) -> None:
    mine, other, staff = notifier.subscribe("a"), notifier.subscribe("b"), notifier.subscribe(STAFF)
    notifier.notify("a")
    assert await rung(mine)
    assert await rung(staff)
    assert not other.is_set()


async def test_a_notification_from_another_thread_arrives(notifier: Notifier) -> None:
    event = notifier.subscribe("a")
    await asyncio.to_thread(notifier.notify, "a")
    assert await rung(event)


async def test_a_notification_between_looking_and_waiting_is_not_lost(notifier: Notifier) -> None:
    event = notifier.subscribe("a")
    notifier.notify("a")
    await asyncio.sleep(0)
    assert await rung(event)


async def test_nothing_is_kept_for_those_who_left(notifier: Notifier) -> None:
    event = notifier.subscribe("a")
    notifier.unsubscribe("a", event)
    notifier.notify("a")
    await asyncio.sleep(0)
    assert not event.is_set()
    assert notifier._waiting == {}


async def test_stopping_wakes_everybody() -> None:
    notifier = Notifier()
    await notifier.start()
    event = notifier.subscribe("a")
    await notifier.stop()
    assert event.is_set()


async def test_notifying_before_the_start_and_after_the_end_harms_nothing() -> None:
    notifier = Notifier()
    notifier.notify("a")
    await notifier.start()
    await notifier.stop()
    notifier.notify("a")


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from tests.support.redis_server import Redis

    with Redis(tmp_path_factory.mktemp("redis")) as server:
        yield server.url


async def test_with_redis_a_notification_reaches_another_front_door(redis_url: str) -> None:
    here, there = Notifier(redis_url), Notifier(redis_url)
    await here.start()
    await there.start()
    event = there.subscribe("a")
    for _ in range(50):  # until the other one listens
        here.notify("a")
        if event.is_set():
            break
        await asyncio.sleep(0.05)
    assert event.is_set()
    await here.stop()
    await there.stop()


async def test_without_its_redis_it_still_notifies_here() -> None:
    notifier = Notifier("redis://127.0.0.1:9/0")
    await notifier.start()
    event = notifier.subscribe("a")
    notifier.notify("a")
    assert await rung(event)
    await notifier.stop()
