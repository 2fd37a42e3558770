"""Names of settings that nobody reads: a misspelt one would leave its default in force, and nobody would
know."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path

from dotenv import dotenv_values

#: What ``endpoints.yml`` reads; our own processes set it for Rasa (``bot/rasa_server/command_line.py``).
FOR_RASA = frozenset(
    f"RLA_{name}"
    for name in (
        "ACTION_AUTHORIZATION",
        "ACTION_ENDPOINT",
        "RASA_DATABASE",
        "RASA_LOCKS",
        "RASA_LOCKS_HOST",
        "RASA_LOCKS_PORT",
    )
)
#: What the tests and their CI read. Processes that they start find these names in the environment too.
FOR_TESTS = frozenset({"RLA_CHAOS", "RLA_REQUIRE_BROWSER", "RLA_SCREENSHOTS"})
_ALIKE = 0.8  # of difflib's 0 to 1: one or two letters of a name differ


def misspelt(fields: tuple[str, ...], file: Path | None) -> list[str]:
    """One line for each name in the environment, or in ``file`` (a .env file), that looks like a setting
    and is none.

    Args:
        fields: the fields of ``Settings``.
    Raises:
        OSError, UnicodeDecodeError: the file is there and cannot be read.
    """
    known = [name.upper() if name.startswith("telegram_") else f"RLA_{name.upper()}" for name in fields]
    lines = [_line(name, known, "") for name in os.environ if _meant_for_us(name.upper(), known)]
    if file is not None and file.exists():
        written = dotenv_values(file)
        lines += [_line(name, known, f"{file}: ") for name in written if _meant_for_us(name.upper(), known)]
    return lines


def _meant_for_us(name: str, known: list[str]) -> bool:
    """Whether ``name`` is no setting but meant as one.

    Other programs have names in TELEGRAM_ too: of those only what is nearly ours counts.
    """
    if name in known or name in FOR_RASA | FOR_TESTS:
        return False
    return name.startswith("RLA_") or bool(get_close_matches(name, known, 1, _ALIKE + 0.05))


def _line(name: str, known: list[str], where: str) -> str:
    near = get_close_matches(name.upper(), known, 1, _ALIKE) or get_close_matches(name.upper(), known, 1)
    return f"{where}{name}: there is no such setting" + (f"; did you mean {near[0]}?" if near else "")
