"""Sending to Telegram, with every error turned into what it means for the message."""

from __future__ import annotations

import httpx
from telegram import Bot, LinkPreviewOptions
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.channels.telegram.render import Part, render
from bot.conversation.delivery import Outcome
from bot.store.models import Message

#: Failures before the first byte left us: nobody can have seen the message.
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_BAD_TOKEN_WAIT = 60.0


class TelegramSender:
    """Renders and sends the lines of the channel ``telegram``."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._request = bot.request  # delivery ends after the channel, so the connection is closed here

    def parts(self, line: Message) -> list[Part]:
        return render(line)

    async def send(self, address: str, part: Part) -> Outcome:
        """One call of sendMessage; never repeated here, because Telegram has no key that makes a repeat
        harmless."""
        try:
            sent = await self._bot.send_message(
                int(address),
                part.text,
                entities=part.entities,
                reply_markup=part.keyboard,
                link_preview_options=_NO_PREVIEW,
            )
        except (TelegramError, ValueError) as error:
            return outcome(error)
        return Outcome("sent", provider_id=str(sent.message_id))

    async def close(self) -> None:
        await self._request.shutdown()


def outcome(error: Exception) -> Outcome:
    """What a failure says about the message: surely not sent, or nobody knows.

    A time-out, a cut connection and a 5xx answer come after the request left us, so the message may be out.
    """
    name = type(error).__name__
    if isinstance(error, RetryAfter):
        seconds = error.retry_after  # a timedelta if PTB_TIMEDELTA is set
        return Outcome(
            "later", wait=float(seconds if isinstance(seconds, int) else seconds.total_seconds()), error="429"
        )
    if isinstance(error, Forbidden):
        return Outcome("unreachable", error=error.message)
    if isinstance(error, InvalidToken):
        return Outcome("later", wait=_BAD_TOKEN_WAIT, error="token refused", channel_down=True)
    if isinstance(error, BadRequest | ChatMigrated):
        return Outcome("refused", error=error.message)
    if isinstance(error, NetworkError):
        cause = error.__cause__
        if isinstance(cause, _NOT_SENT):
            return Outcome("later", error=type(cause).__name__, channel_down=True)
        name = type(cause).__name__ if cause else "timeout" if isinstance(error, TimedOut) else error.message
        return Outcome("unknown", error=name, channel_down=True)
    if isinstance(error, ValueError):
        return Outcome("refused", error="bad address")
    return Outcome("unknown", error=name)
