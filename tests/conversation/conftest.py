from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from bot.conversation import outage, turn
from bot.conversation.turn import TurnRunner
from bot.rasa_server.client import RasaClient
from bot.store.engine import Store
from bot.work.notifier import Notifier
from tests.support.rasa_server import RasaServer
from tests.support.talk import Talk


@pytest.fixture
def rasa() -> Iterator[RasaServer]:
    with RasaServer() as server:
        yield server


@pytest.fixture
def talk(store: Store) -> Talk:
    return Talk(store)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runner's own waits, shortened; their order stays."""
    monkeypatch.setattr(turn, "_SWEEP_SECONDS", 0.05)
    monkeypatch.setattr(outage, "RETRY_AFTER", (0.05,))


@pytest.fixture
async def runner_on(store: Store, rasa: RasaServer) -> AsyncIterator[Callable[..., TurnRunner]]:
    """Makes runners on the database, each with a client and a notifier of its own, as separate front doors
    have."""
    made: list[tuple[TurnRunner, RasaClient]] = []

    def make(*, timeout: float = 10.0, lease_seconds: float = 30.0) -> TurnRunner:
        client = RasaClient(rasa.url, timeout=timeout)
        made.append((TurnRunner(store, client, Notifier(), lease_seconds=lease_seconds), client))
        return made[-1][0]

    yield make
    rasa.release()
    for runner, client in made:
        await runner.stop(5)
        await client.close()


@pytest.fixture
async def runner(runner_on: Callable[..., TurnRunner]) -> TurnRunner:
    """A running runner."""
    made = runner_on()
    await made.start()
    return made
