"""What a second message is taken for: the pairs that are measured, and how their answers are judged."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.dialogue import Said
from bot.errors import ConfigError
from bot.settings import ROOT
from bot.store.models import Alert, Message, TurnLog
from tools.evaluation.sentences import read_training
from tools.evaluation.two_turns import Pair, judge, read_pairs, report, table

FILE = Path(__file__).parent / "two_turns.tsv"
NEW = Pair("about gabapentin", "ask_gabapentin", "when do you open", "new", ("ask_clinic",))
LEANS = Pair("about gabapentin", "ask_gabapentin", "side effects?", "elliptic", ("ask_gabapentin",))
#: Named where this measure was asked for; all of them are taught too.
_ALSO_TAUGHT = {
    "what time do you open",
    "how much is a consultation",
    "pregablin side effects",
    "is it hereditary",
}


def said(*answers: str, urgent: bool = False, **decision: Any) -> Said:
    replies = [Message(text="x", answer_id=answer, urgent=urgent) for answer in answers]
    return Said("x", replies, [TurnLog(**decision)] if decision else [])


FIRST = said("ask_gabapentin")


@pytest.mark.parametrize(
    ("pair", "second", "verdict"),
    [
        (NEW, said("ask_clinic"), "right"),
        (NEW, said("ask_gabapentin", "ask_clinic"), "right"),
        (NEW, said("ask_gabapentin"), "before"),
        (NEW, said("ask_dose", leaned_on="ask_gabapentin"), "before"),
        (NEW, said("ask_dose", intent="ask_clinic", confidence=0.97), "before"),
        (NEW, said("ask_dose", intent="ask_clinic", confidence=0.5), "elsewhere"),
        (NEW, said("fallback_unknown"), "elsewhere"),
        (NEW, said("R1", urgent=True), "urgent"),
        (LEANS, said("ask_gabapentin"), "right"),
        (LEANS, said("ask_dose"), "elsewhere"),
    ],
)
def test_an_answer_is_judged_by_what_was_said(pair: Pair, second: Said, verdict: str) -> None:
    assert judge(pair, FIRST, second).verdict == verdict


def test_a_flow_is_told_by_the_name_of_its_questions() -> None:
    pair = Pair("x", "ask_gabapentin", "can i come in", "new", ("book_appointment",))
    assert judge(pair, FIRST, said("booking_name")).verdict == "right"


def test_a_red_flag_that_only_asks_is_one_too() -> None:
    second = Said("x", [Message(text="x", answer_id="ask:R7", urgent=False)], alerts=[Alert(flags=["R7"])])
    assert judge(NEW, FIRST, second).verdict == "urgent"


def test_pairs_whose_first_message_was_misread_are_counted_apart() -> None:
    outcomes = [
        judge(NEW, said("ask_dose"), said("ask_clinic")),
        judge(NEW, FIRST, said("ask_gabapentin", decided_by="follow_up")),
        judge(LEANS, FIRST, said("ask_gabapentin")),
    ]
    found = report(outcomes)
    figures = {name: (share.hits, share.of) for name, share in found["figures"].items()}
    assert figures["new questions taken for the one before"] == (1, 1)
    assert figures["elliptic ones resolved"] == (1, 1)
    assert figures["first message got its topic"] == (2, 3)
    printed = "\n".join(table(found, rows=True))
    assert "new, before: 1" in printed and "[follow_up]" in printed
    assert "new, before" not in "\n".join(table(found, rows=False))


@pytest.mark.parametrize(
    "row",
    [
        "a\task_cure\tb\tnew\t",
        "a\task_cure\tb\tnewish\task_dose",
        "a\task_cure\tb\tnew\task_dose|ask_cure",
    ],
)
def test_a_bad_row_is_named_by_place(tmp_path: Path, row: str) -> None:
    path = tmp_path / "bad.tsv"
    path.write_text(f"before\ttopic\ttext\tkind\twanted\n{row}\n")
    with pytest.raises(ConfigError, match=r"bad\.tsv:2"):
        read_pairs(path)
    with pytest.raises(ConfigError, match="columns"):
        read_pairs(tmp_path / "none.tsv")


def test_the_pairs_are_many_of_every_kind_and_about_topics_that_exist() -> None:
    pairs = read_pairs(FILE)
    kinds = Counter(pair.kind for pair in pairs)
    assert kinds["new"] >= 330 and kinds["elliptic"] >= 250 and kinds["other"] >= 40
    intents = set(yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["intents"])
    assert {name for pair in pairs for name in (pair.topic, *pair.wanted)} <= intents
    assert len({(pair.before, pair.text) for pair in pairs}) == len(pairs)


def plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()


def test_no_question_of_its_own_is_both_learned_and_measured() -> None:
    known = {plain(text) for text, _ in read_training()}
    new = {pair.text for pair in read_pairs(FILE) if pair.kind == "new"}
    assert {text for text in new if plain(text) in known} - _ALSO_TAUGHT == set()


def test_pairs_and_talks_are_played_through_the_real_dialogue(tmp_path: Path) -> None:
    """In a process of its own: Rasa is put under conditions there that no other test should meet."""
    pairs = tmp_path / "pairs.tsv"
    rows = [
        "does coffee make restless legs worse\task_caffeine\tare you a robot\tnew\task_if_bot",
        "does coffee make restless legs worse\task_caffeine\ttell me more\telliptic\task_caffeine",
        "does coffee make restless legs worse\task_caffeine\tI want an appointment\tnew\tbook_appointment",
    ]
    pairs.write_text("\n".join(["before\ttopic\ttext\tkind\twanted", *rows]) + "\n")
    talks = tmp_path / "talks.yml"
    steps = [
        {"say": "hello", "topic": "greet"},
        {"say": "my left calf is hot, red and swollen", "topic": ["R1"], "holds_not": "restless"},
        {"say": "does coffee make it worse", "holds": "words that nobody says", "today": "ignored"},
    ]
    talks.write_text(yaml.safe_dump([{"id": "one", "steps": steps}]))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tools.evaluation", "--json"),
            *("--two-turns", str(pairs), "--talks", str(talks)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    measured, at = json.JSONDecoder().raw_decode(done.stdout)
    assert measured["rows"] == []
    played = json.loads(done.stdout[at:])
    first, second, third = played["talks"][0]["steps"]
    assert (first["faults"], second["faults"]) == ([], [])
    assert second["urgent"] and not first["urgent"]
    assert third["faults"] == ["missing: words that nobody says"]
    assert played["faults"] == 1
