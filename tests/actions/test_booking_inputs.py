"""Real answers to the booking form, as people all over the world write them: ``booking_inputs.tsv``.

Here each row is read without an intent: what is taken must not hang on a lucky guess.
``tests/nlu/test_booking_inputs.py`` reads the same rows with the classifier's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.bookings.fields import SLOTS
from bot.bookings.reading.form import hear
from bot.content.clinic import Clinic

FILE = Path(__file__).with_name("booking_inputs.tsv")
KNOWN = {slot: "known" for slot in SLOTS}


@dataclass(frozen=True)
class Said:
    text: str
    intent: str | None = None
    confidence: float = 0.0
    pressed: bool = False


@dataclass(frozen=True)
class Row:
    text: str
    slot: str
    kept: str | None
    country: str


def rows() -> list[Row]:
    found = []
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            text, field, kept, *country = line.split("\t")
            found.append(
                Row(text, f"booking_{field}", None if kept == "-" else kept, country[0] if country else "US")
            )
    return found


ROWS = rows()


def kept(row: Row, message: Said, monkeypatch: pytest.MonkeyPatch, **rest: object) -> str | None:
    monkeypatch.setattr(Clinic, "phone_region", {"UK": "GB"}.get(row.country, row.country))
    known = {slot: KNOWN[slot] for slot in SLOTS[: SLOTS.index(row.slot)]}
    return (hear(row.slot, message, known, **rest).slots or {}).get(row.slot)  # type: ignore[arg-type]


#: Whether "what helps tonight?" is a time is left to the classifier.
PLAIN = [row for row in ROWS if row.kept is not None or row.slot != "booking_times"]


@pytest.mark.parametrize("row", PLAIN, ids=lambda row: f"{row.slot[8:]}: {row.text}")
def test_what_is_kept(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    intent = "stop" if row.text in ("stop", "cancel") else None
    assert kept(row, Said(row.text, intent, 0.9), monkeypatch) == row.kept


def test_there_are_rows_enough() -> None:
    taken = [row for row in ROWS if row.kept is not None]
    assert len(taken) >= 120 and len(ROWS) - len(taken) >= 40


@pytest.mark.parametrize(
    ("slot", "text", "line"),
    [
        ("booking_name", "tuesday", "booking_bad_name"),
        ("booking_name", "mornings next week", "booking_bad_name"),
        ("booking_name", "No Problem", "booking_bad_name"),
        ("booking_contact", "in my office", "booking_bad_contact"),
        ("booking_contact", "call me", "booking_need_number"),
        ("booking_times", "yesterday", "booking_bad_times"),
        ("booking_times", "no", "booking_bad_times"),
    ],
)
def test_the_same_answer_once_more_is_taken(slot: str, text: str, line: str) -> None:
    known = {key: "known" for key in SLOTS[: SLOTS.index(slot)]}
    first = hear(slot, Said(text), known)
    assert (first.slots, first.line) == ({slot: None}, line)
    again = hear(slot, Said(f"{text}."), known, said=[line, slot], before=text)
    assert (again.slots or {})[slot] in (text, f"{text}.") and again.line is None
    other = hear(slot, Said("???"), known, said=[line, slot], before=text)
    assert (other.slots or {}).get(slot) is None


def test_a_time_at_the_name_is_asked_about_also_where_the_classifier_hears_a_wish_to_book() -> None:
    first = hear("booking_name", Said("mornings next week", "book_appointment", 0.95), {})
    assert first.line == "booking_bad_name"


@pytest.mark.parametrize("slot", ["booking_consent", "booking_confirm"])
def test_no_doubtful_yes_sends_anything(slot: str) -> None:
    for text, confidence in (("hm", 0.95), ("the blue one", 0.7), ("no", 0.95)):
        assert (hear(slot, Said(text, "affirm", confidence), KNOWN).slots or {}).get(slot) != "yes"


def test_what_the_classifier_takes_for_stop_is_the_answer_where_it_is_one() -> None:
    for slot, text, kept_ in (
        ("booking_times", "I don't mind", "I don't mind"),
        ("booking_consent", "I don't mind", "yes"),
    ):
        assert hear(slot, Said(text, "stop", 0.9), {}).slots == {slot: kept_}
    assert hear("booking_times", Said("forget it, I don't mind any more", "stop", 0.9), {}).slots is None
