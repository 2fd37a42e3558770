"""What ``python -m bot check`` found, short enough for a test to compare."""

from __future__ import annotations

from collections.abc import Iterable

from bot.check.finding import Finding


def levels(found: Iterable[Finding]) -> list[tuple[str, str]]:
    """Of each line its level and the thing that was looked at."""
    return [(one.level, one.what) for one in found]


def said(found: Iterable[Finding]) -> str:
    """The lines as they are printed."""
    return "\n".join(one.line for one in found)
