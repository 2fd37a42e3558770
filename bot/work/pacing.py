"""How fast all front doors together may write to a channel. What went out lately stands in the outbox.

A message counts from its lease until some seconds after its outcome was stored, so the figures hold where it
arrives, however long it is on its way. The clocks of the front doors must agree, as for leases. What seems to
come from the future, because a clock was put back, does not count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session

from bot.clock import now
from bot.store.models import Outbox
from bot.work.rates import Rates

#: No call takes longer than this; who is still on the way after it was left by a crash.
_LONGEST = timedelta(seconds=25)
_SKEW = timedelta(seconds=2)
_LOOK_AGAIN = 0.2  # seconds, when nobody can say how long it will be

_LATELY = select(Outbox.conversation_id, Outbox.state, Outbox.updated_at).where(
    Outbox.channel == bindparam("channel"),
    Outbox.updated_at < bindparam("before"),
    or_(
        and_(Outbox.state == "sending", Outbox.updated_at > bindparam("leased_after")),
        and_(Outbox.state.in_(("sent", "unknown")), Outbox.updated_at > bindparam("arrived_after")),
    ),
)


@dataclass(frozen=True)
class Sent:
    """A message that went out lately. ``at`` is the time of its outcome; ``None`` while it is on its way."""

    conversation_id: str
    at: datetime | None


class Pace:
    """Says when the next message may go, by what went out on a channel until ``moment``."""

    def __init__(self, sent: Iterable[Sent], moment: datetime, rates: Rates) -> None:
        self._sent, self._moment, self._rates = list(sent), moment, rates

    @classmethod
    def read(cls, session: Session, channel: str, rates: Rates) -> Pace:
        moment = now()
        longest = timedelta(seconds=max(rates.each_seconds, rates.all_seconds))
        times = {
            "before": moment + _SKEW,
            "leased_after": moment - _LONGEST,
            "arrived_after": moment - longest,
        }
        rows = session.execute(_LATELY, {"channel": channel, **times})
        return cls((Sent(row[0], None if row[1] == "sending" else row[2]) for row in rows), moment, rates)

    def add(self, conversation_id: str) -> None:
        """One more is on its way."""
        self._sent.append(Sent(conversation_id, None))

    def wait(self, conversation_id: str, *, urgent: bool = False) -> float:
        """0 if a message may go to this conversation now, else the seconds to wait before asking again."""
        mine = [sent for sent in self._sent if sent.conversation_id == conversation_id]
        rates = self._rates
        return max(
            self._until(mine, rates.each, rates.each_seconds),
            self._until(self._sent, rates.all if urgent else rates.all - rates.urgent, rates.all_seconds),
        )

    def _until(self, sent: list[Sent], most: int, seconds: float) -> float:
        """The seconds until fewer than ``most`` of them count."""
        left = [(one.at - self._moment).total_seconds() + seconds for one in sent if one.at]
        counting = sorted(time for time in left if time > 0)
        too_many = len(counting) + sum(one.at is None for one in sent) - most + 1
        if too_many <= 0:
            return 0.0
        return counting[too_many - 1] if too_many <= len(counting) else _LOOK_AGAIN
