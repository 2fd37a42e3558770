"""``python -m bot explain "text"``: how a message is read and why it gets its answer, step by step.

The message goes through the same dialogue as at a clinic (``bot/dialogue.py``), after what ``--topic`` and
``--after`` put before it.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

from bot.content.answers import answers
from bot.dialogue import Said, in_process
from bot.errors import ConfigError
from bot.safety import RedFlagCheck
from bot.safety.verdict import ASK, FLAG, RULE
from bot.store.models import TurnLog
from bot.understanding.clauses import halves, parts
from bot.understanding.reading import prepared
from bot.understanding.thresholds import ANSWER, BEGIN, BEGINS, SUGGEST, SURE

_SHOWN = 5  # intents of the ranking
_WIDTH = 14


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``explain``."""
    parser.add_argument("text", help="the patient's message")
    parser.add_argument(
        "--after", action="append", default=[], metavar="TEXT", help="a message before it; may be given again"
    )
    parser.add_argument("--topic", metavar="INTENT", help="a topic whose answer was given before all that")


def run(options: argparse.Namespace) -> None:
    """Print the explanation.

    Raises:
        ConfigError: there is no such topic, or no trained model.
    """
    if options.topic and options.topic not in answers():
        raise ConfigError(f"{options.topic}: no answer has this id")
    before, said = asyncio.run(_play(options.text, options.after, options.topic))
    lines = [line for one in before for line in (f"> {one.text}", f"  {', '.join(one.answers) or '-'}")]
    print("\n".join([*lines, *explanation(said, options.after)]))


async def _play(text: str, after: Sequence[str], topic: str | None) -> tuple[list[Said], Said]:
    async with in_process() as dialogue:
        conversation = await dialogue.begin()
        before = [await dialogue.press(conversation, topic)] if topic else []
        before += [await dialogue.say(conversation, one) for one in after]
        return before, await dialogue.say(conversation, text)


def explanation(said: Said, after: Sequence[str] = ()) -> list[str]:
    """How a turn came about, as lines to read.

    Args:
        said: the turn.
        after: the patient's messages before it, with which its red flags were looked for.
    """
    return [f"> {said.text}", *_read(said), *_flags(said, after), *_decisions(said), *_replies(said)]


def _row(name: str, value: object) -> str:
    return f"  {name:<{_WIDTH}} {value}"


def _read(said: Said) -> list[str]:
    """How the words were read, and what Rasa's components made of them."""
    corrected = prepared(said.text)
    lines = [_row("corrected", corrected)]
    lines += [_row("part", part) for part in parts(corrected)]
    lines += [_row("side by side", half) for half in halves(corrected)]
    if not said.parsed:
        return [*lines, _row("ranking", "- (Rasa was not asked)")]
    for number, row in enumerate(said.parsed.get("intent_ranking", [])[:_SHOWN]):
        name, confidence = row["name"], row["confidence"]
        label = "ranking" if number == 0 else ""
        lines.append(
            _row(label, f"{name:<24} {confidence:.3f}  {band(name, confidence) if not number else ''}")
        )
    if also := said.parsed.get("also"):
        lines.append(_row("also asked", f"{also['name']:<24} {also['confidence']:.3f}"))
    facts = [f"{entity['entity']}={entity['value']}" for entity in said.parsed.get("entities", [])]
    lines.append(_row("facts", ", ".join(facts) or "-"))
    lines.append(_row("mentions", ", ".join(said.parsed.get("mentions") or []) or "-"))
    lines.append(_row("elliptical", "yes" if said.parsed.get("elliptical") else "no"))
    return lines


def band(name: str, confidence: float) -> str:
    """What a first guess of this confidence leads to, by the thresholds of
    ``bot.understanding.thresholds``."""
    if confidence >= SURE:
        return f"sure (>= {SURE})"
    least = BEGIN if name in BEGINS else ANSWER
    if confidence >= least:
        return f"answered (>= {least})"
    return f"offered (>= {SUGGEST})" if confidence >= SUGGEST else f"unknown (< {SUGGEST})"


def _flags(said: Said, after: Sequence[str]) -> list[str]:
    finding = RedFlagCheck.load().check(said.text, tuple(after))
    if finding is None:
        return [_row("red flags", "none")]
    score = "-" if finding.score is None else f"{finding.score:.2f}"
    how = "asked" if finding.ask else "raised"
    limits = f"rule +{RULE}, asked from {ASK}, raised from {FLAG}"
    return [
        _row("red flags", f"{', '.join(finding.flags)} ({finding.tier}, {how})"),
        _row("", f"by {finding.raised_by or '-'}; score {score} ({limits})"),
    ]


def _decisions(said: Said) -> list[str]:
    lines = []
    for row in said.decisions:
        lines.append(_row("decided by", f"{row.decided_by or '-'} ({row.action})"))
        lines += [_row("read as", row.read_as)] if row.read_as else []
        lines += [_row("leaned on", row.leaned_on or "-"), _row("heard", _heard(row))]
        lines.append(_row("answer", f"{row.answer_id or '-'} {row.answer_version or ''}".rstrip()))
    return lines or [_row("decided by", "intake, before Rasa" if said.replies else "-")]


def _heard(row: TurnLog) -> str:
    return ", ".join(f"{key}={value}" for key, value in (row.facts or {}).items()) or "-"


def _replies(said: Said) -> list[str]:
    lines = []
    for reply in said.replies:
        lines.append(_row("reply", f"[{reply.answer_id or '-'}]{' URGENT' if reply.urgent else ''}"))
        lines += [f"    {line}" for line in reply.text.splitlines() if line.strip()]
        if reply.choices:
            lines.append(_row("buttons", ", ".join(choice["key"] for choice in reply.choices)))
    return lines or [_row("reply", "-")]
