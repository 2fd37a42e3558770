"""The channel as the application sees it: made once, started, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from telegram import LinkPreviewOptions
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

from bot.channels.telegram import webhook
from bot.channels.telegram.entry import After
from bot.channels.telegram.polling import PollingBot, poll
from bot.channels.telegram.receive import Receiver
from bot.channels.telegram.send import TelegramSender
from bot.clock import now
from bot.conversation.intake import RedFlags
from bot.errors import ConfigError
from bot.settings import Settings
from bot.store.engine import Store
from bot.store.models import Conversation, Inbound
from bot.work.notifier import Notifier

log = structlog.get_logger(__name__)

_TYPING_AFTER = 0.7  # seconds; a quicker answer needs no sign
_TYPING_LASTS = 4.5  # Telegram shows it for 5
_TYPING_TIMES = 8
_REMEMBERED = 2000  # callback queries


class Telegram:
    """Receives by webhook if an address is set, by long polling otherwise. Stop it before delivery.

    Args:
        kick: called with a conversation in which a message waits for the assistant.
        read_timeout: seconds after which a call that was not answered counts as unknown.
    Raises:
        ConfigError: a webhook without a secret, with which anybody could speak as a patient.
    """

    def __init__(
        self,
        store: Store,
        red_flags: RedFlags,
        notifier: Notifier,
        kick: Callable[[str], None],
        config: Settings,
        *,
        read_timeout: float = 10.0,
    ) -> None:
        if config.telegram_webhook_url and not re.fullmatch(
            r"[A-Za-z0-9_-]{1,256}", config.telegram_webhook_secret
        ):
            raise ConfigError(
                "TELEGRAM_WEBHOOK_SECRET: with TELEGRAM_WEBHOOK_URL this must be 1 to 256 of A-Z a-z 0-9 _ -"
            )
        self._store, self._notifier, self._kick, self._config = store, notifier, kick, config
        self._bot_id = config.telegram_bot_token.partition(":")[0]
        self._requests = tuple(
            HTTPXRequest(size, read_timeout=read_timeout, connect_timeout=5, write_timeout=5, pool_timeout=5)
            for size in (2, 64)
        )
        base = f"{config.telegram_api_url.rstrip('/')}/bot"
        self.bot = PollingBot(
            config.telegram_bot_token,
            base_url=base,
            get_updates_request=self._requests[0],
            request=self._requests[1],
        )
        self.receiver = Receiver(store, red_flags, self.bot, bot_id=self._bot_id)
        self.sender = TelegramSender(self.bot)
        self.webhook = webhook.Webhook(self.receiver, config.telegram_webhook_secret, self.follow)
        self._tasks: set[asyncio.Task[None]] = set()
        self._typing: set[str] = set()
        self._answered: OrderedDict[str, None] = OrderedDict()
        self._main: asyncio.Task[None] | None = None
        # PTB logs an answer it cannot parse in full, and with it what was said to a patient.
        logging.getLogger("telegram").setLevel(logging.CRITICAL + 1)

    @property
    def router(self) -> APIRouter:
        """``POST /telegram/webhook``; refuses every call while no secret is set."""
        return webhook.router

    async def start(self) -> None:
        """Return at once; Telegram may be away, and the website serves without it."""
        for request in self._requests:
            await request.initialize()
        if self._config.telegram_webhook_url:
            work = webhook.register(
                self.bot,
                self._store,
                bot_id=self._bot_id,
                url=webhook.address(self._config.telegram_webhook_url),
                secret=self._config.telegram_webhook_secret,
            )
        else:
            work = poll(self.bot, self._store, self.receiver, self.follow)
        self._main = asyncio.create_task(work, name="telegram")

    async def stop(self) -> None:
        if self._main:
            self._main.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._main
        if self._tasks:
            _, late = await asyncio.wait(list(self._tasks), timeout=1.0)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._requests[0].shutdown()  # the other one is delivery's, which may still have lines to send

    def follow(self, after: After) -> None:
        """What follows the commit of an update.

        Call on the event loop; nothing here may be lost that matters.
        """
        if after.conversation_id:
            self._notifier.notify(after.conversation_id)
            if after.turn:
                self._kick(after.conversation_id)
                if after.conversation_id not in self._typing:
                    self._typing.add(after.conversation_id)
                    self._begin(self._show_typing(after.conversation_id))
        if after.callback and after.callback not in self._answered:
            self._answered[after.callback] = None
            if len(self._answered) > _REMEMBERED:
                self._answered.popitem(last=False)
            self._begin(self._answer_callback(after.callback, after.toast))
        if after.farewell and after.chat is not None:
            self._begin(self._say_farewell(after.chat, after.farewell))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer_callback(self, identifier: str, toast: str) -> None:
        """End the waiting sign on the button. Telegram refuses it after a while, which does no harm."""
        with contextlib.suppress(TelegramError):
            await self.bot.answer_callback_query(identifier, text=toast or None)

    async def _say_farewell(self, chat: int, text: str) -> None:
        try:
            await self.bot.send_message(chat, text, link_preview_options=LinkPreviewOptions(is_disabled=True))
        except TelegramError as error:
            log.warning("farewell_not_sent", error=type(error).__name__)

    async def _show_typing(self, conversation_id: str) -> None:
        """Show that an answer is being prepared, while it is."""
        try:
            await asyncio.sleep(_TYPING_AFTER)
            for _ in range(_TYPING_TIMES):
                chat = await asyncio.to_thread(self._waiting_chat, conversation_id)
                if chat is None:
                    return
                await self.bot.send_chat_action(chat, "typing")
                await self._notifier.wait(conversation_id, _TYPING_LASTS)
        except (TelegramError, SQLAlchemyError):
            return  # a sign only
        finally:
            self._typing.discard(conversation_id)

    def _waiting_chat(self, conversation_id: str) -> int | None:
        """The chat, if a message in it waits for the assistant and the patient was not told that it will
        be late."""
        with self._store.read() as session:
            chat = session.scalars(
                select(Conversation.external_id)
                .join(Inbound, Inbound.conversation_id == Conversation.id)
                .where(
                    Conversation.id == conversation_id,
                    Conversation.mode != "staff",
                    Conversation.told_late.is_(False),
                    Inbound.state == "pending",
                    (Inbound.not_before.is_(None)) | (Inbound.not_before <= now()),
                )
                .limit(1)
            ).first()
        return int(chat) if chat else None
