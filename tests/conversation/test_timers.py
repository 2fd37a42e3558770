"""Timers: due rows, done once, over restarts and by several front doors; the ladder of urgent
conversations."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from bot.clock import now
from bot.conversation import alerting, timers
from bot.conversation.timers import Timers
from bot.staff import desk
from bot.store.engine import Store
from bot.store.models import Alert, Conversation, Event, Timer
from bot.work.notifier import Notifier
from tests.support.talk import Talk, person

MONDAY_10 = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # 10 in the morning at the clinic
FRIDAY_CLOSING = datetime(2026, 11, 20, 20, 58, tzinfo=UTC)  # two minutes before it closes for the weekend


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the steps that were told on."""
    keys: list[str] = []

    def tell(conversation_id: str, *, minutes: int, key: str, seen: bool = False) -> tuple[str, ...]:
        keys.append(key)
        return ("webhook",)

    monkeypatch.setattr(alerting, "urgent", tell)
    return keys


@pytest.fixture
def clock(store: Store) -> Timers:
    return Timers(store, Notifier())


def raise_flag(talk: Talk, at: datetime) -> int:
    """A red flag that was raised at a given time."""
    talk.say("chest pain")
    with talk.store.write() as session:
        alert = session.get(Alert, talk.rows(Alert, Alert.conversation_id == talk.id)[-1].id)
        alert.raised_at = alert.raised_last_at = at
        for timer in talk.rows(Timer, Timer.conversation_id == talk.id):
            session.get(Timer, timer.id).due_at = at + timedelta(minutes=timer.data["minutes"])
    return alert.id


def minutes_told(talk: Talk) -> list[float]:
    return [
        event.data["minutes"]
        for event in talk.rows(Event, Event.conversation_id == talk.id)
        if event.kind == "alert_step"
    ]


def test_an_unseen_red_flag_climbs_each_step_once(clock: Timers, talk: Talk, told: list[str]) -> None:
    alert = raise_flag(talk, MONDAY_10)
    clock.run_due(MONDAY_10 + timedelta(minutes=4))
    assert told == []
    for minutes in (5, 6, 15, 16, 60):
        clock.run_due(MONDAY_10 + timedelta(minutes=minutes))
    assert told == [f"alert-{alert}-raised-1-5", f"alert-{alert}-raised-1-15"]
    assert minutes_told(talk) == [5, 15]


def test_a_flood_of_red_flags_is_one_alert_with_one_ladder_and_a_graver_one_another(talk: Talk) -> None:
    """Else three hundred of one visitor would stand before the one of the next patient."""

    def ladders() -> int:
        return len({timer.data["raise"] for timer in talk.rows(Timer) if timer.kind == "alert"})

    for tier in ("prescriber", "prescriber", "emergency", "emergency", "prescriber"):
        talk.rules.tier = tier
        talk.say("chest pain")
    assert len(talk.rows(Alert)) == 1 and ladders() == 2


def test_opening_it_ends_no_alarm_and_begins_a_ladder_of_its_own(
    clock: Timers, talk: Talk, told: list[str]
) -> None:
    alert = raise_flag(talk, MONDAY_10)
    ann = person(talk.store)
    with talk.store.write() as session:
        desk.see_alerts(session, talk.id, ann)
        session.get(Alert, alert).seen_at = MONDAY_10 + timedelta(minutes=2)
        for timer in session.query(Timer):
            if timer.data["ladder"] == "seen":
                timer.due_at = MONDAY_10 + timedelta(minutes=2 + timer.data["minutes"])
    for minutes in range(1, 40):
        clock.run_due(MONDAY_10 + timedelta(minutes=minutes))
    steps = ["raised-1-5", "seen-1-10", "raised-1-15", "seen-1-30"]
    assert told == [f"alert-{alert}-{step}" for step in steps]


@pytest.mark.parametrize("how", ["wrote", "phoned", "closed"])
def test_a_red_flag_that_somebody_acted_on_climbs_no_further(
    clock: Timers, talk: Talk, told: list[str], how: str
) -> None:
    alert = raise_flag(talk, MONDAY_10)
    ann = person(talk.store)
    with talk.store.write() as session:
        if how == "wrote":
            desk.claim(session, talk.id, ann)
            desk.reply(session, talk.id, ann, "please call us")
        elif how == "phoned":
            desk.phoned(session, talk.id, ann)
        else:
            desk.close_alert(session, alert, ann, "is at the hospital")
    clock.run_due(max(MONDAY_10, now()) + timedelta(hours=1))
    assert told == []
    assert {timer.outcome for timer in talk.rows(Timer)} == {"closed" if how == "closed" else "acted"}


def test_minutes_are_those_of_opening_hours(clock: Timers, talk: Talk, told: list[str]) -> None:
    """Raised two minutes before the weekend: the third to fifth minute are those of Monday morning."""
    alert = raise_flag(talk, FRIDAY_CLOSING)
    clock.run_due(FRIDAY_CLOSING + timedelta(minutes=5))
    clock.run_due(FRIDAY_CLOSING + timedelta(days=1))
    assert told == []
    monday = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
    clock.run_due(monday + timedelta(minutes=2))
    assert told == []
    clock.run_due(monday + timedelta(minutes=3, seconds=1))
    assert told == [f"alert-{alert}-raised-1-5"]


def test_telling_is_tried_again_with_the_same_key_and_written_down_once(
    clock: Timers, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[str] = []

    def flaky(conversation_id: str, *, minutes: int, key: str, seen: bool = False) -> tuple[str, ...]:
        keys.append(key)
        if len(keys) < 3:
            raise OSError("played")
        return ("e-mail",)

    monkeypatch.setattr(alerting, "urgent", flaky)
    alert = raise_flag(talk, MONDAY_10)
    for step in range(5):
        clock.run_due(MONDAY_10 + timedelta(minutes=5, seconds=40 * step))
        assert minutes_told(talk) == ([5] if len(keys) == 3 else [])  # not before somebody was told
    assert keys == [f"alert-{alert}-raised-1-5"] * 3
    assert [event.data["told"] for event in talk.rows(Event) if event.kind == "alert_step"] == [["e-mail"]]


def test_where_nobody_is_set_to_be_told_nothing_says_that_somebody_was(clock: Timers, talk: Talk) -> None:
    raise_flag(talk, MONDAY_10)
    with capture_logs() as lines:
        clock.run_due(MONDAY_10 + timedelta(minutes=20))
        clock.run_due(MONDAY_10 + timedelta(minutes=40))
    assert {timer.outcome for timer in talk.rows(Timer)} == {"nobody_to_tell"}
    assert minutes_told(talk) == []
    assert [(line["log_level"], line["event"], line["minutes"]) for line in lines] == [
        ("error", "nobody_to_tell", n) for n in (5, 15)
    ]


def test_a_step_that_reached_nobody_is_tried_until_it_does(
    clock: Timers, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    up, tries = [False], []

    def tell(conversation_id: str, *, minutes: int, key: str, seen: bool = False) -> tuple[str, ...]:
        tries.append(minutes)
        if not up[0]:
            raise OSError("played")
        return ("webhook",)

    monkeypatch.setattr(alerting, "urgent", tell)
    raise_flag(talk, MONDAY_10)
    with capture_logs() as lines:
        for step in range(180):  # three hours, looked at every minute
            clock.run_due(MONDAY_10 + timedelta(minutes=5 + step))
    first = min(talk.rows(Timer), key=lambda timer: timer.data["minutes"])
    assert first.done_at is None and minutes_told(talk) == []
    assert 60 < tries.count(5) < 120  # it waits longer between tries than at the start
    line = next(line for line in lines if line["event"] == "timer_stuck")
    assert line == {
        **{"event": "timer_stuck", "log_level": "error", "kind": "alert"},
        **{"timer": first.id, "conversation": talk.id, "attempts": timers._STUCK},
    }
    up[0] = True
    clock.run_due(MONDAY_10 + timedelta(hours=4))
    assert sorted(minutes_told(talk)) == [5, 15]


@pytest.mark.parametrize(
    ("setting", "warned"),
    [
        ({}, True),
        ({"RLA_ALERT_WEBHOOK_URL": "https://x.example/"}, False),
        ({"RLA_SMTP_URL": "smtp://mail.example"}, True),
    ],
)
async def test_the_start_warns_where_nobody_would_be_told(
    setting: dict[str, str], warned: bool, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in setting.items():
        monkeypatch.setenv(name, value)
    clock = Timers(store, Notifier())
    with capture_logs() as lines:
        await clock.start()
    await clock.stop()
    assert [line["log_level"] for line in lines if line["event"] == "nobody_to_tell"] == ["warning"] * warned


def test_one_broken_timer_does_not_stop_the_others(clock: Timers, talk: Talk, told: list[str]) -> None:
    with talk.store.write() as session:
        session.add(Timer(kind="alert", key="broken", data={}, due_at=MONDAY_10 - timedelta(days=1)))
    raise_flag(talk, MONDAY_10)
    for step in range(timers._STUCK + 2):
        clock.run_due(MONDAY_10 + timedelta(minutes=5 + step))
    assert len(told) == 2


def test_a_promised_erasure_is_never_given_up(
    clock: Timers, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked_out(_: str) -> None:
        raise OSError("played")

    with talk.store.write() as session:
        session.add(Timer(kind="erase_tracker", key="erase:x", data={"sender": "x"}, due_at=MONDAY_10))
    with monkeypatch.context() as patch:
        patch.setattr(timers, "erase_tracker", locked_out)
        for step in range(timers._STUCK * 2):
            clock.run_due(MONDAY_10 + timedelta(minutes=step))
    assert talk.rows(Timer)[0].done_at is None
    clock.run_due(MONDAY_10 + timedelta(hours=1))
    assert talk.rows(Timer)[0].outcome == "erased"


def test_an_ordered_erasure_erases(clock: Timers, talk: Talk) -> None:
    talk.say("hello")
    with talk.store.write() as session:
        session.add(Timer(kind="erase_conversation", key="e", data={"conversation": talk.id}, due_at=now()))
    clock.run_due(now() + timedelta(seconds=1))
    assert talk.rows(Conversation, Conversation.id == talk.id) == []
    clock.run_due(now() + timedelta(hours=1))
    assert {timer.outcome for timer in talk.rows(Timer)} == {"erased"}


async def test_several_front_doors_do_each_timer_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    done: Counter[str] = Counter()
    monkeypatch.setattr(timers, "erase_tracker", lambda sender: done.update([sender]))
    with store.write() as session:
        for number in range(20):
            session.add(
                Timer(kind="erase_tracker", key=f"k{number}", data={"sender": str(number)}, due_at=MONDAY_10)
            )
    doors = [Timers(store, Notifier()) for _ in range(4)]
    await asyncio.gather(*(asyncio.to_thread(door.run_due, MONDAY_10) for door in doors))
    assert done == Counter({str(number): 1 for number in range(20)})


def test_a_timer_whose_front_door_died_is_taken_up_after_its_hold(
    clock: Timers, talk: Talk, told: list[str]
) -> None:
    raise_flag(talk, MONDAY_10)
    at = MONDAY_10 + timedelta(minutes=5)
    assert clock._take(at)  # and dies
    clock.run_due(at)
    assert told == []
    clock.run_due(max(at, now()) + timedelta(minutes=2))
    assert len(told) >= 1


async def test_the_loop_survives_whatever_happens_in_a_round(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timers, "_LOOK_EVERY", 0.01)
    rounds = 0
    enough = asyncio.Event()
    loop = asyncio.get_running_loop()

    def broken() -> int:
        nonlocal rounds
        rounds += 1
        if rounds == 3:
            loop.call_soon_threadsafe(enough.set)
        raise RuntimeError("played")

    clock = Timers(store, Notifier())
    monkeypatch.setattr(clock, "run_due", broken)
    await clock.start()
    await asyncio.wait_for(enough.wait(), 10)
    await clock.stop()
