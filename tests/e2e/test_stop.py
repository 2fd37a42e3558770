"""The house is told to stop while an answer is on its way: the answer is given, and only then do Rasa and
the action server go."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from tests.support.processes import House, Visitor, wait_for

pytestmark = pytest.mark.processes


def rows(folder: Path, query: str) -> list[tuple[str, ...]]:
    with sqlite3.connect(folder / "assistant.db") as database:
        return database.execute(query).fetchall()


def test_an_answer_on_its_way_is_given_before_the_house_stops(tmp_path: Path) -> None:
    house = House(tmp_path).start()
    try:
        visitor = Visitor(house.url)
        rasa = house.pid(house.rasa_port)
        os.kill(rasa, signal.SIGSTOP)  # when it goes on it still has to ask the action server
        try:
            visitor.say("does it run in families")
            wait_for(
                "the turn runs",
                lambda: rows(tmp_path, "SELECT id FROM conversations WHERE lease_owner IS NOT NULL"),
            )
            assert house.process
            house.process.send_signal(signal.SIGTERM)
            time.sleep(1)
        finally:
            os.kill(rasa, signal.SIGCONT)
        house.process.wait(40)
    finally:
        house.stop()
    said = rows(
        tmp_path,
        "SELECT sender, text FROM messages WHERE seq > (SELECT max(seq) FROM messages WHERE sender = 'patient')",
    )
    assert [sender for sender, _ in said] == ["assistant"], said
    assert "famil" in said[0][1].lower()
