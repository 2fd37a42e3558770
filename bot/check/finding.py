"""What the check found of one thing: a line to read and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bot.errors import ConfigError

Level = Literal["ok", "warning", "wrong"]


@dataclass(frozen=True)
class Finding:
    """One line of the check.

    Args:
        level: ``wrong`` keeps the assistant from starting, ``warning`` does not.
        what: the thing that was looked at, in one or two words.
        said: what is the case. Never a secret: the line goes to screens and logs.
        do: what to do about it; empty where all is well.
    """

    level: Level
    what: str
    said: str
    do: str = ""

    @property
    def line(self) -> str:
        """As it is printed."""
        return f"{self.level:<8} {self.what:<10} {self.sentence}"

    @property
    def sentence(self) -> str:
        """What is the case and what to do, without the rest of the line."""
        return f"{self.said}. {self.do}" if self.do else self.said


def ok(what: str, said: str) -> Finding:
    """All is well."""
    return Finding("ok", what, said)


def warning(what: str, said: str, do: str) -> Finding:
    """The assistant works, and somebody should know."""
    return Finding("warning", what, said, do)


def wrong(what: str, said: str, do: str = "") -> Finding:
    """The assistant would not work, or not safely."""
    return Finding("wrong", what, said, do)


def heed(findings: Iterable[Finding]) -> None:
    """At a start: say each warning once, and nothing where all is well.

    Raises:
        ConfigError: something is wrong, a line for each.
    """
    found = list(findings)
    for one in found:
        if one.level == "warning":
            print(f"  {one.what}: {one.sentence}", flush=True)
    refuse(found)


def refuse(findings: Iterable[Finding]) -> None:
    """Stop if something is wrong.

    Raises:
        ConfigError: a line for each such thing.
    """
    lines = [f"  {one.what}: {one.sentence}" for one in findings if one.level == "wrong"]
    if lines:
        raise ConfigError("The assistant cannot start so:\n" + "\n".join(lines))
