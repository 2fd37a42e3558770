"""What is said to a red flag obeys the rules of all patient texts, and leaves no doubt whom to call."""

from __future__ import annotations

import re

import pytest

from bot.safety import RedFlagRules
from tests.content.test_words import breaks, sentences, table
from tests.support.reading import grade

TEXTS = {
    f"{name} {field}": getattr(flag, field)
    for name, flag in RedFlagRules.load().book.flags.items()
    for field in ("now", "other", "worse", "rest")
    if getattr(flag, field)
}
FIRST = [key for key in TEXTS if not key.endswith("rest")]


@pytest.mark.parametrize("key", TEXTS)
def test_no_reply_says_what_none_may_say(key: str) -> None:
    faults = [
        f"{rule['never']}: {part}"
        for rule in table("never.yml")["everywhere"]
        for part in breaks(rule, TEXTS[key])
    ]
    assert not faults


@pytest.mark.parametrize("key", FIRST)
def test_what_to_do_now_names_a_number_or_the_prescriber_and_is_short(key: str) -> None:
    tier = RedFlagRules.load().book.flags[key.split()[0]].tier
    wanted = (
        r"prescriber"
        if tier == "prescriber" and not key.endswith("worse")
        else r"\{(emergency|crisis|poison)_link\}"
    )
    assert re.search(wanted, TEXTS[key])
    assert len(sentences(TEXTS[key])) <= 3


@pytest.mark.parametrize("key", FIRST)
def test_what_to_do_now_is_easy_to_read(key: str) -> None:
    assert grade(TEXTS[key]) <= 8
