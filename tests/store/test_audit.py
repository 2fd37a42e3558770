"""The audit's chain: whole with several writers, kept by the database, and telling where it was broken."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError

from bot.conversation.erasure import erase
from bot.store import audit
from bot.store.engine import Store
from tests.support.talk import Talk


def written(store: Store, count: int = 5) -> None:
    for number in range(count):
        with store.write() as session:
            audit.record(session, "list_read", actor=audit.of_staff(number), address="198.51.100.7")


def chain(store: Store, holds: str = "") -> audit.Chain:
    with store.read() as session:
        return audit.verify(session, holds=holds)


def unguarded(engine: Engine, statement: str) -> None:
    """As somebody who owns the database could: without the triggers."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            for verb in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS audit_no_{verb}"))
        else:
            connection.execute(text("DROP TRIGGER IF EXISTS audit_append_only ON audit"))
        connection.execute(text(statement))


def test_a_chain_that_nobody_touched_is_whole(store: Store) -> None:
    assert (chain(store).count, chain(store).newest, chain(store).faults) == (0, audit.FIRST, [])
    written(store)
    assert (chain(store).count, chain(store).faults) == (5, [])


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET actor = 'staff:9'", "DELETE FROM audit", "UPDATE audit SET id = id + 9"]
)
def test_the_database_refuses_to_change_or_delete_an_entry(store: Store, statement: str) -> None:
    written(store)
    with pytest.raises(DatabaseError, match="append-only"), store.write() as session:
        session.execute(text(statement))
    assert (chain(store).count, chain(store).faults) == (5, [])


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE audit SET actor = 'staff:9' WHERE id = 3", r"^Entry 3 \(.* UTC\) was changed after"),
        ("UPDATE audit SET address = '' WHERE id = 1", r"^Entry 1 \(.* UTC\) was changed after"),
        ("DELETE FROM audit WHERE id = 3", "^Entry 3 is missing, before entry 4"),
        ("DELETE FROM audit WHERE id < 3", "^Entries 1 to 2 are missing, before entry 3"),
    ],
)
def test_a_broken_link_is_named(store: Store, engine: Engine, statement: str, said: str) -> None:
    written(store)
    unguarded(engine, statement)
    (fault,) = chain(store).faults
    assert re.search(said, fault), fault


def test_an_entry_made_anew_with_a_right_digest_does_not_fit_the_next(store: Store, engine: Engine) -> None:
    written(store)
    unguarded(engine, "SELECT 1")
    with store.write() as session:
        entry = session.get_one(audit.AuditEntry, 3)
        entry.actor = "staff:9"
        entry.digest = audit.digest(entry)
    (fault,) = chain(store).faults
    assert fault.startswith("Entry 4 ") and "does not follow entry 3" in fault


def test_a_chain_cut_short_is_noticed_by_a_digest_written_down(store: Store, engine: Engine) -> None:
    written(store)
    newest = chain(store).newest
    assert chain(store, newest).faults == []
    unguarded(engine, "DELETE FROM audit WHERE id = 5")
    assert chain(store).faults == []
    assert "entries were removed" in chain(store, newest).faults[0]


WRITER = """
from bot.store import audit
from bot.store.engine import Store, make_engine
store = Store(make_engine({url!r}))
for number in range(25):
    with store.write() as session:
        audit.record(session, "signed_in", actor=audit.of_staff({who}))
"""


def test_several_processes_write_one_chain(store: Store, engine: Engine) -> None:
    url = engine.url.render_as_string(hide_password=False)
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER.format(url=url, who=who)], stderr=subprocess.PIPE)
        for who in range(3)
    ]
    said = [writer.communicate(timeout=120)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0, 0], said
    assert (chain(store).count, chain(store).faults) == (75, [])


def test_what_was_done_and_its_record_stand_or_fall_together(store: Store) -> None:
    with pytest.raises(RuntimeError), store.write() as session:
        audit.record(session, "account_added", actor=audit.COMMAND)
        raise RuntimeError
    assert chain(store).count == 0


def test_an_erasure_is_recorded_and_its_pseudonym_outlives_it(store: Store) -> None:
    talk = Talk(store)
    talk.say("my legs never rest")
    assert erase(store, talk.id)
    with store.read() as session:
        (entry,) = session.query(audit.AuditEntry).all()
    assert (entry.action, entry.actor) == ("erased", "patient")
    assert entry.object == audit.of_conversation(talk.id)
    assert talk.id not in str(vars(entry))


def test_what_repeats_itself_is_written_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    within = timedelta(minutes=5)

    def note() -> None:
        audit.record_once(store, "list_read", within=within, actor="staff:1")

    note()
    note()
    assert chain(store).count == 1
    later = audit.now() + within
    monkeypatch.setattr(audit, "now", lambda: later)
    note()
    assert chain(store).count == 2
