"""The database: one engine a process, transactions that never hang half-way."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.orm import Session

from bot.settings import settings

BUSY_SECONDS = 10
_STATEMENT_SECONDS = 20  # longer than any statement of ours may take
_READ = "rla_read"


def make_engine(url: str) -> Engine:
    """An engine for ``url``, with SQLite set to durable writes.

    SQLite: WAL with synchronous=FULL (an acknowledged message survives a power cut), and BEGIN IMMEDIATE for
    writers, so that a transaction that will write takes its lock at the start and never fails in the middle;
    secure_delete, so that what a patient had erased is overwritten and not just unlinked.
    PostgreSQL: nobody waits for a lock or a connection longer than SQLite would, and a server that vanished
    without a word (a host lost, a firewall that forgot us) is noticed within half a minute, not when TCP
    gives up after a quarter of an hour. See https://www.sqlite.org/wal.html,
    https://www.sqlite.org/lang_transaction.html and
    https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS.
    """
    pool = {"pool_size": 10, "max_overflow": 20, "pool_timeout": BUSY_SECONDS}
    if not url.startswith("sqlite"):
        waits = {
            "connect_timeout": 5,
            "options": f"-c lock_timeout={BUSY_SECONDS}s -c statement_timeout={_STATEMENT_SECONDS}s",
        }
        alive = {
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": _STATEMENT_SECONDS * 1000,
        }
        return create_engine(url, pool_pre_ping=True, connect_args=waits | alive, **pool)
    path = url.removeprefix("sqlite:///")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}, **pool)

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        wait = f"busy_timeout={int(BUSY_SECONDS * 1000)}"
        for pragma in (wait, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get(_READ, False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


class Store:
    """Transactions on one database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._turnstile = threading.Lock()
        self._reading = engine.execution_options(**{_READ: True})

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that commits at the end, or rolls back on an error."""
        with self._in_turn(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Let our writers queue up: SQLite takes one at a time, and the others would sleep ever longer
        between tries.

        Whoever waits too long goes on to SQLite, and gets its error.
        """
        held = self.is_sqlite and self._turnstile.acquire(timeout=BUSY_SECONDS)
        try:
            yield
        finally:
            if held:
                self._turnstile.release()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent view; nothing that is changed in it is kept."""
        with Session(self._reading, expire_on_commit=False) as session:
            yield session

    def forget(self) -> None:
        """After a deletion: write SQLite's log back and empty it, so that no file holds the deleted words."""
        if not self.is_sqlite:
            return
        raw = self.engine.raw_connection()
        try:
            with contextlib.suppress(
                sqlite3.Error
            ):  # the log is in use: the next call, or SQLite itself, empties it
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            raw.close()

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"


def one_at_a_time(session: Session, name: str) -> None:
    """Nobody else passes here under the same name before this transaction ends.

    SQLite has one writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


@cache
def store() -> Store:
    """The store of this process."""
    return Store(make_engine(settings().database))
