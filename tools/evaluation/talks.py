"""Whole conversations, played through the real dialogue and printed turn by turn, for a person to judge.

A file is a YAML list of conversations:

    - id: a name
      kind: a few words, optional
      steps:
      - say: what the patient writes
        must: [a piece of text or the id of an answer that has to come, optional]
        must_not: [... that may not come, optional]

Other keys of a step are ignored. A machine looks only for ``must`` and ``must_not``, and whether the same words come twice running.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.dialogue import Dialogue, Said, in_process
from bot.errors import ConfigError

_AT_ONCE = 8


@dataclass(frozen=True)
class Step:
    """What the patient writes, and what has to be or may not be in the answer: pieces of its text, whatever their case, or ids."""

    say: str
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()


@dataclass(frozen=True)
class Talk:
    """A conversation as it is written down."""

    id: str
    kind: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class PlayedStep:
    """A step with what came, and what a machine found wrong with it."""

    step: Step
    said: Said
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Played:
    """A conversation as it was played."""

    talk: Talk
    steps: tuple[PlayedStep, ...]


def read_talks(path: Path) -> list[Talk]:
    """The conversations of a file.

    Raises:
        ConfigError: the file is missing or not in its form; names the conversation.
    """
    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read as conversations ({type(error).__name__})") from error
    talks = []
    for number, row in enumerate(rows if isinstance(rows, list) else [], 1):
        name = str(row.get("id") or number) if isinstance(row, dict) else str(number)
        steps = row.get("steps") if isinstance(row, dict) else None
        if not steps or not all(isinstance(step, dict) and step.get("say") for step in steps):
            raise ConfigError(f"{path}: conversation {name} needs steps, and each of them 'say'")
        talks.append(Talk(name, str(row.get("kind") or ""), tuple(_step(step) for step in steps)))
    if not talks:
        raise ConfigError(f"{path}: no conversations in it")
    return talks


def _step(step: dict[str, Any]) -> Step:
    def several(key: str) -> tuple[str, ...]:
        value = step.get(key) or ()
        return (value,) if isinstance(value, str) else tuple(str(item) for item in value)

    return Step(str(step["say"]), several("must"), several("must_not"))


def faults(step: Step, said: Said, before: Said | None) -> tuple[str, ...]:
    """What a machine can find wrong with an answer."""
    text = "\n\n".join(reply.text for reply in said.replies)
    found = []
    for piece in step.must:
        if piece not in said.answers and piece.lower() not in text.lower():
            found.append(f"missing: {piece}")
    for piece in step.must_not:
        if piece in said.answers or piece.lower() in text.lower():
            found.append(f"must not come: {piece}")
    last = {reply.text for reply in before.replies} if before else set()
    if any(reply.text in last for reply in said.replies):
        found.append("the same words twice running")
    return tuple(found)


async def play(dialogue: Dialogue, talks: Sequence[Talk]) -> list[Played]:
    """Play every conversation from its start, several side by side."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(talk: Talk) -> Played:
        async with places:
            conversation, before, steps = await dialogue.begin(), None, []
            for step in talk.steps:
                said = await dialogue.say(conversation, step.say)
                steps.append(PlayedStep(step, said, faults(step, said, before)))
                before = said
            return Played(talk, tuple(steps))

    return list(await asyncio.gather(*(one(talk) for talk in talks)))


def play_talks(talks: Sequence[Talk], model: Path | None = None) -> list[Played]:
    """Play conversations with a trained model, by default the one in ``models/``."""

    async def run() -> list[Played]:
        async with in_process(model) as dialogue:
            return await play(dialogue, talks)

    return asyncio.run(run())


def talks_report(played: Sequence[Played]) -> dict[str, Any]:
    """What was played, as plain data."""
    return {
        "talks": [
            {
                "id": one.talk.id,
                "kind": one.talk.kind,
                "steps": [_plain(step) for step in one.steps],
            }
            for one in played
        ],
        "steps": sum(len(one.steps) for one in played),
        "faults": sum(bool(step.faults) for one in played for step in one.steps),
    }


def _plain(step: PlayedStep) -> dict[str, Any]:
    said = step.said
    return {
        "say": step.step.say,
        "answers": said.answers,
        "urgent": any(reply.urgent for reply in said.replies),
        "text": "\n\n".join(reply.text for reply in said.replies),
        "words": _words(said),
        "decided_by": [row.decided_by for row in said.decisions if row.decided_by],
        "faults": list(step.faults),
    }


def _words(said: Said) -> int:
    return sum(len(reply.text.split()) for reply in said.replies)


def talks_table(played: Sequence[Played]) -> list[str]:
    """What was played, as lines to read: who said what, the ids of the answers, their length in words, the faults."""
    lines = []
    for one in played:
        lines += ["", f"=== {one.talk.id}  {one.talk.kind}"]
        for step in one.steps:
            plain = _plain(step)
            lines.append(f"  > {step.step.say}")
            about = [", ".join(plain["answers"]) or "no answer", f"{plain['words']} words"]
            about += ["URGENT"] if plain["urgent"] else []
            about += [f"by {', '.join(plain['decided_by'])}"] if plain["decided_by"] else []
            lines.append(f"  [{'; '.join(about)}]")
            lines += [f"    {line}" for line in plain["text"].splitlines() if line.strip()]
            lines += [f"  !! {fault}" for fault in step.faults]
    report = talks_report(played)
    return [
        *lines,
        "",
        f"{len(played)} conversations, {report['steps']} turns, {report['faults']} of them with faults",
    ]
