"""How fast a channel is written to, whatever the way takes: simulated with a clock of its own."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from bot.work.pacing import Pace, Sent
from bot.work.rates import Rates

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
RATES = Rates(each=3, each_seconds=3.0, all=25, all_seconds=1.0, urgent=5)


class Way:
    """Messages on their way: those that arrived by ``moment`` have a time, the others do not."""

    def __init__(self) -> None:
        self.arrived: list[tuple[float, str]] = []
        self._stored: list[tuple[float, str]] = []

    def pace(self, moment: float) -> Pace:
        rows = (
            Sent(key, BEGIN + timedelta(seconds=at) if at <= moment else None) for at, key in self._stored
        )
        return Pace(rows, BEGIN + timedelta(seconds=moment), RATES)

    def busy(self, key: str, moment: float) -> bool:
        return any(at > moment for at, other in self._stored if other == key)

    def go(self, key: str, moment: float, takes: float, part: float) -> None:
        self.arrived.append((moment + takes * part, key))
        self._stored.append((moment + takes, key))


@pytest.mark.parametrize("seed", range(12))
def test_the_pace_is_never_exceeded_where_messages_arrive(seed: int) -> None:
    dice = random.Random(seed)
    conversations, slowness = dice.choice((3, 40, 400)), dice.choice((0.0, 0.3, 3.0))
    way, moment = Way(), 0.0
    for _ in range(1500):
        moment += dice.choice((0.0, 0.0, 0.001, 0.05))
        key, takes = str(dice.randrange(conversations)), dice.random() * slowness
        if way.busy(key, moment):  # a conversation's lines go one by one
            continue
        if way.pace(moment).wait(key, urgent=dice.random() < 0.3) == 0:
            way.go(key, moment, takes, dice.random())
    times = sorted(way.arrived)
    assert len(times) > 20
    for index, (at, key) in enumerate(times):
        later = times[index:]
        assert len([0 for other, _ in later if other < at + 0.999]) <= RATES.all
        assert (
            len([0 for other, whose in later if whose == key and other < at + RATES.each_seconds - 0.001])
            <= RATES.each
        )


def test_who_waits_as_long_as_told_may_go() -> None:
    way, moment, waits = Way(), 0.0, 0
    for number in range(400):
        key = str(number % 40)
        if wait := way.pace(moment).wait(key):
            moment, waits = moment + wait + 1e-5, waits + 1
            assert way.pace(moment).wait(key) == 0
        way.go(key, moment, 0, 0)
    assert waits > 10


def test_red_flags_have_room_that_others_leave() -> None:
    pace = Pace((), BEGIN, RATES)
    for number in range(RATES.all - RATES.urgent):
        assert pace.wait(str(number)) == 0
        pace.add(str(number))
    assert pace.wait("patient") > 0 and pace.wait("patient", urgent=True) == 0
