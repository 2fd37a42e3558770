"""Sentences to train on and to measure with, read from their files."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.errors import ConfigError
from bot.settings import ROOT
from bot.understanding.follow_up import NO_TOPICS

TRAINING = ROOT / "data" / "nlu"
COLUMNS = ("text", "intents", "red_flag")


@dataclass(frozen=True)
class Case:
    """One sentence and what is right for it.

    Args:
        asked: a set of acceptable intents for each question in it; two sets where two things are asked.
        flags: acceptable red flags; empty where none may be raised.
    """

    text: str
    asked: tuple[frozenset[str], ...]
    flags: frozenset[str]

    @property
    def two(self) -> bool:
        return len(self.asked) > 1

    @property
    def in_scope(self) -> bool:
        """Whether some answer of ours is right."""
        return not self.two and not all(name.startswith("out_of_scope") for name in self.asked[0])

    @property
    def out_of_scope(self) -> bool:
        return not self.two and not self.in_scope


def read_cases(path: Path) -> list[Case]:
    """The cases of a file with tab-separated columns ``text``, ``intents``, ``red_flag``; no quoting.

    Raises:
        ConfigError: the file is not there, lacks a column, or a row has no text or no intent.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file")
    made = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        missing = [name for name in COLUMNS[:2] if name not in (rows.fieldnames or ())]
        if missing:
            raise ConfigError(
                f"{path}:1: the column '{missing[0]}' is missing; expected {', '.join(COLUMNS)}, parted by tabs"
            )
        for number, row in enumerate(rows, 2):
            text, intents = (row["text"] or "").strip(), (row["intents"] or "").strip()
            if not text or not intents:
                raise ConfigError(f"{path}:{number}: a row needs a text and at least one intent")
            asked = tuple(frozenset(name.strip() for name in part.split("|")) for part in intents.split("&"))
            flags = frozenset(
                flag.strip() for flag in (row.get("red_flag") or "").split("|") if flag.strip(" -")
            )
            made.append(Case(text, asked, flags))
    if not made:
        raise ConfigError(f"{path}: no sentences in it")
    return made


def read_training(folder: Path = TRAINING) -> list[tuple[str, str]]:
    """The training sentences with their intents, as they stand in Rasa's files."""
    made = []
    for path in sorted(folder.glob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            if block["intent"] in NO_TOPICS:
                continue  # no topic: read by a model of their own
            examples = (line[2:].strip() for line in block["examples"].splitlines() if line.startswith("- "))
            made += [(text, block["intent"]) for text in examples if text]
    return made


def read_labelled(path: Path) -> list[tuple[str, str]]:
    """Sentences and labels of a file in the HINT3 format: comma-separated ``sentence``, ``label``."""
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if not {"sentence", "label"} <= set(rows.fieldnames or ()):
            raise ConfigError(f"{path}:1: expected the columns 'sentence' and 'label'")
        return [(row["sentence"], row["label"]) for row in rows if row["sentence"]]
