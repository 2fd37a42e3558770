"""What raised a flag stands with it: the rule by its place, the classifier by its name, and the score that
it gave."""

from __future__ import annotations

import pytest

from bot.safety import RedFlagCheck, RedFlagRules, rule_files
from bot.safety.classifier import RedFlagClassifier
from bot.store.models import Alert

LONGEST = Alert.raised_by.type.length  # type: ignore[attr-defined]


def test_a_rule_is_named_by_its_file_and_place(rules: RedFlagRules) -> None:
    found = rules.check("my left calf is hot and swollen")
    assert found and found.raised_by == "r01_clot.yml rule 1" and found.score is None


def test_every_rule_has_a_place_of_its_own(rules: RedFlagRules) -> None:
    places = [ruled.place for ruled in rules.book.rules]
    assert all(places) and len(set(places)) == len(places)
    for ruled in rules.book.rules:
        name, _, number = ruled.place.partition(" rule ")
        if number:
            assert rule_files.read()[name].rules[int(number) - 1] == ruled.rule


def test_the_worse_form_names_the_rule_that_is_worse(rules: RedFlagRules) -> None:
    raised = rules.raised("stopped my ropinirole, now I have fever, am stiff and confused")
    place = {ruled.place: ruled.rule for ruled in rules.book.rules}
    assert raised.flags["R9"] and place[raised.by["R9"]].worse


def test_rules_of_other_languages_are_named_too(rules: RedFlagRules) -> None:
    found = rules.check("quiero matarme")
    assert found and found.raised_by == "languages.yml es R7"


def test_a_flag_over_two_messages_names_its_rule(rules: RedFlagRules) -> None:
    found = rules.check("breathe", ("hi", "i cant"))
    assert found and found.raised_by.startswith("r02_chest.yml rule ")


def test_the_most_urgent_flag_is_named_first_and_it_fits_the_column(rules: RedFlagRules) -> None:
    found = rules.check("I stopped my ropinirole last week and today I have chest pain")
    assert found and [part[:3] for part in found.raised_by.split(", ")] == ["r02", "r09"]
    everything = dict.fromkeys(rules.book.flags, True)
    longest = {
        name: max((r.place for r in rules.book.rules if r.flag == name), key=len) for name in everything
    }
    assert len(rules.finding(everything, by=longest).raised_by + ", classifier") <= LONGEST


@pytest.mark.parametrize(
    ("looked", "text", "raised_by", "score"),
    [
        (("R1", 3.0), "my left calf is hot and swollen", "r01_clot.yml rule 1, classifier", 3.0),
        (("R1", 3.0), "it looks like a rugby ball since sunday", "classifier", 3.0),
        (("R2", -1.0), "my left calf is hot and swollen", "r01_clot.yml rule 1", -1.0),
        (None, "I want to kill myself", "r07_self_harm.yml rule 3", None),
    ],
)
def test_the_classifier_is_named_where_it_saw_the_flag(
    looked: tuple[str, float] | None,
    text: str,
    raised_by: str,
    score: float | None,
    rules: RedFlagRules,
    classifier: RedFlagClassifier,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(RedFlagClassifier, "classify", lambda *_, **__: looked)
    found = RedFlagCheck(rules, classifier).check(text)
    assert found and (found.raised_by, found.score) == (raised_by, score)
