"""The supervisor of ``make run``: the front door first, what falls is started again, a little later each time it falls at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import run
from bot.run import Child, Supervisor
from bot.settings import Settings

STAYS, FALLS = [sys.executable, "-c", "import time; time.sleep(60)"], [sys.executable, "-c", "raise SystemExit(3)"]


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    monkeypatch.setenv("RLA_DATA_DIR", str(tmp_path))
    made = Supervisor(Settings())
    made._children = [Child("web", STAYS), Child("rasa", STAYS), Child("actions", STAYS)]
    yield made
    made.stop()


def alive(supervisor: Supervisor) -> list[str]:
    return [child.name for child in supervisor._children if child.process is not None and child.process.poll() is None]


def test_the_others_wait_until_the_front_door_is_open(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    is_open = False
    monkeypatch.setattr(Supervisor, "_door_is_open", lambda _: is_open)
    supervisor.start()
    supervisor.tend()
    assert alive(supervisor) == ["web"]
    is_open = True
    supervisor.tend()
    assert alive(supervisor) == ["web", "rasa", "actions"]


def test_a_front_door_that_does_not_open_holds_nobody_up_for_long(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    supervisor.start()  # nothing listens there
    supervisor.tend()
    assert alive(supervisor) == ["web"]
    monkeypatch.setattr(run, "_DOOR_FIRST_SECONDS", 0)
    supervisor.tend()
    assert alive(supervisor) == ["web", "rasa", "actions"]


def test_what_has_fallen_is_started_again_and_what_falls_at_once_a_little_later(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Supervisor, "_door_is_open", lambda _: True)
    supervisor._children[1].command = FALLS
    supervisor.start()
    supervisor.tend()
    rasa = supervisor._children[1]
    assert rasa.process is not None
    rasa.process.wait(20)
    supervisor.tend()
    assert "rasa ended (code 3)" in capsys.readouterr().out
    assert rasa.process is None and rasa.falls == 1
    supervisor.tend()
    assert rasa.process is None  # not yet
    rasa.again_at = 0
    supervisor.tend()
    assert rasa.process is not None
    assert "web" in alive(supervisor)
