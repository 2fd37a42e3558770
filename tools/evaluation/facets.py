"""How well the facet of a question is read and answered ("how long", "side effects"), each question as a
first message to the real dialogue."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.content.clinic import clinic
from bot.content.facets import facets
from bot.dialogue import Said
from bot.errors import ConfigError
from tools.evaluation.measures import share
from tools.evaluation.said import alarmed, asked, say_each

COLUMNS = ("text", "topic", "facet")


@dataclass(frozen=True)
class Question:
    """A question with the topics and the facets of which any is right."""

    text: str
    topics: tuple[str, ...]
    facets: tuple[str, ...]


@dataclass(frozen=True)
class Answered:
    """A question with what came."""

    question: Question
    said: Said

    @property
    def topic(self) -> bool:
        return bool(set(self.question.topics) & set(self.said.answers))

    @property
    def facet(self) -> bool:
        return bool(asked(self.said) & set(self.question.facets))

    @property
    def has_text(self) -> bool:
        """Whether some reviewed text answers exactly this."""
        return bool(self._texts())

    @property
    def text(self) -> bool:
        """Whether that text came."""
        said = "\n\n".join(reply.text for reply in self.said.replies)
        return any(text in said for text in self._texts())

    def _texts(self) -> list[str]:
        own = [facets()[topic].facets for topic in self.question.topics if topic in facets()]
        cells = [found[facet].text for found in own for facet in self.question.facets if facet in found]
        return [clinic().fill(text.strip()) for text in cells]


def read_facet_questions(path: Path) -> list[Question]:
    """The rows of a tab-separated file with the columns of ``COLUMNS``, alternatives parted by ``|``; no
    quoting.

    Raises:
        ConfigError: the file is missing, lacks a column, or a row is incomplete; names the line.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file")
    made = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        if not set(COLUMNS) <= set(rows.fieldnames or ()):
            raise ConfigError(f"{path}:1: expected the columns {', '.join(COLUMNS)}, parted by tabs")
        for number, row in enumerate(rows, 2):
            text, topics, kinds = ((row[name] or "").strip() for name in COLUMNS)
            if not (text and topics and kinds):
                raise ConfigError(f"{path}:{number}: a row needs a text, a topic and a facet")
            made.append(Question(text, tuple(topics.split("|")), tuple(kinds.split("|"))))
    if not made:
        raise ConfigError(f"{path}: no questions in it")
    return made


def ask_facets(questions: Sequence[Question], model: Path | None = None) -> dict[str, Any]:
    """The figures for these questions with a trained model (by default the one in ``models/``), as
    ``report`` gives them."""

    said = say_each([question.text for question in questions], model)
    return report([Answered(*pair) for pair in zip(questions, said, strict=True)])


def report(found: Sequence[Answered]) -> dict[str, Any]:
    """The figures, the same by facet, what was taken for what, and the questions whose topic or facet was
    missed."""
    with_text = [one for one in found if one.has_text]
    confused = Counter(
        (one.question.facets[0], read) for one in found if not one.facet for read in asked(one.said) or {"-"}
    )
    return {
        "questions": len(found),
        "figures": {
            "facet read": share([one.facet for one in found]),
            "topic answered": share([one.topic for one in found]),
            "both": share([one.facet and one.topic for one in found]),
            "the facet's own text came, where there is one": share([one.text for one in with_text]),
            "taken for a red flag": share([alarmed(one.said) for one in found]),
        },
        "by facet": {
            facet: share([one.facet for one in found if one.question.facets[0] == facet])
            for facet in sorted({one.question.facets[0] for one in found})
        },
        "confusions": [[*pair, times] for pair, times in confused.most_common(15)],
        "rows": [
            {
                "text": one.question.text,
                "topic": "|".join(one.question.topics),
                "facet": "|".join(one.question.facets),
                "answers": ", ".join(one.said.answers),
                "read": ", ".join(sorted(asked(one.said))),
            }
            for one in found
            if not (one.facet and one.topic)
        ],
    }


def table(found: dict[str, Any]) -> list[str]:
    """The report as lines to read."""
    lines = [f"{found['questions']} questions that name a topic and a facet, through the whole dialogue", ""]
    lines += [f"{name:<48} {figure}" for name, figure in found["figures"].items()]
    lines += ["", "facet read, by facet"]
    lines += [f"  {name:<46} {figure}" for name, figure in found["by facet"].items()]
    lines += ["", "taken for another (asked, read, times)"]
    lines += [f"  {wanted} -> {read}: {times}" for wanted, read, times in found["confusions"]]
    lines += ["", "missed (text, topic, facet <- answers, read)"]
    lines += [
        f"  {row['text'][:70]:<70} {row['topic']}, {row['facet']} <- {row['answers'] or '-'}, {row['read'] or '-'}"
        for row in found["rows"]
    ]
    return lines
