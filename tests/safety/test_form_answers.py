"""Answers to the assistant's own questions are no alarms: a date, a part of the body, a name, a reason for a visit.

``form_answers.tsv`` was written apart from what the net learns from, in other words.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.safety import RedFlags, Watch
from bot.safety.net import Net
from tools.evaluation.flags import read_rows, seen

SHARE = 0.02


def test_ordinary_form_answers_raise_nothing(watch: Watch) -> None:
    rows = read_rows(Path(__file__).parent / "form_answers.tsv")
    alarms = [row.messages[0] for row in rows if seen(row, watch).flags]
    assert len(rows) >= 150
    assert len(alarms) <= SHARE * len(rows), alarms


FRAGMENTS = [
    "today", "just today", "my left leg", "left leg", "right leg", "my right calf", "left calf", "my left foot", "chest",
    "since this morning", "toe", "suddenly", "varicose veins on both legs", "legs hurt", "swollen ankles for years",
]  # fmt: skip


@pytest.mark.parametrize("text", FRAGMENTS)
def test_what_a_tester_answered_raises_nothing(text: str, watch: Watch) -> None:
    assert watch.check(text) is None


@pytest.mark.parametrize("text", ["left calf", "chest", "my big toe"])
def test_few_words_without_a_symptom_are_no_flag_however_sure_the_net_is(
    text: str, rules: RedFlags, net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Net, "look", lambda *_, **__: ("R1", 9.0))
    assert Watch(rules, net).check(text) is None
    found = Watch(rules, net).check(text, ("it hurts and has swollen up",))
    assert found and "R1" in found.flags  # they complete what was said before


@pytest.mark.parametrize("text", ["calf swollen", "one of my calves looks like a rugby ball since sunday"])
def test_a_symptom_or_words_enough_let_the_net_speak(
    text: str, rules: RedFlags, net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Net, "look", lambda *_, **__: ("R1", 9.0))
    found = Watch(rules, net).check(text)
    assert found and "R1" in found.flags


def test_few_words_about_the_end_are_heard(
    rules: RedFlags, net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Net, "look", lambda *_, **__: ("R7", 9.0))
    found = Watch(rules, net).check("no more")
    assert found and found.flags == ("R7",)


def test_the_net_does_not_speak_over_the_rule(
    rules: RedFlags, net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both see a flag of the same urgency: the advice is that of the rule."""
    monkeypatch.setattr(Net, "look", lambda *_, **__: ("R9", 0.85))
    found = Watch(rules, net).check(
        "my mom takes ropinirole and went mad shopping. I'm on gabapentin myself."
    )
    assert found and found.flags[0] == "R8" and "gamble" in found.reply


def test_the_net_chooses_among_the_flags_of_the_rules(
    rules: RedFlags, net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "Every night at the casino since ropinirole. Stopped my gabapentin cold turkey."
    assert set(rules.raised(text).flags) == {"R8", "R9"}
    for flag in ("R8", "R9"):
        monkeypatch.setattr(Net, "look", lambda *_, flag=flag, **__: (flag, 5.0))
        found = Watch(rules, net).check(text)
        assert found and found.flags[0] == flag
