"""``python -m bot explain``: every step between a message and its answer is printed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bot.explain import band
from bot.settings import ROOT
from bot.understanding.thresholds import ANSWER, SUGGEST, SURE


def explain(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", "explain", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("name", "confidence", "expected"),
    [
        ("ask_cure", SURE, "sure"),
        ("ask_cure", ANSWER, "answered"),
        ("ask_cure", ANSWER - 0.01, "offered"),
        ("book_appointment", ANSWER, "offered"),
        ("ask_cure", SUGGEST - 0.01, "unknown"),
    ],
)
def test_the_band_of_a_guess_is_that_of_the_thresholds(name: str, confidence: float, expected: str) -> None:
    assert band(name, confidence).startswith(expected)


def test_a_message_is_explained_from_its_words_to_its_reply() -> None:
    done = explain("tell me moer", "--topic", "ask_caffeine", "--after", "does that really do anything")
    assert (done.returncode, done.stderr) == (0, "")
    rows = [line.split(maxsplit=1) for line in done.stdout.splitlines() if line.startswith("  ")]
    assert "> does that really do anything" in done.stdout
    assert ["corrected", "tell me more"] in rows
    for step in ("ranking", "facts", "mentions", "elliptical", "answer", "buttons"):
        assert any(row[0] == step for row in rows), step
    assert "red flags      none" in done.stdout and "decided by" in done.stdout and "leaned on" in done.stdout
    assert "[ask_caffeine]" in done.stdout


def test_an_emergency_is_explained_without_rasa() -> None:
    done = explain("my left calf is hot, red and swollen")
    assert (done.returncode, done.stderr) == (0, "")
    assert "R1 (emergency, raised)" in done.stdout or "R1 (today, raised)" in done.stdout
    assert "Rasa was not asked" in done.stdout and "intake, before Rasa" in done.stdout
    assert "r01_clot.yml" in done.stdout and "URGENT" in done.stdout


def test_a_topic_that_is_none_is_named() -> None:
    done = explain("why", "--topic", "ask_nothing")
    assert done.returncode != 0 and "ask_nothing" in done.stderr
