"""Red flags in what people really write: posts, reviews, stories and questions of any length, labelled by
hand."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import ConfigError
from bot.safety import Finding
from tools.evaluation.flags import Checker
from tools.evaluation.measures import share

#: Upper ends of the bins of length, in words; the last is open.
BINS = (20, 70)
#: Labels of rows that hold no flag: nothing may be raised; a kind question is fair, an alarm too much.
NONE, FAIR, INFO = "none", "fair", "info"


@dataclass(frozen=True)
class Post:
    """A labelled text.

    Args:
        flags: any of these is right; empty for ``label`` ``none``, ``fair`` or ``info``.
        label: the column ``flag`` as written.
        real: whether somebody really wrote it (``kind`` other than ``written``).
        number: its place in its file, from 1; odd rows are to look at, even ones to report on.
    """

    text: str
    flags: frozenset[str]
    label: str
    real: bool
    number: int

    def part(self, wanted: str) -> bool:
        """Whether it belongs to the ``odd`` or ``even`` rows, or to ``all``."""
        return wanted == "all" or (wanted == "odd") == bool(self.number % 2)


def read_posts(paths: Iterable[Path]) -> list[Post]:
    """The rows of tab-separated files with the columns ``text``, ``flag`` and ``kind``.

    Raises:
        ConfigError: a file has no such columns.
    """
    posts = []
    for path in paths:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, row in enumerate(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE), 1):
                if row.get("text") is None or row.get("flag") is None:
                    raise ConfigError(f"{path}: needs the columns text and flag")
                label = row["flag"].strip()
                flags = frozenset(part for part in label.replace("|", " ").split() if part.startswith("R"))
                posts.append(Post(row["text"], flags, label, row.get("kind") != "written", number))
    return posts


def length_bin(text: str) -> str:
    """The bin of a text's length, such as ``20-69 words``."""
    words, low = len(text.split()), 0
    for high in BINS:
        if words < high:
            return f"{low}-{high - 1} words"
        low = high
    return f"{low}+ words"


def posts_report(posts: Sequence[Post], checker: Checker) -> dict[str, Any]:
    """The figures, each a ``Share``, and what failed.

    Returns:
        ``recall`` by table (any flag, right flag, the right one leads; by flag), ``harmless`` by label and
        length (alarm outright, asked), and ``misses`` and ``alarms``, lists of entries with text.
    """
    recall: dict[str, list[bool]] = defaultdict(list)
    harmless: dict[str, list[bool]] = defaultdict(list)
    misses: list[dict[str, Any]] = []
    alarms: list[dict[str, Any]] = []
    wrong: Counter[str] = Counter()
    for post in posts:
        found = checker.check(post.text)
        if post.flags:
            _count_flagged(post, found, recall)
            if not found or not post.flags & set(found.flags[:1]):
                misses.append(_entry(post, found))
        elif post.label != INFO:
            alarm, asked = bool(found and not found.ask), bool(found and found.ask)
            for key in ("all", length_bin(post.text)):
                harmless[f"{post.label}, {key}: alarm"].append(alarm)
                harmless[f"{post.label}, {key}: asked"].append(asked)
            if found:
                alarms.append(_entry(post, found))
                wrong.update(found.flags[:1])
    return {
        "recall": {key: share(made) for key, made in sorted(recall.items())},
        "harmless": {key: share(made) for key, made in sorted(harmless.items())},
        "leading flag of false ones": dict(wrong.most_common()),
        "misses": misses,
        "alarms": alarms,
    }


def _count_flagged(post: Post, found: Finding | None, recall: dict[str, list[bool]]) -> None:
    kind = "real" if post.real else "written"
    seen = set(found.flags) if found else set()
    recall[f"{kind}: any flag"].append(bool(seen))
    recall[f"{kind}: right flag"].append(bool(seen & post.flags))
    recall[f"{kind}: right flag leads"].append(bool(found and found.flags[0] in post.flags))
    for flag in post.flags:
        recall[f"{kind}: row of {flag}"].append(bool(seen & post.flags))


def _entry(post: Post, found: Finding | None) -> dict[str, Any]:
    return {
        "number": post.number,
        "wanted": post.label,
        "raised": "|".join(found.flags) if found else "-",
        "asked": bool(found and found.ask),
        "by": found.raised_by if found else "",
        "score": found.score if found else None,
        "text": post.text,
    }


def posts_table(report: dict[str, Any], *, rows: bool = True) -> list[str]:
    """The report as lines to read; ``rows`` adds the texts that failed."""
    lines = []
    for name in ("recall", "harmless"):
        lines += ["", name]
        for key, figure in report[name].items():
            if figure.value is not None and figure.interval is not None:
                low, high = figure.interval
                lines.append(
                    f"  {key:<40} {figure.value:6.1%}  [{low:.1%}, {high:.1%}]  {figure.hits} of {figure.of}"
                )
    lines += ["", f"leading flag of false ones: {report['leading flag of false ones']}"]
    for name in ("misses", "alarms") if rows else ():
        lines += ["", name]
        lines += [
            f"  {e['number']:>3} {e['wanted']:<8} {e['raised']:<12} {'asked' if e['asked'] else 'alarm':<6}"
            f" {e['score'] if e['score'] is None else round(e['score'], 1)} {e['by']}: {e['text'][:300]}"
            for e in report[name]
        ]
    return lines
