"""The clinic's file: hours in words, open or closed, the next opening over weekends, holidays and changes
of clocks."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from bot.content.clinic import Clinic, clinic, load_clinic
from bot.errors import ConfigError
from bot.settings import ROOT, settings

NEW_YORK = ZoneInfo("America/New_York")
FILE = Path(__file__).parents[1] / "support" / "clinic.yml"


def at(text: str) -> datetime:
    """A time at the clinic, as ``2026-11-23 09:00``, in UTC as the house has it."""
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


def made(**changes: Any) -> Clinic:
    return Clinic.model_validate(yaml.safe_load(FILE.read_text()) | changes)


@pytest.fixture
def place() -> Clinic:
    return load_clinic(FILE)


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (
            {day: ["09:00", "17:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
            "Monday to Friday 9 am to 5 pm",
        ),
        (
            {"mon": ["08:30", "12:00"], "wed": ["08:30", "12:00"]},
            "Monday 8:30 am to 12 pm, Wednesday 8:30 am to 12 pm",
        ),
        (
            {"sat": ["00:00", "12:30"], "sun": ["13:00", "23:59"]},
            "Saturday 12 am to 12:30 pm, Sunday 1 pm to 11:59 pm",
        ),
        ({}, ""),
    ],
)
def test_hours_as_a_person_says_them(hours: dict[str, list[str]], words: str) -> None:
    assert made(hours=hours).hours_text == words


@pytest.mark.parametrize(
    ("when", "is_open"),
    [
        ("2026-11-23 09:00", True),
        ("2026-11-23 08:59", False),
        ("2026-11-23 16:59", True),
        ("2026-11-23 17:00", False),
        ("2026-11-27 16:30", False),  # Friday ends earlier
        ("2026-11-28 10:00", False),  # Saturday
        ("2026-12-25 10:00", False),  # a holiday on a Friday
    ],
)
def test_open_or_closed(when: str, is_open: bool, place: Clinic) -> None:
    assert place.is_open(at(when)) is is_open


@pytest.mark.parametrize(
    ("when", "opens", "words"),
    [
        ("2026-11-23 03:00", "2026-11-23 09:00", "today at 9 am"),
        ("2026-11-23 18:00", "2026-11-24 09:00", "tomorrow at 9 am"),
        ("2026-11-27 18:00", "2026-11-30 09:00", "Monday at 9 am"),
        ("2026-11-23 10:00", "2026-11-24 09:00", "tomorrow at 9 am"),
        ("2026-12-24 18:00", "2026-12-28 09:00", "Monday at 9 am"),  # over the holiday and the weekend
        ("2026-03-06 18:00", "2026-03-09 09:00", "Monday at 9 am"),  # clocks go forward on Sunday
        ("2026-10-30 18:00", "2026-11-02 09:00", "Monday at 9 am"),  # and back
    ],
)
def test_the_next_opening(when: str, opens: str, words: str, place: Clinic) -> None:
    assert place.next_opening(at(when)) == at(opens)
    assert place.opening_text(at(when)) == words


def test_an_opening_more_than_a_week_away_has_its_date() -> None:
    place = made(hours={"mon": ["09:00", "17:00"]}, holidays=["2026-11-30"])
    assert place.opening_text(at("2026-11-24 10:00")) == "Monday 7 December at 9 am"


def test_a_clinic_that_never_opens_is_said_without_a_day() -> None:
    assert made(hours={}).opening_text(at("2026-11-24 10:00")) == "when the clinic opens again"


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2026-11-23 09:00", "2026-11-23 09:05", 5),
        ("2026-11-23 16:58", "2026-11-24 09:03", 5),
        ("2026-11-27 15:50", "2026-11-30 09:05", 15),
        ("2026-11-28 01:00", "2026-11-29 23:00", 0),
        ("2026-12-24 16:50", "2026-12-28 09:00", 10),
        ("2026-03-06 15:00", "2026-03-09 10:00", 120),
    ],
)
def test_minutes_of_opening_hours(start: str, end: str, minutes: float, place: Clinic) -> None:
    assert place.open_minutes(at(start), at(end)) == minutes


def test_minutes_of_a_night_in_which_the_clocks_change() -> None:
    place = made(hours={"sun": ["00:00", "06:00"]})
    assert place.open_minutes(at("2026-03-08 00:00"), at("2026-03-08 06:00")) == 300
    assert place.open_minutes(at("2026-11-01 00:00"), at("2026-11-01 06:00")) == 420


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"phone": None}, "phone", "string"),
        ({"telephone": "x"}, "telephone", "Extra"),
        ({"hours": {"monday": ["09:00", "17:00"]}}, "hours", "'monday' is no day"),
        ({"hours": {"mon": ["17:00", "09:00"]}}, "hours", "closes before it opens"),
        ({"hours": {"mon": ["nine", "17:00"]}}, "hours.mon", "time"),
        ({"time_zone": "New York"}, "time_zone", "'New York' is no time zone"),
        ({"holidays": ["Christmas"]}, "holidays.0", "date"),
        ({"country": "EU"}, "emergency", "no entry for country EU"),
        (
            {"emergency": {"US": {"emergency": {"label": "x", "number": "911"}}}},
            "emergency.US.crisis",
            "required",
        ),
    ],
)
def test_a_wrong_file_names_the_file_and_the_field(
    changes: dict[str, Any], field: str, expected: str, tmp_path: Path
) -> None:
    file = tmp_path / "clinic.yml"
    file.write_text(yaml.safe_dump(yaml.safe_load(FILE.read_text()) | changes))
    with pytest.raises(ConfigError) as wrong:
        load_clinic(file)
    for part in (str(file), field, expected):
        assert part in str(wrong.value)


def test_hours_without_quotes_are_refused(tmp_path: Path) -> None:
    """YAML reads 10:00 as the number 600, which would open the clinic ten minutes after midnight."""
    file = tmp_path / "clinic.yml"
    file.write_text(FILE.read_text().replace('mon: ["09:00", "17:00"]', "mon: [10:00, 17:00]"))
    with pytest.raises(ConfigError, match="put every time in quotes"):
        load_clinic(file)


@pytest.mark.parametrize("text", ["", "name: [", "- a list"])
def test_a_file_that_is_no_description_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "clinic.yml"
    file.write_text(text)
    with pytest.raises(ConfigError):
        load_clinic(file)
    with pytest.raises(ConfigError):
        load_clinic(tmp_path / "missing.yml")


def test_the_country_of_the_settings_picks_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert clinic().lines.emergency.number == "911"
    for country, number in (("UK", "999"), ("EU", None)):
        monkeypatch.setenv("RLA_COUNTRY", country)
        settings.cache_clear()
        clinic.cache_clear()
        if number:
            assert clinic().lines.emergency.number == number
        else:
            with pytest.raises(
                ConfigError, match="RLA_COUNTRY"
            ):  # at the start, not in the middle of an emergency
                clinic()


def test_how_the_crisis_line_is_reached_is_the_countrys_and_a_call_if_nothing_is_said(place: Clinic) -> None:
    assert place.fill("{crisis_reach}") == "call or text"
    assert place.emergency["UK"].crisis.reach == "call"


def test_a_crisis_line_is_never_promised_to_take_anything_else(tmp_path: Path) -> None:
    file = tmp_path / "clinic.yml"
    file.write_text(FILE.read_text().replace("reach: call or text", "reach: write to"))
    with pytest.raises(ConfigError, match=r"emergency.US.crisis.reach: .*'call or text' or 'call'"):
        load_clinic(file)


def test_words_are_filled_in_and_unknown_ones_stay(place: Clinic) -> None:
    said = place.fill("Call {emergency_link} or {clinic_link}; {nothing}")
    assert said == "Call [911](tel:911) or [+1 555 010 0100](tel:+15550100100); {nothing}"


def test_the_file_in_the_repository_is_right_for_every_country(monkeypatch: pytest.MonkeyPatch) -> None:
    place = load_clinic(ROOT / "clinic.yml")
    assert {country: lines.crisis.reach for country, lines in place.emergency.items()} == {
        "US": "call or text",
        "UK": "call",
        "EU": "call",
    }
    assert place.hours_text
