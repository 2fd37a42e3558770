"""Counting and showing the lists reads no whole table, on either database: by the plans of the real statements."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from bot.staff.booking_cards import booking_counts, newest_request
from bot.staff.queue import LISTS, read_queue
from bot.staff.unread import read_news
from bot.store.engine import Store
from bot.store.models import Staff


def whole_tables(session: Session, statements: list[tuple[str, Any]]) -> list[str]:
    """The statements whose plan reads a whole table of conversations, red flags or requests."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    connection = session.connection()
    if not sqlite:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # small tables are read whole, gladly
    scan = (
        r"SCAN (conversations|alerts|bookings)$" if sqlite else r"Seq Scan on (conversations|alerts|bookings)"
    )
    found = []
    for statement, values in statements:
        plan = connection.exec_driver_sql(
            f"{'EXPLAIN QUERY PLAN' if sqlite else 'EXPLAIN'} {statement}", values
        ).all()
        lines = [str(line[-1]) for line in plan]
        if any(re.search(scan, line) for line in lines):
            found.append("\n".join([statement, *lines]))
    return found


def test_no_list_and_no_number_of_the_console_reads_a_whole_table(store: Store) -> None:
    said: list[tuple[str, Any]] = []
    with store.write() as session:
        session.add(Staff(id=1, email="ana@clinic.example", name="Ana", password_hash="x"))
    with store.read() as session:
        staff = session.get_one(Staff, 1)

        @event.listens_for(session.connection(), "before_cursor_execute")
        def _note(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
            if statement.startswith("SELECT"):
                said.append((statement, values))

        for name in LISTS:
            read_queue(session, name, staff)
        read_news(session, staff)
        newest_request(session)
        booking_counts(session)
        event.remove(session.connection(), "before_cursor_execute", _note)
        assert len(said) > 20
        assert whole_tables(session, said) == []
