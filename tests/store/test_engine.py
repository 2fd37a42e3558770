"""Transactions: all or nothing, safe from a power cut, and never a wait without an end."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, StatementError

from bot.clock import now
from bot.store import engine as engines
from bot.store.engine import Store, make_engine
from bot.store.models import Base, Conversation, KeyValue, Timer


def put(store: Store, key: str, value: str = "x") -> None:
    with store.write() as session:
        session.merge(KeyValue(key=key, value=value))


def get(store: Store, key: str) -> str | None:
    with store.read() as session:
        row = session.get(KeyValue, key)
        return row.value if row else None


def test_a_write_is_kept_and_an_error_undoes_all_of_it(store: Store) -> None:
    put(store, "a")
    with pytest.raises(RuntimeError), store.write() as session:
        session.add(KeyValue(key="b", value="x"))
        session.flush()
        raise RuntimeError
    assert get(store, "a") == "x"
    assert get(store, "b") is None


def test_what_is_changed_while_reading_is_not_kept(store: Store) -> None:
    put(store, "a")
    with store.read() as session:
        session.get(KeyValue, "a").value = "y"
    assert get(store, "a") == "x"


def test_a_reader_is_not_held_up_by_a_writer_and_sees_nothing_of_it(store: Store) -> None:
    put(store, "a", "before")
    with store.write() as session:
        session.get(KeyValue, "a").value = "after"
        session.flush()
        assert get(store, "a") == "before"
    assert get(store, "a") == "after"


async def test_writers_at_once_lose_no_update(store: Store) -> None:
    """A transaction that reads and then writes must not fail in the middle or overwrite another's."""
    with store.write() as session:
        session.add(Conversation(id="c", channel="widget"))

    def more() -> None:
        with store.write() as session:
            row = session.get(Conversation, "c", with_for_update=True)
            row.last_seq += 1

    await asyncio.gather(*(asyncio.to_thread(more) for _ in range(40)))
    with store.read() as session:
        assert session.get(Conversation, "c").last_seq == 40


def test_times_come_back_aware_and_in_utc(store: Store) -> None:
    east = datetime(2026, 3, 8, 2, 30, tzinfo=timezone(timedelta(hours=9)))
    with store.write() as session:
        session.add(Timer(id=1, kind="x", key="x", due_at=east))
    with store.read() as session:
        due = session.get(Timer, 1).due_at
    assert (due, due.tzinfo) == (east, UTC)


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(StatementError), store.write() as session:
        session.add(Timer(kind="x", key="x", due_at=datetime(2026, 1, 1)))


def test_deleting_a_conversation_cascades_in_the_database_itself(store: Store) -> None:
    with store.write() as session:
        session.add(Conversation(id="c", channel="widget"))
        session.flush()
        session.add(Timer(kind="x", key="x", conversation_id="c", due_at=now()))
    with store.write() as session:
        session.execute(text("DELETE FROM conversations"))
    with store.read() as session:
        assert session.execute(text("SELECT count(*) FROM timers")).scalar() == 0


def test_sqlite_writes_survive_a_power_cut(tmp_path: Path) -> None:
    made = make_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with made.connect() as connection:
        read = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert read == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    made.dispose()


def test_a_database_that_stays_locked_is_an_error_and_not_a_wait_for_ever(
    engine: object, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BUSY_SECONDS", 1)
    hasty = Store(make_engine(engine.url.render_as_string(hide_password=False)))
    put(store, "a")
    with store.write() as session:
        session.get(KeyValue, "a", with_for_update=True)
        with pytest.raises(OperationalError):
            put(hasty, "a", "y")
    put(hasty, "a", "z")  # and afterwards it works again
    assert get(store, "a") == "z"
    hasty.engine.dispose()


def test_rasas_tables_and_ours_may_share_a_database() -> None:
    """On PostgreSQL they do; Rasa's tracker store is called ``events``."""
    assert "events" not in Base.metadata.tables


def test_a_statement_on_postgresql_ends(postgres: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a server that hangs takes one thread after the other, and patients wait without a word."""
    monkeypatch.setattr(engines, "_STATEMENT_SECONDS", 1)
    url = postgres.new(empty=True)
    engine = make_engine(url)
    with pytest.raises(OperationalError), engine.connect() as connection:
        connection.execute(text("SELECT pg_sleep(5)"))
    engine.dispose()
    postgres.drop(url)
