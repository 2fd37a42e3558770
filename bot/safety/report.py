"""How well the rules do on labelled messages: recall by flag and tier, false alarms by kind, and every row that failed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

from bot.safety.guard import RedFlags

EARLIER = 3


@dataclass(frozen=True)
class Row:
    """A labelled message.

    Args:
        messages: what was sent, one after another.
        flags: any of these counts as caught; none means that nothing may be raised.
        kind: how it is said.
        twin: for a row without flags, the flag whose harmless twin it is.
    """

    messages: tuple[str, ...]
    flags: tuple[str, ...]
    kind: str
    twin: str = ""


def read_rows(path: Path) -> list[Row]:
    """The rows of a file such as ``tests/safety/frozen.tsv``."""
    rows: list[Row] = []
    last = ""
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        if not line.strip():
            continue
        text, flags, kind = line.split("\t")
        wanted = () if flags == "-" else tuple(flags.split("|"))
        last = wanted[0] if wanted else last
        rows.append(Row(tuple(text.split(" || ")), wanted, kind, last))
    return rows


def raised(row: Row, rules: RedFlags | None = None) -> set[str]:
    """Every flag raised while the messages of a row arrive one after another."""
    rules = rules or RedFlags.load()
    found: set[str] = set()
    for at, message in enumerate(row.messages):
        finding = rules.check(message, row.messages[max(0, at - EARLIER) : at])
        found.update(finding.flags if finding else ())
    return found


def wilson(hits: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share, sound for small numbers and shares near one."""
    if not total:
        return 0.0, 1.0
    share = hits / total
    middle = share + z * z / (2 * total)
    spread = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    below = 1 + z * z / total
    return max(0.0, (middle - spread) / below), min(1.0, (middle + spread) / below)


def report(rows: Iterable[Row]) -> dict[str, Any]:
    """Recall by flag, tier and kind with its Wilson interval, false alarms by kind, and the rows that failed.

    Returns:
        ``recall`` with ``all``, ``flag``, ``tier`` and ``kind``; ``false_alarms`` with ``all``, ``kind`` and ``flag``;
        ``misses`` and ``alarms``, each a list of texts with what was wanted and what was raised.
    """
    rules = RedFlags.load()
    caught: dict[str, dict[str, list[bool]]] = {name: defaultdict(list) for name in ("all", "flag", "tier", "kind")}
    alarmed: dict[str, dict[str, list[bool]]] = {name: defaultdict(list) for name in ("all", "kind", "flag")}
    misses: list[dict[str, Any]] = []
    alarms: list[dict[str, Any]] = []
    for row in rows:
        found = raised(row, rules)
        entry = {"text": " || ".join(row.messages), "wanted": row.flags, "raised": tuple(sorted(found)), "kind": row.kind}
        if row.flags:
            hit = bool(found.intersection(row.flags))
            for name, key in (("all", "all"), ("flag", row.flags[0]), ("tier", rules.book.flags[row.flags[0]].tier), ("kind", row.kind)):
                caught[name][key].append(hit)
            if not hit:
                misses.append(entry)
        else:
            for name, key in (("all", "all"), ("kind", row.kind), ("flag", row.twin)):
                alarmed[name][key].append(bool(found))
            if found:
                alarms.append(entry)
    return {
        "recall": {name: {key: _share(hits) for key, hits in table.items()} for name, table in caught.items()},
        "false_alarms": {name: {key: _share(hits) for key, hits in table.items()} for name, table in alarmed.items()},
        "misses": misses,
        "alarms": alarms,
    }


def _share(hits: list[bool]) -> dict[str, Any]:
    count = sum(hits)
    low, high = wilson(count, len(hits))
    return {"hits": count, "total": len(hits), "share": count / len(hits), "low": low, "high": high}
