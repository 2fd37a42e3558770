"""The index of words follows the tables, on both databases, and what is deleted leaves it to the last byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, insert, inspect, text, update

from bot.clock import now
from bot.store import search
from bot.store.engine import Store, make_engine
from bot.store.migrate import go_to, known
from bot.store.models import Base, Booking, Conversation, Inbound, Message


def add(store: Store, *lines: str, sender: str = "patient", name: str = "") -> str:
    with store.write() as session:
        talk = Conversation(channel="widget")
        session.add(talk)
        session.flush()
        session.add_all(
            Message(conversation_id=talk.id, seq=seq, sender=sender, text=line)
            for seq, line in enumerate(lines, 1)
        )
        inbound = Inbound(conversation_id=talk.id, channel="widget", external_id=talk.id, text="x", seq=1)
        session.add(inbound)
        session.flush()
        said = {"name": name, "contact": "x", "times": "x", "reason": "x", "consent_at": now()}
        session.add(Booking(conversation_id=talk.id, inbound_id=inbound.id, **said))
        return talk.id


def found(store: Store, said: str, limit: int = 100) -> list[str]:
    with store.read() as session:
        ids = search.lines_with(session, search.words(said), limit)
        return [session.get_one(Message, one).text for one in ids]


def named(store: Store, said: str) -> list[str]:
    with store.read() as session:
        ids = search.requests_of(session, search.words(said), 100)
        return [session.get_one(Booking, one).name for one in ids]


def test_all_words_of_a_line_are_found_whatever_stands_between_them_the_newest_first(store: Store) -> None:
    lines = ["My legs-hurt at night!", "legs, 555-0123?", "the LEGS of Müller", "nothing", "legs can't rest"]
    add(store, *lines)
    assert found(store, "legs") == [lines[4], lines[2], lines[1], lines[0]]
    assert found(store, "hurt LEGS") == [lines[0]]
    assert found(store, "0123") == found(store, "555-0123") == [lines[1]]
    assert found(store, "müller") == [lines[2]]
    assert found(store, "can't") == [lines[4]]
    assert found(store, "leg") == found(store, "legs nothing") == []
    assert found(store, "legs", limit=2) == [lines[4], lines[2]]


def test_signs_that_mean_something_to_the_database_are_none(store: Store) -> None:
    add(store, "near or not a and")
    for said in ('near" OR *', "not: (a & !b)", "a' --", "near/2", "or"):
        assert isinstance(found(store, said), list)
    assert found(store, "NOT OR") == ["near or not a and"]


def test_names_are_found_by_how_their_words_begin(store: Store) -> None:
    add(store, name="Olga Petrova")
    add(store, name="Ann Hill")
    assert named(store, "petr olga") == ["Olga Petrova"] and named(store, "trova") == []


def test_what_the_assistant_said_is_not_in_the_index(store: Store) -> None:
    add(store, "iron matters", sender="assistant")
    add(store, "iron matters", sender="staff")
    assert found(store, "iron") == ["iron matters"]


def test_changes_and_deletions_are_followed_by_whatever_way_they_come(store: Store) -> None:
    talk, other = (
        add(store, "first canary", name="Canary One"),
        add(store, "other canary", name="Other Canary"),
    )
    with store.write() as session:
        session.execute(update(Message).where(Message.conversation_id == talk).values(text="second canary"))
    assert (found(store, "first"), found(store, "second")) == ([], ["second canary"])
    with store.write() as session:
        session.execute(delete(Conversation).where(Conversation.id == talk))  # the rest by the cascade
    assert (found(store, "canary"), named(store, "canary")) == (["other canary"], ["Other Canary"])
    if store.is_sqlite:
        with store.engine.connect() as connection:  # the index has entries of these rows and of no other
            for name, column in (("search_messages", "text"), ("search_names", "name")):
                connection.exec_driver_sql(f"CREATE VIRTUAL TABLE temp.v USING fts5vocab(main, {name}, row)")
                terms = {row[0] for row in connection.exec_driver_sql("SELECT term FROM temp.v")}
                assert terms == {"other", "canary"}, column
                connection.exec_driver_sql("DROP TABLE temp.v")
    assert other


def test_what_stood_there_before_the_index_is_in_it(engine: Engine) -> None:
    store = Store(engine)
    go_to(engine, "0012")
    add(store, "words from before", name="Early Bird")
    go_to(engine, known(engine)[-1])
    assert (found(store, "before"), named(store, "early")) == (["words from before"], ["Early Bird"])


def test_migrations_and_models_make_the_same_index(engine: Engine, tmp_path: Path) -> None:
    """A later migration that copies ``messages`` on SQLite would drop its triggers."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            made = connection.execute(text("SELECT indexdef FROM pg_indexes WHERE indexname LIKE 'search_%'"))
            before = sorted(made.scalars())
            Base.metadata.drop_all(connection)
            Base.metadata.create_all(connection)
            made = connection.execute(text("SELECT indexdef FROM pg_indexes WHERE indexname LIKE 'search_%'"))
            assert before == sorted(made.scalars()) != []
        return
    fresh = make_engine(f"sqlite:///{tmp_path / 'fresh.db'}")
    Base.metadata.create_all(fresh)
    query = text("SELECT name, sql FROM sqlite_master WHERE name LIKE 'search_%' ORDER BY name")
    made = [one.connect().execute(query).all() for one in (engine, fresh)]
    assert made[0] == made[1] and "search_messages_gone" in dict(made[0])
    fresh.dispose()


def test_no_file_holds_a_word_that_was_deleted_and_many_others_stay(store: Store, tmp_path: Path) -> None:
    if not store.is_sqlite:
        pytest.skip("PostgreSQL frees its pages by itself, at the next vacuum")
    kept = add(store, "other")
    rows = [
        {"conversation_id": kept, "seq": seq, "sender": "patient", "text": f"kept{seq} words{seq % 97}"}
        for seq in range(2, 6_000)
    ]
    for begin in range(0, len(rows), 1000):  # several segments of the index
        with store.write() as session:
            session.execute(insert(Message), rows[begin : begin + 1000])
        if begin == 2000:
            gone = add(store, *(f"zzcanaryzz{number}" for number in range(200)), name="zzcanaryzz")
    with store.write() as session:
        session.execute(delete(Conversation).where(Conversation.id == gone))
    search.forget(store)
    store.forget()
    # A term is written without the beginning that it shares with the one before it.
    holding = [path.name for path in tmp_path.iterdir() if b"canaryzz" in path.read_bytes()]
    assert holding == [] and found(store, "kept5999") == ["kept5999 words82"]
    assert "search_messages" in inspect(store.engine).get_table_names()
