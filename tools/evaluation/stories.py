"""How well a patient's own story is taken up, as a first message to the real dialogue: its topic answered,
or the self-check offered."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.dialogue import Said
from bot.errors import ConfigError
from tools.evaluation.measures import share
from tools.evaluation.said import alarmed, say_each

COLUMNS = ("text", "topics")
_SELF_CHECK = "check_symptoms"
_FLAG = re.compile(r"R\d")


@dataclass(frozen=True)
class Story:
    """A story, with the topics of which any is a right answer; ``check_symptoms`` among them where the
    self-check is one, a flag (``R8``) where that is."""

    text: str
    topics: tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """A story with what came."""

    story: Story
    said: Said

    @property
    def topic(self) -> bool:
        """Whether a right answer came; an alarm for several flags (``ask:R8+R10``) is one for each of
        them."""
        flags = {flag for answer in self.said.answers for flag in answer.removeprefix("ask:").split("+")}
        return bool(set(self.story.topics) & {*self.said.answers, *flags})

    @property
    def self_check(self) -> bool:
        """Whether the self-check is right here, and was begun or offered."""
        offered = {str(choice.get("key")) for reply in self.said.replies for choice in reply.choices or ()}
        begun = any(answer.startswith("check_") for answer in self.said.answers)
        return _SELF_CHECK in self.story.topics and (begun or _SELF_CHECK in offered)

    @property
    def refused(self) -> bool:
        return any(answer.startswith("out_of_scope") for answer in self.said.answers)

    @property
    def alarm(self) -> bool:
        """Whether a red flag was raised where none belongs."""
        return alarmed(self.said) and not any(_FLAG.match(topic) for topic in self.story.topics)


def read_stories(path: Path) -> list[Story]:
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
            text, topics = ((row[name] or "").strip() for name in COLUMNS)
            if not (text and topics):
                raise ConfigError(f"{path}:{number}: a row needs a text and at least one topic")
            made.append(Story(text, tuple(topics.split("|"))))
    if not made:
        raise ConfigError(f"{path}: no stories in it")
    return made


def tell_stories(stories: Sequence[Story], model: Path | None = None) -> dict[str, Any]:
    """The figures for these stories with a trained model (by default the one in ``models/``), as
    ``report`` gives them."""

    said = say_each([story.text for story in stories], model)
    return report([Told(*pair) for pair in zip(stories, said, strict=True)])


def report(told: Sequence[Told]) -> dict[str, Any]:
    """The figures, and the stories that were not taken up."""
    return {
        "stories": len(told),
        "figures": {
            "right topic answered, or self-check offered": share(
                [one.topic or one.self_check for one in told]
            ),
            "right topic answered": share([one.topic for one in told]),
            "self-check begun or offered, where it is right": share(
                [one.self_check for one in told if _SELF_CHECK in one.story.topics]
            ),
            "refused as out of scope": share([one.refused for one in told]),
            "taken for a red flag without one": share([one.alarm for one in told]),
        },
        "rows": [
            {
                "text": one.story.text,
                "topics": "|".join(one.story.topics),
                "answers": ", ".join(one.said.answers),
                "decided by": ", ".join(row.decided_by for row in one.said.decisions if row.decided_by),
            }
            for one in told
            if one.alarm or not (one.topic or one.self_check)
        ],
    }


def table(found: dict[str, Any]) -> list[str]:
    """The report as lines to read."""
    lines = [f"{found['stories']} stories as first messages, through the whole dialogue", ""]
    lines += [f"{name:<48} {figure}" for name, figure in found["figures"].items()]
    lines += ["", "not taken up, or taken for a red flag (topics <- answers, decided by; text)"]
    for row in found["rows"]:
        lines += [
            f"  {row['topics']} <- {row['answers'] or '-'}  [{row['decided by']}]",
            f"    {row['text']}",
        ]
    return lines
