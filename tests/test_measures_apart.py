"""What is measured was not learnt: no sentence of a measure stands in what the classifiers are trained on."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from bot.safety.classifier import sentences
from bot.settings import ROOT
from tools.evaluation.talks import read_talks

TESTS = Path(__file__).parent
#: What is shorter than so many words is nobody's own where turns of a conversation, or red flags, are
#: measured: "how long does it take" is both asked and taught. Elsewhere a sentence counts from its ninth
#: letter.
_WORDS = {"talks": 5, "nlu/two_turns.tsv": 5, "safety": 5}
#: Lists for spelling, languages and forms, whose rows are no questions; what stands in them is meant to be
#: known.
_NO_MEASURES = {"booking_inputs.tsv", "english.tsv", "foreign.tsv", "form_answers.tsv", "routes.tsv"}


def plain(text: str) -> str:
    return re.sub(r"[^a-z0-9 ]", "", text.lower().replace("’", "'")).strip()


def learnt() -> set[str]:
    made = {plain(text) for text, _ in sentences()}
    for path in (ROOT / "data" / "nlu").glob("*.yml"):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            lines = (line.strip() for line in str(block.get("examples") or "").splitlines())
            made |= {plain(line[2:]) for line in lines if line.startswith("- ")}
    return made


def measured() -> Iterator[tuple[str, str]]:
    """Every file of a measure with each of its sentences."""
    for path in sorted(TESTS.rglob("*.tsv")):
        if path.name in _NO_MEASURES:
            continue
        name = path.relative_to(TESTS).as_posix()
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                yield from ((name, part) for part in (row["text"], *row["text"].split(" || ")))
    for path in sorted((TESTS / "talks").glob("*.yml")):
        yield from (("talks", step.say) for talk in read_talks(path) for step in talk.steps)


def counts(file: str, sentence: str) -> bool:
    words = _WORDS.get(file) or _WORDS.get(file.split("/")[0], 1)
    return len(sentence) > 8 and len(sentence.split()) >= words


def test_nothing_that_is_measured_was_learnt() -> None:
    known = learnt()
    found = {(file, plain(text)) for file, text in measured() if counts(file, plain(text))}
    assert sorted((file, text) for file, text in found if text in known) == []


def test_the_measures_are_found() -> None:
    files = {file for file, _ in measured()}
    assert {"talks", "nlu/heldout.tsv", "nlu/dev.tsv", "nlu/two_turns.tsv"} <= files
    assert {"safety/frozen.tsv", "safety/heldout.tsv", "safety/ordinary.tsv"} <= files
    assert counts("nlu/dev.tsv", "which pills") and not counts("talks", "what about the pills")
