"""The index of words: what patients and staff wrote, and the names that were left with requests.

SQLite: FTS5 tables that hold no text of their own (https://www.sqlite.org/fts5.html, 4.4.3) and triggers that keep
them. PostgreSQL: GIN indexes over tsvectors. In both a row that is deleted, by whatever way, leaves the index in the
same transaction. What the assistant said is left out: the same reviewed texts stand in every conversation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Integer,
    TextClause,
    column,
    event,
    select,
    table,
    text,
)
from sqlalchemy.orm import Session

from bot.store.base import Base
from bot.store.engine import Store

_WORDS = re.compile(r"[^\W_]+")
_STEP = 300  # pages of the index written in one transaction, so that nobody waits long
#: Of each index: its table, its column, and which rows it holds (``{row}`` is the row's name).
_INDEXES = {
    "search_messages": ("messages", "text", "{row}sender IN ('patient', 'staff')"),
    "search_names": ("bookings", "name", "{row}name <> ''"),
}
#: Only letters and digits part words, as in ``words``: a number is no number with a sign, a hyphen joins nothing.
_VECTOR = "to_tsvector('simple', regexp_replace({column}, '[^[:alnum:]]+', ' ', 'g'))"


def words(said: str) -> list[str]:
    """The words of what somebody looks for, in small letters."""
    return _WORDS.findall(said.lower())


def statements(dialect: str) -> list[str]:
    """What makes the indexes in a database whose tables are there; rows that are there too are not read."""
    return [line for name in _INDEXES for line in (_sqlite if dialect == "sqlite" else _postgresql)(name)]


def _postgresql(name: str) -> list[str]:
    of, column_name, kept = _INDEXES[name]
    vector = _VECTOR.format(column=column_name)
    return [f"CREATE INDEX {name} ON {of} USING gin ({vector}) WHERE {kept.format(row='')}"]


def _sqlite(name: str) -> list[str]:
    of, field, kept = _INDEXES[name]
    add = f"INSERT INTO {name} (rowid, {field}) SELECT new.id, new.{field} WHERE {kept.format(row='new.')};"
    drop = (
        f"INSERT INTO {name} ({name}, rowid, {field}) SELECT 'delete', old.id, old.{field}"
        f" WHERE {kept.format(row='old.')};"
    )
    options = f"content='{of}', content_rowid='id', tokenize='unicode61 remove_diacritics 2'"
    return [
        f"CREATE VIRTUAL TABLE {name} USING fts5 ({field}, {options})",
        f"CREATE TRIGGER {name}_added AFTER INSERT ON {of} BEGIN {add} END",
        f"CREATE TRIGGER {name}_gone AFTER DELETE ON {of} BEGIN {drop} END",
        f"CREATE TRIGGER {name}_changed AFTER UPDATE OF {field} ON {of} BEGIN {drop} {add} END",
    ]


@event.listens_for(Base.metadata, "after_create")
def _create(_: object, connection: Connection, **__: object) -> None:
    for statement in statements(connection.dialect.name):
        connection.exec_driver_sql(statement)


def lines_with(session: Session, wanted: Sequence[str], limit: int) -> list[int]:
    """The ids of the lines that hold all words, the newest first."""
    ids, matched = _matched(session, "search_messages", wanted, begun=False)
    return list(session.scalars(select(ids).where(matched).order_by(ids.desc()).limit(limit)))


def requests_of(session: Session, wanted: Sequence[str], limit: int) -> list[int]:
    """The ids of the requests whose name holds all words, or words that begin so; the newest first."""
    ids, matched = _matched(session, "search_names", wanted, begun=True)
    return list(session.scalars(select(ids).where(matched).order_by(ids.desc()).limit(limit)))


def _matched(
    session: Session, name: str, wanted: Sequence[str], *, begun: bool
) -> tuple[ColumnElement[int], TextClause]:
    """The column with the ids of the rows, and the condition that a row holds the words.

    On SQLite both are of the index itself: it gives its rows in the order of their ids, and stops where asked.
    """
    table_name, column_name, kept = _INDEXES[name]
    if _is_sqlite(session):
        query = " ".join(f'"{word}"{"*" if begun else ""}' for word in wanted)
        ids: ColumnElement[int] = table(name, column("rowid", Integer)).c.rowid
        return ids, text(f"{name} MATCH :query").bindparams(query=query)
    query = " & ".join(f"{word}{':*' if begun else ''}" for word in wanted)
    condition = (
        f"{kept.format(row='')} AND {_VECTOR.format(column=column_name)} @@ to_tsquery('simple', :query)"
    )
    return Base.metadata.tables[table_name].c.id, text(condition).bindparams(query=query)


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def forget(store: Store) -> None:
    """After a deletion: write SQLite's indexes anew without the words that are gone.

    FTS5 only marks them as gone until it merges its segments, which this does to the end, a little at a time
    ("the merge command" in its documentation). To be called before ``Store.forget``. PostgreSQL frees the space
    as it does with tables.
    """
    if not store.is_sqlite:
        return
    for name in _INDEXES:
        pages = -_STEP  # negative: merge everything, not only what is due
        while _merged(store.engine, name, pages):
            pages = _STEP


def _merged(engine: Engine, name: str, pages: int) -> bool:
    """One step; whether there was something to do."""
    with engine.begin() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        before = raw.total_changes
        connection.exec_driver_sql(f"INSERT INTO {name} ({name}, rank) VALUES ('merge', {pages})")  # noqa: S608
        return bool(raw.total_changes - before >= 2)
