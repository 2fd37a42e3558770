"""A question is a sign too, means at hand are a crisis, and what merely sounds like it raises nothing."""

from __future__ import annotations

import pytest

from bot.safety import RedFlagCheck, RedFlagRules


@pytest.mark.parametrize(
    "text",
    [
        "what should i do about my suicidal thoughts",
        "should i tell my doctor about my suicidal thoughts",
        "can lack of sleep make you want to kill yourself",
        "how many gabapentin would it take to kill me",
        "what is a lethal dose of pramipexole",
        "can you die from a gabapentin overdose",
        "I've counted out all my gabapentin on the kitchen table",
        "i've been saving my tramadol",
    ],
)
def test_a_question_for_the_way_and_means_at_hand_are_a_crisis(
    text: str, rules: RedFlagRules, red_flags: RedFlagCheck
) -> None:
    assert "R7" in rules.raised(text).flags
    found = red_flags.check(text)
    assert found and "R7" in found.flags and "{crisis_link}" in found.reply


@pytest.mark.parametrize(
    ("text", "tier"),
    [
        ("I want to die and I have a gun", "emergency"),
        ("I want to die", "support"),
        ("I want to kill myself, I've been saving my gabapentin", "emergency"),
    ],
)
def test_means_make_it_the_more_urgent_form(text: str, tier: str, rules: RedFlagRules) -> None:
    found = rules.check(text)
    assert found and found.flags[0] == "R7" and found.tier == tier


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("will it ever go away for good", "R7"),
        ("stop i dont want to do this any more", "R7"),
        ("could i have stopped it from starting", "R9"),
        ("who would I go and see", "R3"),
        ("I was switched from Requip to Mirapex", "R9"),
        ("i took 2 tablets today", "R10"),
        ("i took my iron tablet three times a day", "R10"),
        ("what about another gabapentin, i already had one at 9", "R10"),
        ("i missed my iron for two days", "R9"),
        ("I stopped my iron pills", "R9"),
    ],
)
def test_what_only_sounds_like_it_raises_nothing(
    text: str, flag: str, rules: RedFlagRules, red_flags: RedFlagCheck
) -> None:
    assert flag not in rules.raised(text).flags
    found = red_flags.check(text)
    assert found is None or flag not in found.flags or found.ask


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("i had a seizure after i stopped my gabapentin", "R9"),
        ("stopped my ropinirole, now I am stiff, feverish and confused", "R9"),
    ],
)
def test_a_sign_after_stopping_is_an_emergency(text: str, flag: str, rules: RedFlagRules) -> None:
    found = rules.check(text)
    assert found and flag in found.flags and found.tier == "emergency"


def test_a_medicine_of_the_table_is_known_to_the_rules(rules: RedFlagRules) -> None:
    """One row in ``data/medicines.yml`` is enough: no rule spells a medicine."""
    assert {"med_opioid", "withdrawing"} <= set(rules.signals("I take belbuca"))
    assert "R9" in rules.raised("I stopped my belbuca cold turkey").flags
