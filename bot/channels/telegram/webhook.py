"""Updates by webhook: Telegram calls us, and keeps an update for 24 hours until we answer 2xx.

https://core.telegram.org/bots/api#setwebhook
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, cast
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot
from telegram.error import InvalidToken, RetryAfter, TelegramError

from bot.channels.telegram.entry import CHANNEL, After
from bot.channels.telegram.receive import ALLOWED_UPDATES, Receiver
from bot.store.engine import Store
from bot.store.models import KeyValue

log = structlog.get_logger(__name__)

PATH = "/telegram/webhook"
_AGAIN_AFTER = "5"  # seconds; Telegram honours the header
_CONNECTIONS = 40
_BACK_OFF = (1.0, 2.0, 5.0, 15.0, 60.0)


router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Webhook:
    """What the webhook works with. Without a ``secret`` it refuses every call."""

    receiver: Receiver
    secret: str
    follow: Callable[[After], None]


def _webhook(request: Request) -> Webhook:
    return cast(Webhook, request.app.state.channels[CHANNEL].webhook)


@router.post(PATH)
async def receive(request: Request, webhook: Annotated[Webhook, Depends(_webhook)]) -> JSONResponse:
    """Take an update in; answered 200 only when it is stored, or will never be readable."""
    given = request.headers.get("x-telegram-bot-api-secret-token", "")
    # Constant time: how far a guess was right must not show in how long we took.
    if not hmac.compare_digest(given.encode(), webhook.secret.encode()) or not webhook.secret:
        return JSONResponse({"ok": False}, status_code=401)
    try:
        raw = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        # Telegram would send the same again for 24 hours and hold up the chat behind it.
        log.error("webhook_junk", error=type(error).__name__)
        return JSONResponse({"ok": True})
    try:
        after = await asyncio.to_thread(webhook.receiver.take, raw)
    except SQLAlchemyError as error:
        log.warning("webhook_database", error=type(error).__name__)
        return JSONResponse({"ok": False}, status_code=503, headers={"Retry-After": _AGAIN_AFTER})
    webhook.follow(after)
    return JSONResponse({"ok": True})


def address(url: str) -> str:
    """The webhook's address; of a bare site such as ``https://clinic.example`` the one below it."""
    return url if urlsplit(url).path.strip("/") else url.rstrip("/") + PATH


async def register(bot: Bot, store: Store, *, bot_id: str, url: str, secret: str) -> None:
    """Tell Telegram our address, once a deployment: what was set is remembered, and set again only if it
    changed.

    Telegram is asked whether it still knows it: another API server, or somebody with the token, would leave
    the bot deaf.
    Never raises: the front door serves the website whatever Telegram says. Retries until it is done.
    """
    key = f"telegram_webhook:{bot_id}"
    print_ = hashlib.sha256("\n".join((url, secret, *ALLOWED_UPDATES)).encode()).hexdigest()
    attempt = 0
    while True:
        wait = _BACK_OFF[min(attempt, len(_BACK_OFF) - 1)]
        attempt += 1
        try:
            if (
                await asyncio.to_thread(_known, store, key) == print_
                and (await bot.get_webhook_info()).url == url
            ):
                return
            await bot.set_webhook(
                url, secret_token=secret, allowed_updates=ALLOWED_UPDATES, max_connections=_CONNECTIONS
            )
            await asyncio.to_thread(_remember, store, key, print_)
            log.info("webhook_set")
            return
        except RetryAfter as error:
            seconds = error.retry_after
            wait = float(seconds if isinstance(seconds, int) else seconds.total_seconds())
        except InvalidToken:
            log.error("telegram_token_refused", setting="TELEGRAM_BOT_TOKEN")
            wait = _BACK_OFF[-1]
        except (TelegramError, SQLAlchemyError) as error:
            log.warning("webhook_not_set_yet", error=type(error).__name__)
        await asyncio.sleep(wait)


def _known(store: Store, key: str) -> str | None:
    with store.read() as session:
        fact = session.get(KeyValue, key)
        return fact.value if fact else None


def _remember(store: Store, key: str, value: str) -> None:
    with store.write() as session:
        session.merge(KeyValue(key=key, value=value))
