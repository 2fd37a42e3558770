"""The end of an urgent reply: who was told, when they read, and the numbers of the right country."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.content.clinic import clinic
from bot.conversation import urgent
from bot.safety import Finding, RedFlagRules
from bot.settings import ROOT, settings

OPEN = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # Monday, 10 in the morning at the clinic
NIGHT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)  # Saturday, 3 in the morning
CHEST = Finding(("R2",), "emergency", "Call {emergency_link} now.")


def test_in_opening_hours_staff_were_told_and_are_not_to_be_waited_for() -> None:
    said = urgent.wording(CHEST, OPEN)
    assert "told the clinic staff" in said
    assert "do not wait for them" in said


def test_out_of_hours_nobody_is_said_to_read_before_the_next_opening() -> None:
    said = urgent.wording(CHEST, NIGHT)
    assert "Nobody there will read this before Monday at 9 am" in said
    assert "told the clinic staff" not in said


def test_while_staff_hold_the_chat_the_one_in_it_is_named() -> None:
    assert "staff member in this chat" in urgent.wording(CHEST, NIGHT, held=True)


@pytest.mark.parametrize(
    ("country", "emergency", "crisis"),
    [("US", "911", "988"), ("UK", "999", "116 123"), ("EU", "112", "116 123")],
)
def test_every_reply_has_the_numbers_of_the_country_as_links(
    country: str, emergency: str, crisis: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the shipped ``clinic.yml``, with every reply of every flag."""
    monkeypatch.setenv("RLA_CLINIC_FILE", str(Path(ROOT) / "clinic.yml"))
    monkeypatch.setenv("RLA_COUNTRY", country)
    settings.cache_clear()
    clinic.cache_clear()
    for name, flag in RedFlagRules.load().book.flags.items():
        for reply in filter(None, (flag.now, flag.other, flag.worse)):
            said = urgent.wording(Finding((name,), flag.tier, f"{reply} {flag.rest}"), NIGHT)
            assert "{" not in said
            assert country == "US" or ("911" not in said and "988" not in said)
            assert country == "US" or (
                "text" not in said and "Poison Help" not in said
            )  # neither is there elsewhere
            assert "{emergency_link}" not in reply or f"[{emergency}](tel:{emergency})" in said
            assert "{crisis_link}" not in reply or f"[{crisis}](tel:{crisis.replace(' ', '')})" in said
