"""The front door: puts the rooms together into one ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from fastapi import FastAPI

from bot import health, http
from bot.bookings import calendar_page, contact_page
from bot.channels import base
from bot.channels.widget import pages
from bot.conversation.delivery import Delivery
from bot.conversation.timers import Timers
from bot.conversation.turn import TurnRunner
from bot.rasa_server.client import RasaClient
from bot.safety import RedFlagCheck
from bot.settings import Settings, settings
from bot.staff import router as console
from bot.staff.dependencies import Parts
from bot.store.engine import Store, store
from bot.work.notifier import Notifier

log = structlog.get_logger(__name__)

_THREADS = 32
#: The console refuses a long text itself, with a page that keeps it (``bot/staff/auth/access.py``); this
#: limit is for what no person types.
_CONSOLE_BODIES = {"/staff": 1024 * 1024}


@dataclass(frozen=True)
class _Running:
    """What is started with the application and stopped with it."""

    config: Settings
    notifier: Notifier
    rasa: RasaClient
    turns: TurnRunner
    timers: Timers
    delivery: Delivery
    channels: Mapping[str, base.Channel]

    async def start(self) -> None:
        # Database work runs in threads; the default of a small machine (6) would make patients wait for each
        # other.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS))
        await self.notifier.start()
        await self.turns.start()
        await self.timers.start()
        await self.delivery.start()
        for channel in self.channels.values():
            await channel.start()
        log.info("front_door_open", address=self.config.address, **base.states(self.config))

    async def stop(self) -> None:
        """First what brings new work, then what finishes it, last what carries it out."""
        for channel in self.channels.values():
            await channel.stop()
        await self.timers.stop()
        await self.turns.stop(self.config.drain_timeout)
        await self.delivery.stop()
        await self.notifier.stop()
        await self.rasa.close()


def make_app(config: Settings | None = None, on: Store | None = None) -> FastAPI:
    """The application on a configuration and a store; by default those of the environment."""
    config = config or settings()
    database = on or store()
    red_flags = RedFlagCheck.load()
    notifier = Notifier(config.redis_url)
    rasa = RasaClient(
        config.rasa_url, timeout=config.rasa_timeout, token=config.brain_token, actions=config.actions_url
    )
    turns = TurnRunner(database, rasa, notifier, lease_seconds=config.lease_seconds)
    channels = base.make_channels(base.Parts(database, red_flags, notifier, turns.kick, config))
    senders = {name: channel.sender for name, channel in channels.items() if channel.sender}
    delivery = Delivery(database, notifier, senders)
    running = _Running(config, notifier, rasa, turns, Timers(database, notifier), delivery, channels)
    app = _bare_app(running)
    http.check_requests(app, config.origins, larger=_CONSOLE_BODIES | base.large_bodies())
    http.answer_errors(app)
    base.attach(app, channels)
    console.attach(app, Parts(database, notifier, turns.kick))
    app.include_router(contact_page.make_router(database, notifier))
    app.include_router(calendar_page.make_router(database))
    app.include_router(pages.router)
    app.state.end_held_calls = notifier.close
    app.state.health = health.Health(database, rasa, red_flags_trained=red_flags.trained)
    app.include_router(health.router)
    return app


def _bare_app(running: _Running) -> FastAPI:
    """An application without routes that starts and stops ``running``."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await running.start()
        yield
        await running.stop()

    return FastAPI(
        title="Restless Legs Assistant",
        version="0.1.0",
        description='The widget\'s API. Errors are JSON `{"error", "message"}`, the message in plain words for the person.',
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
