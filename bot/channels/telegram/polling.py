"""Updates by long polling, for a clinic without a public address.

Telegram forgets an update once a higher offset is asked for, so the offset moves in the transaction that
stores the update. https://core.telegram.org/bots/api#getupdates
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.channels.telegram.entry import After
from bot.channels.telegram.receive import ALLOWED_UPDATES, Receiver
from bot.store.engine import Store
from bot.store.models import KeyValue

log = structlog.get_logger(__name__)

HOLD_SECONDS = 25  # how long Telegram holds a call without news
_BACK_OFF = (1.0, 2.0, 5.0, 15.0, 30.0)


class PollingBot(Bot):
    """A bot that can fetch updates unread: one that PTB cannot parse must not hide the others that came
    with it."""

    async def raw_updates(self, offset: int | None, *, hold: int = HOLD_SECONDS) -> list[Any]:
        """Updates as Telegram sent them; waits up to ``hold`` seconds for the first."""
        asked = {"timeout": hold, "offset": offset, "allowed_updates": ALLOWED_UPDATES}
        answer = await self._post(
            "getUpdates", {k: v for k, v in asked.items() if v is not None}, read_timeout=hold + 10
        )
        return answer if isinstance(answer, list) else []


async def poll(bot: PollingBot, store: Store, receiver: Receiver, follow: Callable[[After], None]) -> None:
    """Fetch and store updates until cancelled."""
    failures = 0
    hooked = True
    while True:
        wait = _BACK_OFF[min(failures, len(_BACK_OFF) - 1)]
        try:
            if hooked:
                # While a webhook is set, Telegram refuses getUpdates. What waits there is kept for us.
                await bot.delete_webhook(drop_pending_updates=False)
                hooked = False
            offset = await asyncio.to_thread(_offset, store, receiver.offset_key)
            updates = await bot.raw_updates(offset)
            # In their order, for the offset moves with each: a later one stored first would skip an earlier
            # one after a crash.
            for raw in sorted(
                updates, key=lambda raw: raw.get("update_id", 0) if isinstance(raw, dict) else 0
            ):
                follow(await asyncio.to_thread(receiver.take, raw, polled=True))
            failures = 0
            if not updates or await asyncio.to_thread(_offset, store, receiver.offset_key) != offset:
                continue
            log.error("polling_stuck")  # an update without a number; Telegram sends none
        except RetryAfter as error:
            seconds = error.retry_after
            wait = float(seconds if isinstance(seconds, int) else seconds.total_seconds())
        except Conflict:
            # A webhook was set, or another process polls; either way nothing is lost, only slow.
            log.warning("polling_conflict")
            hooked = True
        except InvalidToken:
            log.error("telegram_token_refused", setting="TELEGRAM_BOT_TOKEN")
            wait = 60.0
        except SQLAlchemyError as error:
            # The offset did not move: the same update comes again.
            log.warning("polling_database", error=type(error).__name__)
            wait = 1.0
        except TelegramError as error:
            log.warning("polling_failed", error=type(error).__name__)
        except Exception as error:  # an unforeseen fault must not end polling for good
            log.error("polling_broke", error=type(error).__name__)
        failures += 1
        await asyncio.sleep(wait)


def _offset(store: Store, key: str) -> int | None:
    with store.read() as session:
        fact = session.get(KeyValue, key)
        return int(fact.value) if fact else None
