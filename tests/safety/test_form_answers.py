"""Answers to the assistant's own questions are no alarms: a date, a part of the body, a name, a reason for
a visit.

``form_answers.tsv`` was written apart from what the classifier learns from, in other words.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.safety import RedFlagCheck, RedFlagRules
from bot.safety.classifier import RedFlagClassifier
from tools.evaluation.flags import read_rows, seen

SHARE = 0.02


def test_ordinary_form_answers_raise_nothing(red_flags: RedFlagCheck) -> None:
    rows = read_rows(Path(__file__).parent / "form_answers.tsv")
    alarms = [row.messages[0] for row in rows if seen(row, red_flags).flags]
    assert len(rows) >= 150
    assert len(alarms) <= SHARE * len(rows), alarms


FRAGMENTS = [
    "today", "just today", "my left leg", "left leg", "right leg", "my right calf", "left calf", "my left foot", "chest",
    "since this morning", "toe", "suddenly", "varicose veins on both legs", "legs hurt", "swollen ankles for years",
]  # fmt: skip


@pytest.mark.parametrize("text", FRAGMENTS)
def test_what_a_tester_answered_raises_nothing(text: str, red_flags: RedFlagCheck) -> None:
    assert red_flags.check(text) is None


@pytest.mark.parametrize("text", ["left calf", "chest", "my big toe"])
def test_few_words_without_a_symptom_are_no_flag_however_sure_the_classifier_is(
    text: str, rules: RedFlagRules, classifier: RedFlagClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RedFlagClassifier, "classify", lambda *_, **__: ("R1", 9.0))
    assert RedFlagCheck(rules, classifier).check(text) is None
    found = RedFlagCheck(rules, classifier).check(text, ("it hurts and has swollen up",))
    assert found and "R1" in found.flags  # they complete what was said before


@pytest.mark.parametrize("text", ["calf swollen", "one of my calves looks like a rugby ball since sunday"])
def test_a_symptom_or_words_enough_let_the_classifier_speak(
    text: str, rules: RedFlagRules, classifier: RedFlagClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RedFlagClassifier, "classify", lambda *_, **__: ("R1", 9.0))
    found = RedFlagCheck(rules, classifier).check(text)
    assert found and "R1" in found.flags


def test_few_words_about_the_end_are_heard(
    rules: RedFlagRules, classifier: RedFlagClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RedFlagClassifier, "classify", lambda *_, **__: ("R7", 9.0))
    found = RedFlagCheck(rules, classifier).check("no more")
    assert found and found.flags == ("R7",)


def test_the_classifier_does_not_speak_over_the_rule(
    rules: RedFlagRules, classifier: RedFlagClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both see a flag of the same urgency: the advice is that of the rule."""
    monkeypatch.setattr(RedFlagClassifier, "classify", lambda *_, **__: ("R9", 0.85))
    found = RedFlagCheck(rules, classifier).check(
        "my mom takes ropinirole and went mad shopping. I'm on gabapentin myself."
    )
    assert found and found.flags[0] == "R8" and "gamble" in found.reply


def test_the_classifier_chooses_among_the_flags_of_the_rules(
    rules: RedFlagRules, classifier: RedFlagClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "Every night at the casino since ropinirole. Stopped my gabapentin cold turkey."
    assert set(rules.raised(text).flags) == {"R8", "R9"}
    for flag in ("R8", "R9"):
        monkeypatch.setattr(RedFlagClassifier, "classify", lambda *_, flag=flag, **__: (flag, 5.0))
        found = RedFlagCheck(rules, classifier).check(text)
        assert found and found.flags[0] == flag
