"""The measured promises: on sentences that were written apart from the training data."""

from __future__ import annotations

import re
from pathlib import Path
from time import perf_counter

import pytest

from bot.settings import ROOT
from bot.understanding.intent_model import IntentModel
from bot.understanding.reading import read
from tools.evaluation.command import evaluate
from tools.evaluation.measures import Share
from tools.evaluation.sentences import read_cases, read_training

HERE = Path(__file__).parent
DEV, HELDOUT, HELDOUT2 = HERE / "dev.tsv", HERE / "heldout.tsv", HERE / "heldout2.tsv"
ALL = (DEV, HELDOUT, HELDOUT2)
TYPOS_MAY_COST = 0.03


@pytest.fixture(scope="module")
def report(model: IntentModel) -> dict[str, dict[str, Share]]:
    made = evaluate(read_cases(DEV), model, typos=0.3)
    return {"clean": made["figures"], "typos": made["with typos"]["figures"]}


def value(share: Share) -> float:
    assert share.value is not None
    return share.value


def test_in_scope_is_answered_rightly(report: dict[str, dict[str, Share]]) -> None:
    assert value(report["clean"]["in scope, answered rightly"]) >= 0.92


def test_wrong_answers_are_rare(report: dict[str, dict[str, Share]]) -> None:
    assert value(report["clean"]["in scope, wrong answer"]) <= 0.05


def test_out_of_scope_is_recognised(report: dict[str, dict[str, Share]]) -> None:
    assert value(report["clean"]["out of scope, recognised"]) >= 0.85


def test_both_of_two_questions_are_found(report: dict[str, dict[str, Share]]) -> None:
    assert value(report["clean"]["both of two questions"]) >= 0.75


def test_a_second_question_is_seldom_imagined(report: dict[str, dict[str, Share]]) -> None:
    assert value(report["clean"]["a second question where there is one"]) <= 0.05


def test_typos_cost_little(report: dict[str, dict[str, Share]]) -> None:
    name = "in scope, answered rightly"
    assert value(report["typos"][name]) >= value(report["clean"][name]) - TYPOS_MAY_COST


def test_long_messages_do_not_take_long(model: IntentModel) -> None:
    text = "my legs are bad at night and i walk about. what is it? can i drink coffee? " * 20
    read(model, text)
    start = perf_counter()
    read(model, text)
    assert perf_counter() - start < 1.0


def plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_no_sentence_is_both_learned_and_measured(path: Path) -> None:
    known = {plain(text) for text, _ in read_training()} - {""}
    assert not [case.text for case in read_cases(path) if plain(case.text) in known]


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_the_measuring_sentences_are_many_and_of_every_kind(path: Path) -> None:
    cases = read_cases(path)
    assert sum(case.in_scope for case in cases) >= 300
    assert sum(case.out_of_scope for case in cases) >= 300
    medical = sum("out_of_scope_medical" in case.asked[0] for case in cases if case.out_of_scope)
    assert medical >= 0.4 * sum(case.out_of_scope for case in cases)
    assert sum(case.two for case in cases) >= 40


def test_every_intent_has_many_different_sentences() -> None:
    counts: dict[str, set[str]] = {}
    for text, intent in read_training():
        counts.setdefault(intent, set()).add(plain(text))
    assert {name for name, texts in counts.items() if len(texts) < 40} == set()


def test_no_sentence_is_taught_as_two_things() -> None:
    taught: dict[str, set[str]] = {}
    for text, intent in read_training():
        if plain(text):
            taught.setdefault(plain(text), set()).add(intent)
    assert {text: intents for text, intents in taught.items() if len(intents) > 1} == {}


def test_every_intent_of_the_measuring_sentences_is_taught() -> None:
    taught = {intent for _, intent in read_training()}
    asked = {name for path in ALL for case in read_cases(path) for names in case.asked for name in names}
    assert asked - taught == set()


def test_measuring_sentences_stay_out_of_the_training_folder() -> None:
    assert {path.suffix for path in (ROOT / "data" / "nlu").iterdir()} == {".yml"}
