"""Whole conversations, played through the real dialogue and printed turn by turn, with what a machine can
judge of them.

A file is a YAML list of conversations:

    - id: a name
      kind: a few words; the figures are printed by kind
      steps:
      - say: what the patient writes
        topic: one of these answers has to come
        facet: one of these has to be read as what is asked (data/facets.yml)
        holds: one of these has to come; of a list of lists, one of each
        holds_not: none of these may come
        never_repeats: true where nothing that this conversation already said may come again

All but ``say`` is optional, and other keys are left alone. What comes is a piece of the text, whatever its
case, or the id of an answer, with ``*`` for any end (``booking_*``); ``refusal`` and ``alarm`` stand for any
of those. A "did you mean" that offers a wanted topic is no refusal. Where a step wants anything at all, a
refusal or an alarm that it does not name is a fault too, and in every step the same words twice running are
one. Of files called ``kept*`` only figures are shown: who mends the assistant should not have read them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from bot.dialogue import Dialogue, Said, in_process
from bot.errors import ConfigError
from tools.evaluation.measures import share
from tools.evaluation.said import alarmed, asked

_AT_ONCE = 8
_REFUSALS = ("out_of_scope_*", "fallback_*")
_ALARMS = ("R[0-9]*", "ask:R[0-9]*")
_DID_YOU_MEAN = "fallback_suggest"
#: That the clinic has not told the fact, with staff offered, is the answer to a question about the clinic.
_OF_THE_CLINIC, _FACT_NOT_TOLD = frozenset({"ask_clinic", "ask_cost"}), "ask_staff_for_fact"
#: A paragraph of so many words is known again when it comes a second time; a shorter one may be a mere
#: phrase.
_LONG = 8


@dataclass(frozen=True)
class Step:
    """What the patient writes, and what has to come or may not; the parts of ``holds`` are each fulfilled
    by any one of theirs."""

    say: str
    topic: tuple[str, ...] = ()
    facet: tuple[str, ...] = ()
    holds: tuple[tuple[str, ...], ...] = ()
    holds_not: tuple[str, ...] = ()
    never_repeats: bool = False

    @property
    def wanted(self) -> tuple[str, ...]:
        """Everything of which some has to come."""
        return (*self.topic, *(item for group in self.holds for item in group))


@dataclass(frozen=True)
class Talk:
    """A conversation as it is written down; ``kept`` if nobody is to see how it goes."""

    id: str
    kind: str
    steps: tuple[Step, ...]
    kept: bool = False


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
        if not steps or not all(isinstance(step, dict) and _is_text(step.get("say")) for step in steps):
            raise ConfigError(f"{path}: conversation {name} needs steps, and each of them 'say', a text")
        kept = path.name.startswith("kept")
        talks.append(Talk(name, str(row.get("kind") or ""), tuple(_step(step) for step in steps), kept))
    if not talks:
        raise ConfigError(f"{path}: no conversations in it")
    return talks


def _is_text(value: Any) -> bool:
    """Whether it is a text at all: YAML reads a bare yes, or a number, as something else."""
    return isinstance(value, str) and bool(value.strip())


def _step(step: dict[str, Any]) -> Step:
    holds = step.get("holds") or ()
    groups = holds if isinstance(holds, list) and all(isinstance(one, list) for one in holds) else [holds]
    return Step(
        step["say"],
        _several(step.get("topic")),
        _several(step.get("facet")),
        tuple(_several(group) for group in groups if group),
        _several(step.get("holds_not")),
        bool(step.get("never_repeats")),
    )


def _several(value: Any) -> tuple[str, ...]:
    return tuple(str(item) for item in ([value] if isinstance(value, str) else value or ()))


def faults(step: Step, said: Said, before: Sequence[Said]) -> tuple[str, ...]:
    """What a machine can find wrong with an answer that came after those of ``before``, oldest first."""
    found = []
    if step.topic and not any(_came(item, said) or item in _offered(said) for item in step.topic):
        found.append(f"missing: {' | '.join(step.topic)}")
    if step.facet and not asked(said) & set(step.facet):
        found.append(f"read as {', '.join(sorted(asked(said))) or 'no facet'}, not {' | '.join(step.facet)}")
    found += [
        f"missing: {' | '.join(group)}"
        for group in step.holds
        if not any(_came(item, said) for item in group)
    ]
    found += [f"must not come: {item}" for item in step.holds_not if _came(item, said)]
    found += _unwanted(step, said)
    last = {reply.text for reply in before[-1].replies} if before else set()
    if any(reply.text in last for reply in said.replies):
        found.append("the same words twice running")
    elif step.never_repeats and _long(said) & {part for one in before for part in _long(one)}:
        found.append("the same words again")
    return tuple(found)


def _unwanted(step: Step, said: Said) -> list[str]:
    """A refusal or an alarm, in a step that wants something else."""
    if not (step.wanted or step.facet or step.holds_not):
        return []
    offers = _offered(said) & set(step.topic)
    found = [] if offers or _names("refusal", step) or not _came("refusal", said) else ["a refusal"]
    return found + ([] if _names("alarm", step) or not _came("alarm", said) else ["an alarm"])


def _names(group: str, step: Step) -> bool:
    """Whether a step asks for a refusal, or for an alarm, by the group or by an id of it."""
    ids = _REFUSALS if group == "refusal" else _ALARMS
    return any(item == group or any(fnmatchcase(item, one) for one in ids) for item in step.wanted)


def _came(item: str, said: Said) -> bool:
    """Whether a piece of text, an id or one of the two groups is in an answer."""
    if item == "alarm":
        return alarmed(said)
    patterns = _REFUSALS if item == "refusal" else (item,)
    if any(fnmatchcase(answer, pattern) for answer in said.answers for pattern in patterns):
        return True
    if item in _OF_THE_CLINIC and _FACT_NOT_TOLD in said.answers:
        return True
    return item != "refusal" and item.lower() in _text(said).lower().replace("’", "'")


def _offered(said: Said) -> set[str]:
    """The topics that a "did you mean" offers."""
    return {
        str(choice.get("key"))
        for reply in said.replies
        if reply.answer_id == _DID_YOU_MEAN
        for choice in reply.choices or ()
    }


def _long(said: Said) -> set[str]:
    parts = [part.strip() for reply in said.replies for part in reply.text.split("\n\n")]
    return {part for part in parts if len(part.split()) >= _LONG}


def _text(said: Said) -> str:
    return "\n\n".join(reply.text for reply in said.replies)


async def play(dialogue: Dialogue, talks: Sequence[Talk]) -> list[Played]:
    """Play every conversation from its start, several side by side."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(talk: Talk) -> Played:
        async with places:
            conversation = await dialogue.begin()
            before: list[Said] = []
            steps = []
            for step in talk.steps:
                said = await dialogue.say(conversation, step.say)
                steps.append(PlayedStep(step, said, faults(step, said, before)))
                before.append(said)
            return Played(talk, tuple(steps))

    return list(await asyncio.gather(*(one(talk) for talk in talks)))


def play_talks(talks: Sequence[Talk], model: Path | None = None) -> list[Played]:
    """Play conversations with a trained model, by default the one in ``models/``."""

    async def run() -> list[Played]:
        async with in_process(model) as dialogue:
            return await play(dialogue, talks)

    return asyncio.run(run())


def talks_report(played: Sequence[Played]) -> dict[str, Any]:
    """What was played, as plain data: the turns of what is not kept, and the figures, of all and by kind."""
    kinds = dict.fromkeys(one.talk.kind for one in played)
    return {
        "talks": [
            {
                "id": one.talk.id,
                "kind": one.talk.kind,
                "steps": [_plain(step) for step in one.steps],
            }
            for one in played
            if not one.talk.kept
        ],
        "steps": sum(len(one.steps) for one in played),
        "faults": sum(bool(step.faults) for one in played for step in one.steps),
        "kinds": {kind: _figures([one for one in played if one.talk.kind == kind]) for kind in kinds},
        "all": _figures(played),
    }


def _figures(played: Sequence[Played]) -> dict[str, Any]:
    steps = [step for one in played for step in one.steps]
    words = [_words(step.said) for step in steps if step.said.replies] or [0]
    return {
        "talks": len(played),
        "turns without a fault": share([not step.faults for step in steps]),
        "talks without a fault": share([not any(step.faults for step in one.steps) for one in played]),
        "refused": sum("a refusal" in step.faults for step in steps),
        "alarms": sum("an alarm" in step.faults for step in steps),
        "repeated": sum(any("same words" in fault for fault in step.faults) for step in steps),
        "words": [round(float(np.percentile(words, part))) for part in (50, 90)],
    }


def _plain(step: PlayedStep) -> dict[str, Any]:
    said = step.said
    return {
        "say": step.step.say,
        "answers": said.answers,
        "urgent": any(reply.urgent for reply in said.replies),
        "text": _text(said),
        "words": _words(said),
        "decided_by": [row.decided_by for row in said.decisions if row.decided_by],
        "faults": list(step.faults),
    }


def _words(said: Said) -> int:
    return sum(len(reply.text.split()) for reply in said.replies)


def talks_table(played: Sequence[Played]) -> list[str]:
    """What was played, as lines to read: who said what, the ids of the answers, their length in words, the
    faults; then the figures."""
    lines = []
    for one in played:
        if not one.talk.kept:
            lines += ["", f"=== {one.talk.id}  {one.talk.kind}"]
            lines += [line for step in one.steps for line in _turn(step)]
    report = talks_report(played)
    lines += [
        "",
        "kind, conversations, turns without a fault, refused, alarms, repeated; words a reply: p50, p90",
    ]
    lines += [_row(kind, figures) for kind, figures in report["kinds"].items()]
    return [
        *lines,
        _row("all", report["all"]),
        "",
        f"{'conversations without a fault':<48} {report['all']['talks without a fault']}",
        f"{'turns without a fault':<48} {report['all']['turns without a fault']}",
        f"{len(played)} conversations, {report['steps']} turns, {report['faults']} of them with faults",
    ]


def _turn(step: PlayedStep) -> list[str]:
    plain = _plain(step)
    about = [", ".join(plain["answers"]) or "no answer", f"{plain['words']} words"]
    about += ["URGENT"] if plain["urgent"] else []
    about += [f"by {', '.join(plain['decided_by'])}"] if plain["decided_by"] else []
    return [
        f"  > {step.step.say}",
        f"  [{'; '.join(about)}]",
        *(f"    {line}" for line in plain["text"].splitlines() if line.strip()),
        *(f"  !! {fault}" for fault in step.faults),
    ]


def _row(kind: str, figures: dict[str, Any]) -> str:
    right = figures["turns without a fault"]
    counts = " ".join(f"{figures[name]:>4}" for name in ("refused", "alarms", "repeated"))
    median, most = figures["words"]
    return f"  {kind:<28} {figures['talks']:>3}  {right.hits:>4} of {right.of:<4} {right.value or 0:>4.0%} {counts}  {median:>4} {most:>4}"
