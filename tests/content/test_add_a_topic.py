"""A topic is added by the steps of ``docs/changes.md`` and nothing else: done in a copy of the project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.settings import ROOT

PHRASINGS = "".join(
    f"    - {start} {shift}{end}\n"
    for shift in ("night shifts", "a rotating roster", "working nights", "late shifts")
    for start, end in (
        ("how do i cope with", " and twitchy legs"),
        ("tips for", ""),
        ("i am on", ", anything for me"),
        ("does it matter that i am on", ""),
        ("my legs and", ", what now"),
        ("sleeping by day after", " with legs like mine"),
        ("can i keep", " with this"),
    )
)
NLU = f"""
# Working at night, and sleeping by day. A job by day is another topic.
- intent: ask_night_shifts
  examples: |
{PHRASINGS}"""
ANSWER = """
- id: ask_night_shifts
  title: Night shifts
  text: >-
    Fixed sleep times help many people with restless legs, and shifts make that hard. Try to sleep at
    the same time after each shift, in a cool, dark room, and leave caffeine out of the second half of it.
  next_step: If you cannot sleep for weeks, tell your clinician about your shifts.
  more: >-
    A warm bath, a leg rub or slow stretches before you lie down may calm the legs, by day as well as at
    night. Some people walk for a few minutes first. No study has looked at shifts and restless legs
    that I know of. If you have a choice, ask for the same shift for some weeks, so that your sleep can
    settle. Please do not take a sleeping pill on your own to make up for it: some make the legs worse.
  simple: >-
    Sleep at the same time after each shift. Keep the room cool and dark. Skip coffee
    late in the shift. Tell your clinician if you cannot sleep for weeks.
  follow_ups: [ask_sleep_habits, ask_caffeine]
  sources: [nhs_rls]
  claims: [56, 57]
  red_flags: []
  cautions: []
  caution_texts: {}
  reviewed_on: 2026-11-30
  state: draft
  needs_clinician_check:
    - "Nothing on shifts stands in the evidence table"
"""
FACETS = """
- topic: ask_night_shifts
  short: >-
    Shifts make fixed sleep times hard, and those help many people. Sleep at the same time after each shift.
  claims: [56]
  sources: [nhs_rls]
  asks: "night shifts"
  needs_clinician_check:
    - "Nothing on shifts stands in the evidence table"
  reviewed_on: 2026-11-30
  state: draft
  facets: {}
"""
WALK = """
from actions.respond import ActionReply
from bot.store.models import TurnLog
from tests.actions.conftest import Patient


def test_it_is_answered_and_logged(patient: Patient) -> None:
    patient.writes("night shifts", "ask_night_shifts")
    (said,) = patient.hears(ActionReply())
    assert said["text"].startswith("Fixed sleep times help")
    assert said["sources"]
    assert patient.slots["topic"] == "ask_night_shifts"
    assert [row.answer_id for row in patient.rows(TurnLog)] == ["ask_night_shifts"]
"""


def after(text: str, line: str, added: str) -> str:
    assert text.count(line) == 1, line
    return text.replace(line, line + added)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project with the topic added, step by step."""
    for name in ("actions", "bot", "data", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in [*ROOT.glob("*.yml"), ROOT / "pyproject.toml", ROOT / "Makefile"]:
        shutil.copy(file, tmp_path)

    def edit(name: str, change: Callable[[str], str]) -> None:
        path = tmp_path / name
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")

    edit("domain.yml", lambda text: after(text, "  - ask_prevention\n", "  - ask_night_shifts\n"))
    edit("data/nlu/lifestyle.yml", lambda text: text.rstrip("\n") + "\n" + NLU)
    rule = "          - intent: ask_prevention\n"
    edit("data/stories/reply.yml", lambda text: after(text, rule, "          - intent: ask_night_shifts\n"))
    edit("data/answers/lifestyle.yml", lambda text: text.rstrip("\n") + "\n" + ANSWER)
    edit("data/answers/facets/lifestyle.yml", lambda text: text.rstrip("\n") + "\n" + FACETS)
    claims = "  ask_prevention: [53, 59, 60, 61]\n"
    edit("tests/content/topics.yml", lambda text: after(text, claims, "  ask_night_shifts: [56]\n"))
    (tmp_path / "tests/actions/test_walk.py").write_text(WALK)
    return tmp_path


def checks(copy: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """Run the checks that ``docs/changes.md`` names, in the copy."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_topic_is_added_by_the_documented_steps(copy: Path) -> None:
    here = Path(__file__).name
    done = checks(
        copy,
        "tests/actions/test_walk.py",
        "tests/test_project.py",
        "tests/content",
        f"--ignore=tests/content/{here}",
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


@pytest.mark.parametrize(
    ("file", "left_out", "missed_by"),
    [
        ("data/stories/reply.yml", "          - intent: ask_night_shifts\n", "tests/test_project.py"),
        ("data/answers/facets/lifestyle.yml", FACETS, "tests/content/test_facets.py"),
    ],
)
def test_a_step_that_is_forgotten_is_told(copy: Path, file: str, left_out: str, missed_by: str) -> None:
    path = copy / file
    text = path.read_text(encoding="utf-8")
    assert left_out in text
    path.write_text(text.replace(left_out, ""), encoding="utf-8")
    done = checks(copy, missed_by)
    assert done.returncode != 0
    assert "ask_night_shifts" in done.stdout
