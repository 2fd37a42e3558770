from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.settings import settings
from bot.store.engine import Store
from tests.support.bot_api import BotApi
from tests.support.front_door import FrontDoor, Visitor
from tests.support.rasa_server import RasaServer
from tests.support.telegram_rig import House


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi() as server:
        yield server


@pytest.fixture
def house_with(tmp_path: Path, api: BotApi) -> Iterator[Callable[..., House]]:
    """Makes a house that is stopped at the end: ``house_with(webhook=True)``; not started yet."""
    made: list[House] = []

    def make(**how: Any) -> House:
        made.append(House(tmp_path, api, **how))
        return made[-1]

    yield make
    for house in made:
        house.stop()


@pytest.fixture
def house(house_with: Callable[..., House]) -> House:
    """A running house that polls."""
    return house_with().start()


@pytest.fixture
def rasa() -> Iterator[RasaServer]:
    with RasaServer() as server:
        yield server


@pytest.fixture
def door(store: Store, rasa: RasaServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[FrontDoor]:
    monkeypatch.setenv("RLA_RASA_PORT", str(rasa.port))
    settings.cache_clear()
    with FrontDoor(store) as made:
        yield made
        rasa.release()


@pytest.fixture
def visitor(door: FrontDoor) -> Visitor:
    return door.visitor()
