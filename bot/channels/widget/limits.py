"""How often one token or address may ask. Kept in memory; a restart forgives."""

from __future__ import annotations

import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from bot.content.texts import text
from bot.errors import RefusedError

#: What -> (per key and minute), for the token or address that asks, and for the address behind a token.
_RATES = {"begin": (10, 0), "say": (20, 120), "urgent": (20, 60)}


class Limits:
    """Refuses who asks too often. ``on=False`` lets everything through, for load tests."""

    def __init__(self, *, on: bool) -> None:
        self._on = on
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def check(self, what: str, key: str, address: str = "") -> None:
        """Count one call.

        Raises:
            RefusedError: 429, with the seconds after which to try again.
        """
        if not self._on:
            return
        for rate, name in zip(_RATES[what], (key, address), strict=True):
            if not rate or not name:
                continue
            item = RateLimitItemPerMinute(rate)
            if not self._limiter.hit(item, what, name):
                wait = max(1.0, self._limiter.get_window_stats(item, what, name).reset_time - time.time())
                raise RefusedError(
                    "too_many",
                    text(
                        "widget.refused.too_many_chats"
                        if what == "begin"
                        else "widget.refused.too_many_messages"
                    ),
                    status=429,
                    retry_after=round(wait),
                )
