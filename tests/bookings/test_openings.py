"""What the message that begins a booking already says, on sentences as people write them."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from bot.bookings.reading.opening import read_opening

ROWS = Path(__file__).with_name("openings.tsv")
FIELDS = ("name", "contact", "times", "reason")


def rows() -> list[dict[str, str]]:
    with ROWS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _same(found: str, wanted: str) -> bool:
    """A number is written as the library writes it."""
    digits = re.sub(r"\D", "", wanted)
    return found == wanted or (len(digits) >= 6 and re.sub(r"\D", "", found).endswith(digits))


def test_each_field_is_read_where_it_is_said_and_nowhere_else() -> None:
    wrong = [
        (row["text"], field, row[field], found)
        for row in rows()
        for field in FIELDS
        if not _same(found := read_opening(row["text"]).get(f"booking_{field}", "-"), row[field])
    ]
    assert len(wrong) <= 0.05 * len(rows()) * len(FIELDS), wrong
    assert not [row for row in wrong if row[1] == "name" and row[3] != "-"], "a name that is none"


def test_a_bare_wish_fills_nothing() -> None:
    assert read_opening("I would like to book an appointment please") == {}
