"""The supervisor of ``make run``: the front door first, what falls is started again, a little later each
time it falls at once; and its end."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import run
from bot.run import Announcement, Child, Supervisor
from bot.settings import Settings
from tests.support.processes import wait_for

STAYS, FALLS = (
    [sys.executable, "-c", "import time; time.sleep(60)"],
    [sys.executable, "-c", "raise SystemExit(3)"],
)


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    monkeypatch.setenv("RLA_DATA_DIR", str(tmp_path))
    made = Supervisor(Settings())
    made._children = [Child("web", STAYS), Child("rasa", STAYS), Child("actions", STAYS)]
    yield made
    made.stop()


def alive(supervisor: Supervisor) -> list[str]:
    return [
        child.name
        for child in supervisor._children
        if child.process is not None and child.process.poll() is None
    ]


def test_the_others_wait_until_the_front_door_is_open(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_open = False
    monkeypatch.setattr(Supervisor, "_door_is_open", lambda _: is_open)
    supervisor.start()
    supervisor.tend()
    assert alive(supervisor) == ["web"]
    is_open = True
    supervisor.tend()
    assert alive(supervisor) == ["web", "rasa", "actions"]


def test_a_front_door_that_does_not_open_holds_nobody_up_for_long(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def lives_on(name: str, diary: Path, seconds: float) -> list[str]:
    """A process that, asked to end, says so in ``diary``, works on for some seconds, and says that it has
    ended."""
    script = (
        "import pathlib, signal, sys, time\n"
        "def note(word):\n    with open(sys.argv[1], 'a') as diary: diary.write(f'{sys.argv[2]} {word}\\n')\n"
        "def end(*_):\n    note('asked'); time.sleep(float(sys.argv[3])); note('ended'); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\nnote('up')\ntime.sleep(60)\n"
    )
    return [sys.executable, "-c", script, str(diary), name, str(seconds)]


def all_up(supervisor: Supervisor, diary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Supervisor, "_door_is_open", lambda _: True)
    supervisor.start()
    supervisor.tend()
    wait_for("all three are up", lambda: diary.read_text().count(" up\n") == 3)


def test_rasa_and_the_actions_are_there_until_the_front_door_has_ended(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that is on its way needs them; without them the patient is told that it comes later."""
    diary = tmp_path / "diary"
    for child in supervisor._children:
        child.command = lives_on(child.name, diary, 1.0 if child.name == "web" else 0.0)
    all_up(supervisor, diary, monkeypatch)
    supervisor.stop()
    order = [line for line in diary.read_text().splitlines() if not line.endswith(" up")]
    assert order[:2] == ["web asked", "web ended"]
    assert sorted(order[2:]) == ["actions asked", "actions ended", "rasa asked", "rasa ended"]
    assert alive(supervisor) == []


def test_a_front_door_that_does_not_end_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RLA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("RLA_DRAIN_TIMEOUT", "0.3")
    monkeypatch.setattr(run, "_DOOR_MORE_SECONDS", 0.2)
    supervisor = Supervisor(Settings())
    diary = tmp_path / "diary"
    supervisor._children = [
        Child(name, lives_on(name, diary, 50 if name == "web" else 0)) for name in ("web", "rasa", "actions")
    ]
    all_up(supervisor, diary, monkeypatch)
    begun = time.monotonic()
    supervisor.stop()
    assert 0.5 <= time.monotonic() - begun < 10
    assert alive(supervisor) == []
    assert "web ended" not in diary.read_text() and "rasa ended" in diary.read_text()


def test_the_front_door_is_the_first_line_of_the_procfile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is started first and ended first."""
    monkeypatch.setenv("RLA_DATA_DIR", str(tmp_path))
    assert Supervisor(Settings())._children[0].command[1:] == ["-m", "bot", "serve"]


def test_the_processes_are_those_of_the_procfile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "ROOT", tmp_path)
    (tmp_path / "Procfile").write_text(
        "# first the door\nweb: python -m bot serve\n\nsecond-one:  sleep '1 2'\n"
    )
    children = Supervisor(Settings())._children
    assert [(child.name, child.command) for child in children] == [
        ("web", ["python", "-m", "bot", "serve"]),
        ("second-one", ["sleep", "1 2"]),
    ]


class _Ready:
    """What the front door says of its readiness, one look after the other; the last repeats."""

    def __init__(self, supervisor: Supervisor, *answers: bool) -> None:
        self._supervisor, self._answers, self.looks = supervisor, list(answers), 0

    def __call__(self) -> bool:
        self.looks += 1
        if self.looks > 20:
            self._supervisor.stopping.set()
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@pytest.fixture
def waiting(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> Supervisor:
    """Processes that start while somebody waits, whose patience ends at once."""
    monkeypatch.setattr(Supervisor, "tend", lambda _: None)
    monkeypatch.setattr(run, "_READY_SECONDS", 0)
    monkeypatch.setattr(run, "_ASK_SECONDS", 0.01)
    monkeypatch.setattr(Announcement, "_say", lambda _: print("ready"))
    return supervisor


def test_ready_is_said_when_it_is_however_long_that_takes(
    waiting: Supervisor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Announcement, "_is_ready", _Ready(waiting, False, False, False, True))
    Announcement(Settings(), waiting).wait()
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "ready" and said.count("ready") == 1
    assert "not everything is ready yet" in said[-2]


def test_what_never_gets_ready_is_never_called_so(
    waiting: Supervisor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    looks = _Ready(waiting, False)
    monkeypatch.setattr(Announcement, "_is_ready", looks)
    Announcement(Settings(), waiting).wait()
    said = capsys.readouterr().out
    assert looks.looks > 20 and "ready\n" not in said and said.count("not everything is ready yet") == 1
