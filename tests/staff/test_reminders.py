"""A conversation comes up again when staff said, with its holder or in the queue."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.clock import now
from bot.content.clinic import clinic
from bot.conversation.timers import Timers
from bot.store.models import Conversation, Event, Note, Timer
from bot.work.notifier import Notifier
from tests.staff.conftest import House, Person, talk_path


def on_the_wall(moment: datetime) -> str:
    return moment.astimezone(ZoneInfo(clinic().time_zone)).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize("mode", ["assistant", "waiting", "staff", "closed"])
def test_it_comes_up_at_that_time_and_not_before(house: House, ana: Person, mode: str) -> None:
    talk = house.conversation(mode="assistant" if mode == "closed" else "waiting")
    if mode == "closed":
        ana.post(talk_path(talk, "close"))
    elif mode != "waiting":
        ana.post(talk_path(talk, "claim"))
    if mode == "assistant":
        ana.post(talk_path(talk, "return"))
    then = now() + timedelta(days=2)
    for _ in range(2):  # sent twice, set once
        ana.post(talk_path(talk, "remind"), at=on_the_wall(then), text="call about the scan")
    with house.store.read() as session:
        notes = session.scalars(select(Note.text)).all()
        assert len(session.scalars(select(Timer)).all()) == 1
    assert len(notes) == 1 and notes[0].startswith("Reminder for") and "call about the scan" in notes[0]

    clock = Timers(house.store, Notifier())
    clock.run_due(then - timedelta(minutes=2))
    assert ana.get("/staff/fragments/counts").json()["unread"] == 0
    clock.run_due(then + timedelta(minutes=1))
    with house.store.read() as session:
        found = session.get_one(Conversation, talk)
        assert [event.actor for event in session.scalars(select(Event).where(Event.kind == "reminder"))] == [
            "system"
        ]
    assert found.mode == ("staff" if mode == "staff" else "waiting")
    assert ana.get("/staff/fragments/counts").json()["unread"] == (1 if mode == "staff" else 0)
    assert (found.waiting_reason == "reminder") is (mode in ("assistant", "closed"))


@pytest.mark.parametrize(
    "at", ["", "soon", "2020-01-01T09:00", "0001-01-01T00:00", "9999-12-31T23:59", "2026-12-03T09:00+02:00"]
)
def test_a_time_that_cannot_be_is_refused_and_the_text_comes_back(house: House, ana: Person, at: str) -> None:
    talk = house.conversation()
    refused = ana.post(talk_path(talk, "remind"), at=at, text="my <reason>")
    assert refused.status_code == 400 and "my &lt;reason&gt;" in refused.text
    with house.store.read() as session:
        assert session.scalars(select(Note)).all() == []
