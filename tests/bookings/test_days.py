"""The days that a patient names, beside the words."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.bookings import requests
from bot.bookings.reading.days import days_named
from bot.bookings.requests import in_short, shown_to_staff
from bot.store.models import Booking

#: A Monday.
AT = datetime(2026, 11, 30, 9, 0, tzinfo=ZoneInfo("America/New_York"))


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Friday 15.30", ["2026-12-04"]),
        ("any day but tuesday", ["2026-12-01"]),
        ("tomorrow at 3pm", ["2026-12-01"]),
        ("December 3rd at 2", ["2026-12-03"]),
        ("3 December or 12/31/2026", ["2026-12-03", "2026-12-31"]),
        ("31.12.2026", ["2026-12-31"]),
        ("2027-01-12", ["2027-01-12"]),
        ("weekdays 14-16", []),
        ("between 9 and 11", []),
        ("Mon-Fri 8-10", []),
        ("next tuesday", []),
        ("mondays", []),
        ("May", []),
        ("no time preference", []),
        ("12/31/2020", []),
        ("31.02.2027", []),
    ],
)
def test_days(text: str, days: list[str]) -> None:
    assert [named["day"] for named in days_named(text, AT, day_first=False)] == days


def test_the_order_of_day_and_month_is_that_of_the_country() -> None:
    read = [days_named("3/4/2027", AT, day_first=first)[0]["day"] for first in (True, False)]
    assert read == ["2027-04-03", "2027-03-04"]


def test_staff_see_them_beside_the_words_and_no_list_is_longer_for_them() -> None:
    booking = Booking(times="friday", reason="legs", days_named=[{"words": "friday", "day": "2026-12-04"}])
    assert shown_to_staff(booking) == [
        ("Times", "friday"),
        ("Days named", "friday: Fri 04 Dec 2026"),
        ("Reason", "legs"),
    ]
    assert in_short(booking) == "friday · legs"


def test_no_request_is_lost_for_a_day_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("in a library")

    monkeypatch.setattr(requests, "days_named", fail)
    assert requests._days("friday") is None
