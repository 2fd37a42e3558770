"""How well red flags are seen in labelled messages: recall by flag, tier and kind, false alarms by kind,
and every row that failed."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bot.errors import ConfigError
from bot.safety import Finding, Flag
from tools.evaluation.measures import Share, share
from tools.evaluation.sentences import Case

EARLIER = 3
COLUMNS = ("text", "flags", "kind")
_BETWEEN = " || "


class Checker(Protocol):
    """The rules alone, or the rules and the classifier."""

    def check(self, text: str, earlier: Sequence[str] = ()) -> Finding | None: ...


@dataclass(frozen=True)
class Row:
    """A labelled message.

    Args:
        messages: what was sent, one after another.
        flags: any of these counts as caught, the first is the one the row counts for; none means that nothing
            may be raised.
        kind: how it is said.
    """

    messages: tuple[str, ...]
    flags: tuple[str, ...]
    kind: str = ""


@dataclass(frozen=True)
class Seen:
    """What was raised while the messages of a row came in; ``asked`` if it was only asked whether it is
    happening now."""

    flags: frozenset[str]
    asked: bool


def is_flag_file(path: Path) -> bool:
    """Whether a file is of the form ``text``, ``flags``, ``kind``."""
    if not path.is_file():
        return False
    with path.open(encoding="utf-8-sig") as file:
        return set(COLUMNS[:2]) <= set(file.readline().rstrip("\r\n").split("\t"))


def read_rows(path: Path) -> list[Row]:
    """The rows of a tab-separated file with the columns ``text``, ``flags``, ``kind``; no quoting.

    Raises:
        ConfigError: a row has no text or no flags (``-`` where none may be raised).
    """
    rows = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, line in enumerate(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE), 2):
            text, flags = (line["text"] or "").strip(), (line["flags"] or "").strip()
            if not text or not flags:
                raise ConfigError(f"{path}:{number}: a row needs a text, and flags or '-'")
            rows.append(
                Row(
                    tuple(text.split(_BETWEEN)),
                    () if flags == "-" else tuple(flags.split("|")),
                    (line.get("kind") or "").strip(),
                )
            )
    return rows


def rows_of(cases: Iterable[Case]) -> list[Row]:
    """The red-flag side of sentences that are labelled with intents."""
    return [
        Row(tuple(case.text.split(_BETWEEN)), tuple(sorted(case.flags)), "with" if case.flags else "without")
        for case in cases
    ]


def seen(row: Row, checker: Checker) -> Seen:
    """Everything that is raised while the messages of a row arrive one after another."""
    found: set[str] = set()
    asked = True
    for at, message in enumerate(row.messages):
        finding = checker.check(message, row.messages[max(0, at - EARLIER) : at])
        if finding:
            found.update(finding.flags)
            asked = asked and finding.ask
    return Seen(frozenset(found), bool(found) and asked)


def flag_report(rows: Iterable[Row], checker: Checker, flags: dict[str, Flag]) -> dict[str, Any]:
    """The figures.

    Args:
        flags: the red flags by name, for their tiers.

    Returns:
        ``recall`` (the right flag) and ``false alarms``, each a ``Share`` by table and key; ``any flag``,
        what was answered as urgent at all; ``only asked``, of what was caught rightly; ``misses`` and
        ``alarms``, lists of texts with what was wanted and raised.
    """
    caught: dict[str, dict[str, list[bool]]] = {
        name: defaultdict(list) for name in ("all", "tier", "flag", "kind")
    }
    alarmed: dict[str, dict[str, list[bool]]] = {name: defaultdict(list) for name in ("all", "kind")}
    any_flag: list[bool] = []
    only_asked: list[bool] = []
    misses: list[dict[str, Any]] = []
    alarms: list[dict[str, Any]] = []
    for row in rows:
        found = seen(row, checker)
        entry: dict[str, Any] = {
            "text": _BETWEEN.join(row.messages),
            "wanted": "|".join(row.flags) or "-",
            "raised": "|".join(sorted(found.flags)) or "-",
        }
        entry |= {"kind": row.kind, "asked": found.asked}
        if not row.flags:
            for name, key in (("all", "all"), ("kind", row.kind)):
                alarmed[name][key].append(bool(found.flags))
            alarms += [entry] if found.flags else []
            continue
        hit = bool(found.flags.intersection(row.flags))
        tier = flags[row.flags[0]].tier if row.flags[0] in flags else "?"
        for name, key in (("all", "all"), ("tier", tier), ("flag", row.flags[0]), ("kind", row.kind)):
            caught[name][key].append(hit)
        any_flag.append(bool(found.flags))
        only_asked += [found.asked] if hit else []
        misses += [] if hit else [entry]
    return {
        "recall": _shares(caught),
        "any flag": share(any_flag),
        "only asked": share(only_asked),
        "false alarms": _shares(alarmed),
        "misses": misses,
        "alarms": alarms,
    }


def _shares(tables: dict[str, dict[str, list[bool]]]) -> dict[str, dict[str, Share]]:
    return {
        name: {key: share(table[key]) for key in sorted(table, key=lambda key: (len(key), key))}
        for name, table in tables.items()
    }


def flag_table(report: dict[str, Any]) -> list[str]:
    """The report as lines to read."""
    recall, alarms = report["recall"], report["false alarms"]
    lines = [f"red flags, recall (the right flag){_tail(recall['all'].get('all'))}"]
    lines += [
        f"  answered as urgent at all{_tail(report['any flag'], 25)}",
        f"  of those caught, only asked{_tail(report['only asked'], 27)}",
    ]
    for name in ("tier", "flag", "kind"):
        lines += [f"  {key}{_tail(figure, len(key))}" for key, figure in recall[name].items()]
    lines += ["", f"red flags, false alarms{_tail(alarms['all'].get('all'), 21)}"]
    lines += [f"  {key}{_tail(figure, len(key))}" for key, figure in alarms["kind"].items()]
    for name in ("misses", "alarms"):
        if report[name]:
            lines += ["", f"{name} (wanted, raised, kind)"]
            lines += [
                f"  {e['wanted']:<9} {e['raised']:<9} {e['kind']:<14} {e['text'][:160]}" for e in report[name]
            ]
    return lines


def _tail(figure: Share | None, width: int = 32) -> str:
    if figure is None or figure.value is None or figure.interval is None:
        return f"{'':<{max(1, 46 - width)}}     -"
    low, high = figure.interval
    return f"{'':<{max(1, 46 - width)}} {figure.value:6.1%}  [{low:.1%}, {high:.1%}]  {figure.hits} of {figure.of}"
