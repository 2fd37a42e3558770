"""A field is added to the booking form by the steps of ``docs/changes.md`` and nothing else: done in a
copy of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import ROOT

QUESTION = """
- id: booking_insurance
  title: Your insurance
  text: >-
    Which health insurance do you have? If you have none, write "none".
  reviewed_on: 2026-11-30
  state: draft
"""
SLOT = """  booking_insurance:
    type: text
    influence_conversation: false
    mappings:
      - type: custom
"""
MIGRATION = '''"""which insurance a patient has"""

import sqlalchemy as sa
from alembic import op

revision = "9000"
down_revision = "{newest}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("bookings", recreate="never") as table:
        table.add_column(sa.Column("insurance", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("bookings", recreate="never") as table:
        table.drop_column("insurance")
'''
WALK = """
from actions.asks import ASK_BOOKING
from actions.booking import ActionAskBookingConfirm, ActionSubmitBooking, ValidateBookingForm
from bot.bookings.requests import in_short, shown_to_staff
from bot.store.models import Booking
from tests.actions.conftest import Patient


def test_the_form_asks_keeps_and_shows_it(patient: Patient) -> None:
    def answer(text: str, intent: str | None = None) -> dict:
        return patient.fills("booking_form", ValidateBookingForm(), text, intent)

    for text in ("Can Yilmaz", "555 010 0123", "Friday 15.30", "my legs"):
        answer(text)
    assert patient.hears(ASK_BOOKING["booking_insurance"]())[0]["text"].startswith("Which health insurance")
    assert answer("does insurance pay for iron?", "ask_cost") == {}
    assert answer("Blue Cross, group 7") == {"booking_insurance": "Blue Cross, group 7"}
    answer("yes", "affirm")
    shown = patient.hears(ActionAskBookingConfirm())[0]
    assert "- Your insurance: Blue Cross, group 7" in shown["text"]
    answer("no", "deny")
    menu = patient.hears(ActionAskBookingConfirm())[0]
    assert {"key": "say_booking_insurance", "label": "Change: Your insurance"} in menu["choices"]
    answer("the insurance is wrong")
    assert patient.slots["booking_insurance"] is None
    answer("none")
    answer("the insurance should be Aetna")
    assert patient.slots["booking_insurance"] == "Aetna"
    answer("send it")
    patient.hears(ActionSubmitBooking())
    (booking,) = patient.rows(Booking)
    assert booking.insurance == "Aetna"
    assert shown_to_staff(booking)[-1] == ("Your insurance", "Aetna")
    assert in_short(booking) == "Friday 15.30 · my legs · Aetna"
"""


def after(text: str, line: str, added: str) -> str:
    assert text.count(line) == 1, line
    return text.replace(line, line + added)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project with the field added, step by step."""
    for name in ("actions", "bot", "data", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ROOT.glob("*.yml"):
        shutil.copy(file, tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)

    def edit(name: str, change: object) -> None:
        path = tmp_path / name
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")  # type: ignore[operator]

    last = '    Field("reason", longest=1000, named=r"reason|about|problem|visit"),\n'
    edit("bot/bookings/fields.py", lambda text: after(text, last, '    Field("insurance", longest=200),\n'))
    edit("data/answers/booking.yml", lambda text: text + QUESTION)
    edit("domain.yml", lambda text: after(text, "  # the booking form\n", SLOT))
    edit("domain.yml", lambda text: after(text, "      - booking_reason\n", "      - booking_insurance\n"))
    edit(
        "domain.yml",
        lambda text: after(text, "  - action_ask_booking_reason\n", "  - action_ask_booking_insurance\n"),
    )
    versions = tmp_path / "bot/store/migrations/versions"
    newest = max(re.match(r"\d+", file.name)[0] for file in versions.glob("[0-9]*.py"))  # type: ignore[index]
    (versions / "9000_insurance.py").write_text(MIGRATION.format(newest=newest))
    (tmp_path / "tests/actions/test_walk.py").write_text(WALK)
    return tmp_path


def test_a_field_is_added_by_the_documented_steps(copy: Path) -> None:
    tests = [
        "tests/actions/test_walk.py",
        "tests/test_project.py",
        "tests/store/test_migrations.py::test_migrations_and_models_agree[sqlite]",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "failed" not in done.stdout
