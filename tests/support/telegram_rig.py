"""The Telegram side of the house for tests: a real database file, a real Bot API server, real delivery;
Rasa is played.

Everything runs on an event loop in a thread of its own, so that a test reads from top to bottom.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from sqlalchemy import select

from bot.channels.base import attach
from bot.channels.telegram.channel import Telegram
from bot.content.reply import Reply
from bot.conversation.delivery import Delivery
from bot.conversation.turn import TurnRunner
from bot.errors import BrainUnavailable
from bot.safety import Finding
from bot.settings import Settings
from bot.store.engine import Store, make_engine
from bot.store.models import Base, Conversation, Event, Inbound, KeyValue, Outbox
from bot.work.notifier import Notifier
from tests.support.bot_api import TOKEN, BotApi

SECRET = "a_secret-for-tests"


class Rules:
    """Red-flag rules of one rule."""

    def prepare(self, text: str) -> None:
        pass

    def crisis_line(self, text: str) -> str:
        return ""

    def check(self, text: str, earlier: Sequence[str] = ()) -> Finding | None:
        if "chest pain" in text.lower():
            return Finding(("R1",), "emergency", "Call [{emergency_number}](tel:911) now.")
        return None


class Brain:
    """Answers every message with its own words; ``script`` may say otherwise by text."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.script: dict[str, list[Reply]] = {}
        self.delay = 0.0
        self.down = False

    async def ask(
        self, conversation_id: str, text: str, *, inbound_id: int, channel: str, reset: int | None = None
    ) -> list[Reply]:
        if self.down:
            raise BrainUnavailable("played")
        await asyncio.sleep(self.delay)
        self.asked.append(text)
        return self.script.get(text, [Reply(f"You said: {text}")])

    async def ready(self) -> bool:
        return not self.down


class House:
    """The front door without its other rooms.

    ``start`` and ``stop`` may be called in turn on the same database.
    """

    def __init__(self, folder: Path, api: BotApi, *, webhook: bool = False, port: int = 0) -> None:
        self.api, self.webhook = api, webhook
        self.engine = make_engine(f"sqlite:///{folder / 'house.db'}")
        Base.metadata.create_all(self.engine)
        self.store = Store(self.engine)
        self.brain = Brain()
        self.rules = Rules()
        self.port = port
        self.read_timeout = 10.0
        self._server: uvicorn.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def settings(self, **more: Any) -> Settings:
        hook = {
            "telegram_webhook_url": f"http://127.0.0.1:{self.port}/telegram/webhook",
            "telegram_webhook_secret": SECRET,
        }
        return Settings(
            _env_file=None,
            telegram_bot_token=TOKEN,
            telegram_api_url=self.api.url,
            **(hook if self.webhook else {}),
            **more,
        )

    def start(self, *, deliver: bool = True) -> House:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.run(self._up(deliver))
        return self

    def stop(self) -> None:
        if self._loop and self._thread:
            self.run(self._down())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)
            self._loop.close()
            self._loop = None

    def run(self, work: Coroutine[Any, Any, Any], seconds: float = 20) -> Any:
        assert self._loop
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    async def _up(self, deliver: bool) -> None:
        self.notifier = Notifier()
        await self.notifier.start()
        self.runner = TurnRunner(self.store, self.brain, self.notifier)
        await self.runner.start()
        if self.webhook:
            await self._serve()
        self.telegram = Telegram(
            self.store,
            self.rules,
            self.notifier,
            self.runner.kick,
            self.settings(),
            read_timeout=self.read_timeout,
        )
        self.delivery = Delivery(self.store, self.notifier, {"telegram": self.telegram.sender})
        if deliver:
            await self.delivery.start()
        if self.webhook:
            attach(self._app, {"telegram": self.telegram})
        await self.telegram.start()

    async def _serve(self) -> None:
        self._app = FastAPI()
        config = uvicorn.Config(
            self._app, host="127.0.0.1", port=self.port, log_level="warning", lifespan="off", ws="none"
        )
        self._server = uvicorn.Server(config)
        self._serving = asyncio.create_task(self._server.serve())
        while not self._server.started:
            await asyncio.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    async def _down(self) -> None:
        await self.telegram.stop()
        await self.runner.stop(1.0)
        await self.delivery.stop(1.0)
        if self._server:
            self._server.should_exit = True
            self._server.force_exit = True
            await self._serving
        await self.notifier.stop()

    # -- looking into the database

    def rows(self, model: Any, *where: Any) -> list[Any]:
        with self.store.read() as session:
            return list(
                session.scalars(
                    select(model)
                    .where(*where)
                    .order_by(model.created_at if model is Conversation else model.id)
                )
            )

    def conversation(self, chat: int) -> Conversation:
        return self.rows(Conversation, Conversation.external_id == str(chat))[0]

    def inbox(self, chat: int) -> list[Inbound]:
        return self.rows(Inbound, Inbound.conversation_id.in_(_of(chat)))

    def outbox(self, chat: int) -> list[Outbox]:
        return self.rows(Outbox, Outbox.conversation_id.in_(_of(chat)))

    def events(self, chat: int, kind: str) -> list[Event]:
        return self.rows(Event, Event.conversation_id.in_(_of(chat)), Event.kind == kind)

    def rows_of_facts(self) -> list[KeyValue]:
        with self.store.read() as session:
            return list(session.scalars(select(KeyValue)))

    def change(self, work: Callable[[Any], Any]) -> Any:
        """Do something in a transaction, and notify of it."""
        with self.store.write() as session:
            made = work(session)
        for conversation in self.rows(Conversation):
            self.notifier.notify(conversation.id)
        return made


def _of(chat: int) -> Any:
    return select(Conversation.id).where(Conversation.external_id == str(chat))
