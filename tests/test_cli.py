"""The command line as it is typed: deleting by hand, and what it says of itself."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
from sqlalchemy import create_engine, text

from bot.settings import ROOT, settings
from bot.store.engine import Store, make_engine
from bot.store.migrate import migrate
from bot.store.models import Conversation, Timer
from tests.support.talk import Talk


def command(*words: str) -> str:
    """What ``python -m bot`` prints, on the test's data folder."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", *words], cwd=ROOT, env=os.environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.fixture
def talk() -> Talk:
    engine = make_engine(settings().database)
    migrate(engine)
    return Talk(Store(engine))


def rasas_events(*senders: str) -> None:
    engine = create_engine(settings().rasa_database)
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, sender_id VARCHAR(255), data TEXT)"
            )
        )
        for sender in senders:
            connection.execute(
                text("INSERT INTO events (sender_id, data) VALUES (:sender, 'x')"), {"sender": sender}
            )
    engine.dispose()


def test_conversations_are_erased_by_hand(talk: Talk) -> None:
    talk.say("my legs never rest")
    other = Talk(talk.store)
    assert (
        command("erase", talk.id, "nobody", talk.id)
        == f"{talk.id}: erased\nnobody: not there\n{talk.id}: not there\n"
    )
    assert [row.id for row in talk.rows(Conversation)] == [other.id]
    assert [row.data for row in talk.rows(Timer)] == [{"sender": talk.id}]


def test_what_rasa_alone_still_has_is_erased_too(talk: Talk) -> None:
    """``rasa.db`` may come from an older backup than the deletion."""
    rasas_events("gone", "another")
    assert command("erase", "gone") == "gone: erased\n"
    assert command("erase", "gone") == "gone: not there\n"
    assert command("erase", "another") == "another: erased\n"


def test_the_log_keeps_the_id_so_that_the_deletion_can_be_repeated_as_the_privacy_page_says(
    talk: Talk,
) -> None:
    (recipe,) = re.findall(
        r"^(grep .*) \| xargs -r \.venv/bin/python -m bot erase$",
        (ROOT / "docs/operations.md").read_text(),
        re.MULTILINE,
    )
    talk.say("my legs never rest")
    command("erase", talk.id)
    audited, line = (settings().data_dir / "log" / "erase.log").read_text().splitlines()
    assert {key: value for key, value in json.loads(line).items() if key != "timestamp"} == {
        **{"event": "erased", "level": "info", "conversation": talk.id}
    }
    assert json.loads(audited)["event"] == "audit" and talk.id not in audited
    found = subprocess.run(
        ["bash", "-c", recipe.replace("var/", f"{settings().data_dir}/")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.split() == [talk.id]


def test_the_program_names_a_command_that_is_there() -> None:
    (words,) = re.findall(r"see ``python -m bot ([^`]+)``", (ROOT / "bot/__main__.py").read_text())
    assert "COMMAND" in command(*words.split())
