"""Erasure: every table, Rasa's events, and the very bytes of the files."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text

from bot.clock import now
from bot.conversation import erasure
from bot.conversation.erasure import erase
from bot.conversation.timers import Timers
from bot.settings import settings
from bot.store.engine import Store
from bot.store.models import (
    Alert,
    Appointment,
    Base,
    Booking,
    ContactLink,
    Event,
    Inbound,
    Message,
    Note,
    Outbox,
    Timer,
    TurnLog,
)
from bot.work.notifier import Notifier
from tests.support.talk import Talk, person

CANARY = "canary-7f3a"
WORD = "zebrafish"  # one word, as it stands in the index of words


def tracker(sender: str) -> None:
    """Rasa's tracker store as rasa 3.6 makes it, with events of ``sender`` and of another."""
    engine = create_engine(settings().rasa_database)
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, sender_id VARCHAR(255), data TEXT)"
            )
        )
        for who in (sender, "another"):
            connection.execute(
                text("INSERT INTO events (sender_id, data) VALUES (:who, :data)"),
                {"who": who, "data": f"{CANARY} of {who}" * 200},
            )
    engine.dispose()


def trackers() -> list[str]:
    engine = create_engine(settings().rasa_database)
    with engine.connect() as connection:
        found = [row[0] for row in connection.execute(text("SELECT sender_id FROM events"))]
    engine.dispose()
    return found


def fill(talk: Talk) -> None:
    """A row of every table that belongs to a conversation."""
    talk.say(f"chest pain {CANARY}")
    ann = person(talk.store)
    inbound = talk.inbox[0]
    with talk.store.write() as session:
        line = session.scalars(select(Message).where(Message.conversation_id == talk.id)).first()
        of = {"conversation_id": talk.id}
        session.add(Note(staff_id=ann.id, text=CANARY, **of))
        session.add(Outbox(message_id=line.id, channel="telegram", **of))
        session.add(TurnLog(inbound_id=inbound.id, action="action_reply", **of))
        booking = Booking(
            inbound_id=inbound.id,
            name=CANARY,
            contact=CANARY,
            times=CANARY * 99,
            reason=CANARY,
            consent_at=now(),
            **of,
        )
        session.add(booking)
        session.flush()
        session.add(ContactLink(token_hash="x", booking_id=booking.id, expires_at=now(), **of))
        begin = now()
        session.add(
            Appointment(
                booking_id=booking.id,
                starts_at=begin,
                ends_at=begin + timedelta(minutes=30),
                place=CANARY,
                person=CANARY,
                uid="x",
                **of,
            )
        )


OF_A_CONVERSATION = [table for table in Base.metadata.sorted_tables if "conversation_id" in table.c]


def rows(store: Store, conversation_id: str) -> dict[str, int]:
    with store.read() as session:
        return {
            table.name: len(
                session.execute(select(table).where(table.c.conversation_id == conversation_id)).all()
            )
            for table in OF_A_CONVERSATION
        }


def test_every_table_of_a_conversation_is_emptied_and_no_other_conversation_is_touched(talk: Talk) -> None:
    other = Talk(talk.store)
    other.say("hello")
    fill(talk)
    before = rows(talk.store, other.id)
    assert all(rows(talk.store, talk.id).values()), "a new table: fill it here, and see that it cascades"
    erase(talk.store, talk.id)
    assert not any(rows(talk.store, talk.id).values())
    assert rows(talk.store, other.id) == before
    assert {model.__tablename__ for model in (Alert, Event, Inbound, Message)} <= set(before)


def test_every_table_with_a_patients_text_hangs_on_the_conversation() -> None:
    loose = {"staff", "staff_sessions", "sign_in_attempts", "facts", "conversations", "audit"}
    tables = {table.name for table in Base.metadata.sorted_tables}
    assert tables - loose == {table.name for table in OF_A_CONVERSATION}
    for table in OF_A_CONVERSATION:
        (key,) = table.c.conversation_id.foreign_keys
        assert key.ondelete == "CASCADE", table.name


def test_rasas_events_of_this_sender_go_and_of_no_other(talk: Talk) -> None:
    tracker(talk.id)
    erase(talk.store, talk.id)
    assert trackers() == ["another"]


def test_what_rasa_stores_of_a_turn_that_was_running_goes_too(talk: Talk) -> None:
    """Rasa writes its tracker when the turn ends, which may be after the erasure."""
    erase(talk.store, talk.id)
    tracker(talk.id)
    Timers(talk.store, Notifier()).run_due(now() + timedelta(minutes=10))
    assert trackers() == ["another"]


def test_a_tracker_that_is_locked_now_is_erased_later(talk: Talk) -> None:
    tracker(talk.id)
    holder = sqlite3.connect(settings().data_dir / "rasa.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    made = erasure.create_engine
    erasure.create_engine = lambda url: made(url, connect_args={"timeout": 0.05})
    try:
        erase(talk.store, talk.id)
    finally:
        erasure.create_engine = made
        holder.execute("ROLLBACK")
        holder.close()
    assert talk.id in trackers()
    assert not any(count for table, count in rows(talk.store, talk.id).items())
    Timers(talk.store, Notifier()).run_due()
    assert trackers() == ["another"]


async def test_erasing_twice_at_once_is_one_erasure(talk: Talk) -> None:
    await asyncio.gather(*(asyncio.to_thread(erase, talk.store, talk.id) for _ in range(4)))
    assert len(talk.rows(Timer, Timer.kind == "erase_tracker")) == 1


def test_the_note_of_the_erasure_holds_no_word_of_the_patient(talk: Talk) -> None:
    fill(talk)
    erase(talk.store, talk.id)
    (note,) = talk.rows(Timer)
    assert note.data == {"sender": talk.id}


def test_no_file_holds_a_word_of_what_was_erased(store: Store, tmp_path: Path) -> None:
    if not store.is_sqlite:
        pytest.skip("PostgreSQL frees its pages by itself, at the next vacuum")
    talk = Talk(store)
    for number in range(50):
        talk.say(f"{CANARY} {number} " + "x" * 500)
    talk.say(f"{WORD} bites")
    fill(talk)
    tracker(talk.id)
    store.forget()
    assert any(CANARY.encode() in path.read_bytes() for path in tmp_path.iterdir())
    erase(store, talk.id)
    holding = [
        path.name
        for path in tmp_path.iterdir()
        if path.is_file() and CANARY.encode() in path.read_bytes().replace(b"of another", b"")
    ]
    left = {
        path.name: path.read_bytes().count(f"{CANARY} of {talk.id}".encode())
        for path in tmp_path.iterdir()
        if path.is_file()
    }
    assert not any(left.values())
    assert not any(WORD.encode() in path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert holding in ([], ["rasa.db"])  # Rasa's own file still has the other sender's
