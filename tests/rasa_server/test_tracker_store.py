"""Rasa's tracker as one row a conversation: the same state as Rasa's own store gives, at the same cost
whatever the length.

In a process of its own, with the stand-in; on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from bot.conversation.erasure import erase_tracker
from bot.settings import settings
from tests.conftest import Postgres
from tests.rasa_server.test_tensorflow_stub import in_python

START = """
    import asyncio, json, warnings
    warnings.filterwarnings("ignore")
    from bot.rasa_server import tensorflow_stub
    tensorflow_stub.install()
    import sqlalchemy as sa
    from rasa.core.tracker_store import SQLTrackerStore
    from rasa.shared.core.domain import Domain
    from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, SessionStarted, SlotSet, UserUttered
    from rasa.shared.core.events import ConversationPaused
    from bot.rasa_server.tracker_store import TURNS, RecentTrackerStore

    domain = Domain.load("domain.yml")

    def turn(tracker, number, *more):
        for event in (
            UserUttered(f"message {number}", {"name": "ask_iron_link"}, metadata={"inbound_id": number}),
            SlotSet("awaiting", f"wait {number}"), *more,
            ActionExecuted("action_reply"), BotUttered(f"answer {number}"), ActionExecuted("action_listen"),
        ):
            tracker.update(event, domain)

    def state(tracker):
        words = [event.text for event in tracker.events if event.type_name in ("user", "bot")]
        slots = {name: value for name, value in tracker.current_slot_values().items() if value is not None}
        loop = tracker.active_loop_name
        return {"slots": slots, "loop": loop, "paused": tracker.is_paused(), "said": words[-2 * TURNS :],
                "latest": tracker.latest_message.text, "action": tracker.latest_action_name}

    async def talk(store, sender, turns, special):
        for number in range(turns):
            tracker = await store.get_or_create_tracker(sender, append_action_listen=False)
            if number == 0:
                for event in (ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")):
                    tracker.update(event, domain)
            turn(tracker, number, *special.get(number, list)())
            await store.save(tracker)
        return await store.retrieve(sender)

    LOOP = {  # made when they happen: Rasa's store reads what is not older than the session
        2: lambda: [ActiveLoop("booking_form"), SlotSet("booking_name", "Ann")],
        3: lambda: [ConversationPaused()],
    }
"""
SAME = """
    async def main():
        ours, theirs = RecentTrackerStore(domain, URL), SQLTrackerStore(domain, host="sqlite://")
        for turns in (1, 3, TURNS, TURNS + 1, 3 * TURNS):
            kept, whole = [await talk(store, f"t{turns}", turns, LOOP) for store in (ours, theirs)]
            assert state(kept) == state(whole), (state(kept), state(whole))
            full = [await store.retrieve_full_tracker(f"t{turns}") for store in (ours, theirs)]
            ours_, theirs_ = [[(e.type_name, getattr(e, "text", "")) for e in tracker.events] for tracker in full]
            assert ours_ == theirs_ and len(ours_) > 5 * turns
        assert await ours.retrieve("nobody") is None
        print(json.dumps([len(kept.events) < 7 * TURNS, kept.active_loop_name, kept.is_paused(), kept.slots["booking_name"].value]))
    asyncio.run(main())
"""
COST = """
    async def main():
        store = RecentTrackerStore(domain, URL)
        costs = []
        seen = {"commits": 0, "statements": 0, "reads": 0}
        for turns in (TURNS + 5, 20 * TURNS):
            await talk(store, f"t{turns}", turns, LOOP)
            for name in seen: seen[name] = 0
            if not costs:
                @sa.event.listens_for(store.engine, "commit")
                def commit(connection): seen["commits"] += 1
                @sa.event.listens_for(store.engine, "before_cursor_execute")
                def statement(connection, cursor, words, *_):
                    seen["statements"] += 1
                    seen["reads"] += words.lstrip().upper().startswith("SELECT")
            tracker = await store.retrieve(f"t{turns}")
            read = len(tracker.events)
            turn(tracker, turns)
            await store.save(tracker)
            costs.append((read, *seen.values()))
        print(json.dumps(costs))
    asyncio.run(main())
"""
BEFORE = """
    async def main():
        theirs = SQLTrackerStore(domain, host=URL)
        await talk(theirs, "from before", 15, LOOP)
        ours = RecentTrackerStore(domain, URL)
        tracker = await ours.retrieve("from before")
        turn(tracker, 15)
        await ours.save(tracker)
        tracker = await ours.retrieve("from before")
        full = await ours.retrieve_full_tracker("from before")
        words = [event.text for event in full.events if event.type_name == "user"]
        for event in (ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")):
            tracker.update(event, domain)
        await ours.save(tracker)
        print(json.dumps([words == [f"message {n}" for n in range(16)], state(await ours.retrieve("from before"))["said"]]))
    asyncio.run(main())
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/rasa.db"
    else:
        made: Postgres = request.getfixturevalue("postgres")
        made_url = made.new()
        yield made_url
        made.drop(made_url)


def run(code: str, url: str) -> object:
    return json.loads(in_python(START + f"    URL = {url!r}\n" + code).splitlines()[-1])


def test_state_and_last_messages_are_those_of_rasas_own_store(url: str) -> None:
    assert run(SAME, url) == [True, "booking_form", True, "Ann"]


def test_a_turn_reads_and_writes_the_same_however_long_the_conversation_is(url: str) -> None:
    """One read, one row, one commit; Rasa's own reads all that was said."""
    short, long = run(COST, url)  # type: ignore[misc]
    assert short == long
    assert long[1:] == [1, 3, 1]


def test_a_conversation_from_before_goes_on_and_a_new_session_forgets_the_words(url: str) -> None:
    assert run(BEFORE, url) == [True, []]


def test_erasure_reaches_both_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLA_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    url = settings().rasa_database
    run(SAME, url)
    assert erase_tracker("t3") > 0 and erase_tracker("t3") == 0
    engine = create_engine(url)
    with engine.connect() as connection:
        for table in ("events", "tracker_states"):
            left = {row[0] for row in connection.execute(text(f"SELECT sender_id FROM {table}"))}
            assert "t3" not in left and "t30" in left
    engine.dispose()
    settings.cache_clear()
