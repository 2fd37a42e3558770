"""Questions that were not written for this assistant: what becomes of each, and whether the confidence
means what it says.

A row has a best topic and others that are acceptable, so that "right" and "the best" are told apart. Choose
thresholds on every other row (``rows="odd"``) and report on those between (``"even"``).
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import ConfigError
from bot.safety import Finding
from bot.understanding.reading import Reading
from bot.understanding.thresholds import likely_topics
from tools.evaluation.measures import answered, declines, recognised, share

COLUMNS = ("text", "intents", "red_flag", "source")
ROWS = ("all", "odd", "even")
OUTCOMES = ("right", "did you mean, and meant", "did you mean, not meant", "wrong", "declined")
#: Lower edges of the bins of confidence.
_BINS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_MEDICAL = "out_of_scope_medical"


@dataclass(frozen=True)
class Question:
    """A question, and what is right for it.

    Args:
        best: the topics that fit best; several where several things are asked at once.
        accepted: every topic that is acceptable, the best ones included.
        flag: ``none``, ``info`` for a question about a red flag, or the name of the red flag that it raises.
    """

    text: str
    best: frozenset[str]
    accepted: frozenset[str]
    flag: str

    @property
    def flagged(self) -> bool:
        return self.flag not in ("none", "info", "")

    @property
    def in_scope(self) -> bool:
        """Whether an answer of ours fits best. What raises a flag is judged by the urgent text instead."""
        return not self.flagged and not any(declines(name) for name in self.best)

    @property
    def out_of_scope(self) -> bool:
        """Whether no answer of ours is acceptable."""
        return not self.flagged and all(declines(name) for name in self.accepted)


def read_questions(path: Path, rows: str = "all") -> list[Question]:
    """The rows of a tab-separated file with the columns ``COLUMNS``; ``rows`` is one of ``ROWS``.

    ``intents`` holds alternatives between ``|``, the best first, and topics that are asked together between
    ``&``.

    Raises:
        ConfigError: the file is missing, lacks a column, or a row has no text or no topic.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file")
    made = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        missing = set(COLUMNS) - set(lines.fieldnames or ())
        if missing:
            raise ConfigError(f"{path}:1: the column '{min(missing)}' is missing")
        for number, line in enumerate(lines, 1):
            ways = [frozenset(way.split("&")) for way in (line["intents"] or "").split("|") if way]
            if not ways or not line["text"].strip():
                raise ConfigError(f"{path}:{number + 1}: a row needs a text and at least one topic")
            if rows == "all" or (number % 2 == 1) == (rows == "odd"):
                made.append(Question(line["text"], ways[0], frozenset().union(*ways), line["red_flag"] or ""))
    return made


def outcome(question: Question, reading: Reading) -> str:
    """One of ``OUTCOMES``. Right is any acceptable topic; declined is "out of scope" and "not understood,
    nothing to offer"."""
    name = answered(reading)
    if name is None:
        offered = set(likely_topics(reading.ranking))
        if offered & question.accepted:
            return "did you mean, and meant"
        return "did you mean, not meant" if offered else "declined"
    if name in question.accepted:
        return "right"
    return "declined" if declines(name) else "wrong"


def report(
    questions: Sequence[Question], readings: Sequence[Reading], check: Callable[[str], Finding | None]
) -> dict[str, Any]:
    """``figures``, a ``Share`` by name; ``bins`` of the confidence for what is in scope and for all;
    ``rows``, what failed.

    Args:
        check: what is raised by a text on its own.
    """
    pairs = [(q, r, outcome(q, r)) for q, r in zip(questions, readings, strict=True)]
    inside = [pair for pair in pairs if pair[0].in_scope]
    outside = [pair for pair in pairs if pair[0].out_of_scope]
    between = [q for q, _, _ in pairs if not (q.in_scope or q.out_of_scope or q.flagged)]
    figures = {f"in scope, {name}": share([end == name for _, _, end in inside]) for name in OUTCOMES}
    figures["in scope, right or did you mean holding it"] = share(
        [end in OUTCOMES[:2] for _, _, end in inside]
    )
    figures["in scope, equals the best"] = share([answered(r) in q.best for q, r, _ in inside])
    figures["in scope, first guess right at any confidence"] = share(
        [r.ranking[0][0] in q.accepted for q, r, _ in inside]
    )
    for kind, is_medical in (("medical", True), ("other", False)):
        figures[f"out of scope ({kind}), recognised"] = share(
            [recognised(r) for q, r, _ in outside if (_MEDICAL in q.best) == is_medical]
        )
    figures["out of scope, recognised"] = share([recognised(r) for _, r, _ in outside])
    figures["ours or not, either is fine: not wrong"] = share(
        [end != "wrong" for q, _, end in pairs if q in between]
    )
    figures["red flags raised"] = share([check(q.text) is not None for q, _, _ in pairs if q.flagged])
    failed = [_row(*pair) for pair in inside if pair[2] != "right"]
    failed += [_row(*pair) for pair in outside if not recognised(pair[1])]
    return {
        "questions": len(questions),
        "figures": figures,
        "bins": {
            "in scope": _bins([(q, r) for q, r, _ in inside]),
            "all": _bins([(q, r) for q, r, _ in pairs if not q.flagged]),
        },
        "rows": failed,
    }


def _bins(pairs: Sequence[tuple[Question, Reading]]) -> list[dict[str, Any]]:
    """For each bin of the first guess's confidence, how many there are and how many of them are right."""
    made = []
    for low, high in zip(_BINS, (*_BINS[1:], 1.01), strict=True):
        here = [(q, r) for q, r in pairs if low <= r.ranking[0][1] < high]
        mean = sum(r.ranking[0][1] for _, r in here) / len(here) if here else None
        right = share([r.ranking[0][0] in q.accepted for q, r in here])
        made.append({"from": low, "mean": mean and round(mean, 3), "right": right})
    return made


def _row(question: Question, reading: Reading, end: str) -> dict[str, Any]:
    guesses = [f"{name} {confidence:.2f}" for name, confidence in reading.ranking[:3]]
    wanted = "|".join([*sorted(question.best), *sorted(question.accepted - question.best)])
    return {"outcome": end, "text": question.text, "wanted": wanted, "guesses": guesses}


def table(found: dict[str, Any], *, rows: bool) -> list[str]:
    """The report as lines to read; with ``rows`` every question that failed."""
    lines = [f"{found['questions']} questions that were not written for this assistant", ""]
    lines += [f"{name:<48} {figure}" for name, figure in found["figures"].items()]
    for name, bins in found["bins"].items():
        lines += ["", f"confidence, {name}: from, mean, first guess right"]
        lines += [
            f"  {one['from']:.1f}  {one['mean']:.2f}  {one['right']}"
            for one in bins
            if one["mean"] is not None
        ]
    if rows:
        lines += ["", "failed (outcome, text, wanted, guesses)"]
        lines += [
            f"  {row['outcome']:<24} {row['text'][:90]:<92} {row['wanted']} <- {', '.join(row['guesses'])}"
            for row in sorted(found["rows"], key=lambda row: row["outcome"])
        ]
    return lines
