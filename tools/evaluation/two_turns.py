"""How well a second message is understood: a question of its own, or one that leans on the first?

Played through the real dialogue.
"""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.dialogue import Dialogue, Said, in_process
from bot.errors import ConfigError
from bot.understanding.thresholds import SURE
from tools.evaluation.measures import Share, share

COLUMNS = ("before", "topic", "text", "kind", "wanted")
KINDS = ("new", "elliptic", "other")
_AT_ONCE = 8  # conversations side by side: one waits for the database while another is thought about
#: What the answers of a flow are called, where they are not called as the intent.
_FLOWS = {
    "book_appointment": ("booking_",),
    "change_appointment": ("change_", "booking_"),
    "talk_to_staff": ("hand_off_",),
    "check_symptoms": ("check_",),
    "delete_my_data": ("delete_",),
    # A fact that the clinic has not filled in is said so, and handed to staff: the question was understood.
    "ask_clinic": ("ask_staff_for_fact",),
    "ask_cost": ("ask_staff_for_fact",),
}


@dataclass(frozen=True)
class Pair:
    """Two messages of one patient.

    Args:
        before: the first, which is surely about ``topic``.
        text: the second.
        kind: ``new`` where it is a question of its own, ``elliptic`` where it leans on the first, else
            ``other``.
        wanted: the intents of which any is a right answer to the second.
    """

    before: str
    topic: str
    text: str
    kind: str
    wanted: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """How the second message of a pair was answered.

    Args:
        verdict: ``right``; ``before``: taken for a question about the first one's topic, or, for a ``new``
            one, surely understood and yet not answered, which only what was said before can bring about;
            ``elsewhere``: neither;
            ``urgent``: taken for a red flag; ``unread``: the first message already did not get its topic.
        answers: the ids of what was said to the second.
        decided_by: the names of the decisions that the turn log holds.
    """

    pair: Pair
    verdict: str
    answers: tuple[str, ...]
    decided_by: tuple[str, ...]


def is_pair_file(path: Path) -> bool:
    """Whether a file has the columns of ``COLUMNS``."""
    if not path.is_file():
        return False
    with path.open(encoding="utf-8-sig") as file:
        return set(COLUMNS) <= set(file.readline().rstrip("\r\n").split("\t"))


def read_pairs(path: Path) -> list[Pair]:
    """The rows of a tab-separated file with the columns of ``COLUMNS``; no quoting.

    Raises:
        ConfigError: the file is missing, or a row is incomplete or contradicts itself; names the line.
    """
    if not is_pair_file(path):
        raise ConfigError(f"{path}: no file with the columns {', '.join(COLUMNS)}")
    pairs = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, line in enumerate(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE), 2):
            row = [(line[name] or "").strip() for name in COLUMNS]
            pair = Pair(row[0], row[1], row[2], row[3], tuple(row[4].split("|")))
            if not all(row) or pair.kind not in KINDS:
                raise ConfigError(f"{path}:{number}: a row needs all columns, and a kind of {KINDS}")
            if pair.kind == "new" and pair.topic in pair.wanted:
                raise ConfigError(f"{path}:{number}: a new question cannot be one about {pair.topic}")
            pairs.append(pair)
    return pairs


def judge(pair: Pair, first: Said, second: Said) -> Outcome:
    """What became of a pair, by the answers that were said and by what the turn log says the second leaned
    on."""
    answers = tuple(second.answers)
    decided_by = tuple(row.decided_by for row in second.decisions if row.decided_by)
    leaned_on = {row.leaned_on for row in second.decisions}
    if pair.topic not in first.answers:
        verdict = "unread"
    elif any(_is_of(answer, wanted) for answer in answers for wanted in pair.wanted):
        verdict = "right"
    elif second.alerts or any(reply.urgent for reply in second.replies):
        verdict = "urgent"
    elif pair.topic in answers or pair.topic in leaned_on or _overruled(pair, second):
        verdict = "before"
    else:
        verdict = "elsewhere"
    return Outcome(pair, verdict, answers, decided_by)


def _overruled(pair: Pair, second: Said) -> bool:
    return pair.kind == "new" and any(
        row.intent in pair.wanted and (row.confidence or 0.0) >= SURE for row in second.decisions
    )


def _is_of(answer: str, intent: str) -> bool:
    return answer == intent or answer.startswith(_FLOWS.get(intent, ("\0",)))


async def play(dialogue: Dialogue, pairs: Sequence[Pair]) -> list[Outcome]:
    """The outcome of every pair, each in a conversation of its own."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(pair: Pair) -> Outcome:
        async with places:
            talk = await dialogue.begin()
            first = await dialogue.say(talk, pair.before)
            return judge(pair, first, await dialogue.say(talk, pair.text))

    return list(await asyncio.gather(*(one(pair) for pair in pairs)))


def two_turns(pairs: Sequence[Pair], model: Path | None = None) -> dict[str, Any]:
    """The figures for these pairs with a trained model (by default the one in ``models/``), as ``report``
    gives them."""

    async def run() -> list[Outcome]:
        async with in_process(model) as dialogue:
            return await play(dialogue, pairs)

    return report(asyncio.run(run()))


def report(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """``pairs``, how many; ``figures``, a ``Share`` by name, of the pairs whose first message got its
    topic; ``rows``, what failed."""
    outcomes = list(outcomes)
    read = [one for one in outcomes if one.verdict != "unread"]
    by_kind = {kind: [one for one in read if one.pair.kind == kind] for kind in KINDS}

    def of(kind: str, verdict: str) -> Share:
        return share([one.verdict == verdict for one in by_kind[kind]])

    figures = {
        "new questions taken for the one before": of("new", "before"),
        "new questions answered": of("new", "right"),
        "elliptic ones resolved": of("elliptic", "right"),
        "others answered": of("other", "right"),
        "others taken for the one before": of("other", "before"),
        "taken for a red flag": share([one.verdict == "urgent" for one in read]),
        "first message got its topic": share([one.verdict != "unread" for one in outcomes]),
    }
    failed = [one for one in outcomes if one.verdict != "right"]
    rows = [
        {
            "kind": one.pair.kind,
            "verdict": one.verdict,
            "before": one.pair.before,
            "topic": one.pair.topic,
            "text": one.pair.text,
            "wanted": "|".join(one.pair.wanted),
            "answers": ", ".join(one.answers),
            "decided by": ", ".join(one.decided_by),
        }
        for one in failed
    ]
    return {"pairs": len(outcomes), "figures": figures, "rows": rows}


def table(found: dict[str, Any], *, rows: bool) -> list[str]:
    """The report as lines to read; with ``rows`` every pair that failed, what was taken for the one before
    first."""
    lines = [f"{found['pairs']} pairs of messages, through the whole dialogue", ""]
    lines += [f"{name:<48} {figure}" for name, figure in found["figures"].items()]
    for kind in KINDS if rows else ():
        for verdict in ("before", "elsewhere", "urgent", "unread"):
            chosen = [row for row in found["rows"] if (row["kind"], row["verdict"]) == (kind, verdict)]
            lines += [
                "",
                f"{kind}, {verdict}: {len(chosen)} (topic before, text, wanted, answered, decided by)",
            ]
            lines += [_line(row) for row in chosen]
    return lines


def _line(row: dict[str, str]) -> str:
    said = row["text"] if row["verdict"] != "unread" else row["before"]
    decided = f"  [{row['decided by']}]" if row["decided by"] else ""
    return f"  {row['topic']:<24} {said[:70]:<50} {row['wanted']} <- {row['answers'] or '-'}{decided}"
