"""Facts about the clinic: told as it wrote them, told from the rest of its file, or honestly not known."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml

from bot.content.clinic import FACTS, clinic, load_clinic
from bot.content.clinic_facts import fact
from bot.content.texts import table
from bot.errors import ConfigError
from bot.settings import ROOT

MONDAY = datetime(2026, 11, 30, 22, 0, tzinfo=UTC)  # after closing time in New York


def test_every_fact_has_a_name_and_sentences_that_ask_for_it() -> None:
    blocks = yaml.safe_load((ROOT / "data/nlu/clinic_facts.yml").read_text(encoding="utf-8"))["nlu"]
    assert set(table("clinic.asks")) == set(FACTS)
    assert {block["metadata"]["fact"] for block in blocks} == set(FACTS)


def test_what_the_clinic_wrote_is_said_as_it_stands() -> None:
    own = clinic().model_copy(update={"facts": {"parking": "Free, behind {clinic_name}."}})
    said = fact("parking", of=own)
    assert said.known
    assert said.text == f"Free, behind {own.name}."


def test_what_is_not_filled_in_is_said_and_offered_to_staff() -> None:
    said = fact("parking", of=clinic().model_copy(update={"facts": {}}))
    assert not said.known
    assert "do not know where you can park" in said.text
    assert clinic().phone in said.text


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("hours", "Saturday and Sunday"),
        ("address", clinic().address),
        ("phone", "tel:"),
        ("email", clinic().email),
        ("after_hours", "tomorrow at 9 am"),
        ("services", "of leg veins"),
        ("rls_treatment_here", "primary care clinician"),
        ("prescriptions", "pharmacist"),
    ],
)
def test_what_the_rest_of_the_file_tells_is_told(kind: str, part: str) -> None:
    said = fact(kind, at=MONDAY)
    assert said.known
    assert part in said.text


def test_holidays_are_told_by_their_dates_and_only_those_to_come() -> None:
    closed = clinic().model_copy(update={"holidays": [date(2026, 12, 25), date(2025, 12, 25)]})
    assert "December 25, 2026" in fact("holidays", of=closed, at=MONDAY).text
    assert "2025" not in fact("holidays", of=closed, at=MONDAY).text
    assert not fact("holidays", of=clinic().model_copy(update={"holidays": []}), at=MONDAY).known


def test_every_fact_can_be_asked_and_none_leaves_a_brace() -> None:
    assert all("{" not in fact(kind, at=MONDAY).text for kind in FACTS)
    with pytest.raises(KeyError):
        fact("weather")


def test_a_fact_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "clinic.yml"
    text = (ROOT / "clinic.yml").read_text(encoding="utf-8")
    path.write_text(text.replace("  parking: ", "  parkin: ", 1), encoding="utf-8")
    with pytest.raises(ConfigError, match="'parkin' is no fact"):
        load_clinic(path)
