"""How fast a channel may be written to: token buckets, one a conversation and one for all.

Telegram's own figures: about one message a second in a chat, short bursts pass, about 30 a second overall
(https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class _Bucket:
    tokens: float
    at: float

    def fill(self, moment: float, rate: float, size: float) -> None:
        self.tokens = min(size, self.tokens + (moment - self.at) * rate)
        self.at = moment


class Pace:
    """Says when the next message may go. Within any second at most ``burst`` to one conversation and ``rate + 2`` to all.

    Args:
        each: messages a second to one conversation, after a burst of ``burst``.
        rate: messages a second to all.
        clock: seconds that only rise; tests bring their own.
    """

    def __init__(self, *, each: float = 1.0, burst: float = 3, rate: float = 25.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._each, self._burst, self._rate, self._clock = each, burst, rate, clock
        self._all = _Bucket(3, clock())
        self._chats: dict[str, _Bucket] = {}
        self._rests_until = 0.0

    def take(self, key: str) -> float:
        """Take leave to write to ``key`` now: 0, or the seconds to wait before asking again."""
        moment = self._clock()
        if moment < self._rests_until:
            return self._rests_until - moment
        chat = self._chats.setdefault(key, _Bucket(self._burst, moment))
        self._all.fill(moment, self._rate, 3)
        chat.fill(moment, self._each, self._burst)
        wait = max((1 - self._all.tokens) / self._rate, (1 - chat.tokens) / self._each)
        if wait > 0:
            return wait
        self._all.tokens -= 1
        chat.tokens -= 1
        self._forget(moment)
        return 0.0

    def done(self, key: str) -> None:
        """The message has arrived: only from now on does time count for the next, however long this one was on its way."""
        chat = self._chats.get(key)
        if chat:
            chat.at = self._clock()

    def rest(self, seconds: float) -> None:
        """Write to nobody for so long."""
        self._rests_until = max(self._rests_until, self._clock() + seconds)

    @property
    def resting(self) -> bool:
        return self._clock() < self._rests_until

    def _forget(self, moment: float) -> None:
        """Drop the buckets that are full again, so that memory does not grow with the number of patients."""
        if len(self._chats) > 2000:
            full = self._burst / self._each
            self._chats = {key: chat for key, chat in self._chats.items() if moment - chat.at < full}
