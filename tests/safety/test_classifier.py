"""The trained classifier: it knows wordings that no rule knows, lowers alarms that are none, and its
absence harms nothing."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from bot.safety import RedFlagCheck, RedFlagRules, verdict
from bot.safety.classifier import DATA, MODEL, RedFlagClassifier, sentences

HERE = Path(__file__).parent


def plain(text: str) -> str:
    return re.sub(r"[^a-z0-9 ]", "", text.lower()).strip()


def test_nothing_that_it_is_measured_on_was_learnt() -> None:
    learnt = {plain(text) for text, _ in sentences()}
    texts = []
    for path in (*HERE.glob("*.tsv"), *(HERE.parent / "nlu").glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            texts += [row["text"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    measured = {plain(part) for text in texts for part in [text, *text.split(" || ")]}
    assert not {text for text in learnt & measured if len(text) > 8}


def test_what_it_learns_from_is_labelled_and_of_many_kinds(rules: RedFlagRules) -> None:
    for path in sorted(DATA.glob("r*.tsv")):
        flag = f"R{int(path.stem[1:])}"
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        assert flag in rules.book.flags
        assert {row["flags"].split("|")[0] for row in rows} == {flag, "-"}, path.name
        assert sum(row["flags"] != "-" for row in rows) >= 300
        assert sum(row["flags"] == "-" for row in rows) >= 200


def test_it_sees_what_no_rule_knows(rules: RedFlagRules, red_flags: RedFlagCheck) -> None:
    text = "one of my calves looks like a rugby ball since sunday and I cannot bear the sheet on it"
    assert rules.check(text) is None
    found = red_flags.check(text)
    assert found and "R1" in found.flags


def test_it_lowers_a_rule_that_is_wrong(rules: RedFlagRules, red_flags: RedFlagCheck) -> None:
    text = "the poster in your waiting room says chest pain and breathlessness means call 911, nice poster"
    assert rules.check(text) is not None
    found = red_flags.check(text)
    assert found is None or found.ask


def test_a_wish_to_die_is_lowered_but_never_silenced(
    rules: RedFlagRules, classifier: RedFlagClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RedFlagClassifier, "classify", lambda *_, **__: None)  # it sees nothing at all
    red_flags = RedFlagCheck(rules, classifier)
    found = red_flags.check("I want to kill myself")
    assert found and found.flags == ("R7",) and found.ask
    assert red_flags.check("my left calf is hot and swollen") is None


def test_a_bug_in_it_leaves_the_rules_as_they_are(
    rules: RedFlagRules, classifier: RedFlagClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug in the classifier")

    monkeypatch.setattr(RedFlagClassifier, "classify", broken)
    red_flags = RedFlagCheck(rules, classifier)
    red_flags.prepare("my left calf is hot and swollen")
    found = red_flags.check("my left calf is hot and swollen")
    assert found and found.flags == ("R1",) and not found.ask


def test_without_its_file_the_rules_go_on_alone(rules: RedFlagRules, tmp_path: Path) -> None:
    missing = RedFlagClassifier(rules).read(tmp_path / "nothing.npz")
    assert missing.classify("my calf is swollen and hot on one side") is None
    found = RedFlagCheck(rules, missing).check("my calf is swollen and hot on one side")
    assert found and found.flags == ("R1",) and not found.ask


def test_a_classifier_of_another_encoder_is_refused(
    rules: RedFlagRules, classifier: RedFlagClassifier, tmp_path: Path
) -> None:
    with np.load(MODEL, allow_pickle=False) as file:
        kept = {name: file[name] for name in file.files}
    about = json.loads(str(kept["about"]))
    np.savez(
        tmp_path / "other.npz", **(kept | {"about": np.array(json.dumps(about | {"encoder": "another"}))})
    )
    assert not RedFlagClassifier(rules).read(tmp_path / "other.npz").loaded


def test_a_symptom_over_two_messages_is_judged_as_a_whole(red_flags: RedFlagCheck) -> None:
    found = red_flags.check("and now it is red and hot too", ("my left calf has swollen up",))
    assert found and "R1" in found.flags


def test_preparing_spares_the_check_the_costly_look(
    red_flags: RedFlagCheck, classifier: RedFlagClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "my right calf has gone hot and fat since the flight"
    red_flags.prepare(text)
    assert red_flags._look is not None and red_flags._look.cache_info().currsize
    before = red_flags._look.cache_info().misses
    assert red_flags.check(text)
    assert red_flags._look.cache_info().misses == before


def test_thresholds_are_in_order() -> None:
    assert verdict.ASK < verdict.FLAG
