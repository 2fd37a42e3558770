"""The notation in which the phrases of the rules are written, as patients speak:

- ``(a|b c|)`` one of several, an empty one making it optional;
- ``<name>`` anything that the concept of that name matches;
- ``..`` up to three other words in between, ``..5`` up to five.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import chain, product

from bot.errors import ConfigError
from bot.language.tokens import join_words, tokenize

Row = tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """A piece of a phrase: words to be found as they stand, or another concept.

    Args:
        key: the name of the concept, or words in the notation, to be read with ``rows``.
        gap: how many other words may come before it.
        concept: whether ``key`` names a concept.
    """

    key: str
    gap: int
    concept: bool


def alternatives(text: str) -> list[Row]:
    """Every way of reading a phrase with ``(a|b)`` in it, each as the raw words that a message would have.

    Raises:
        ConfigError: a bracket is not closed, or closed twice.
    """
    depth, start = 0, 0
    pieces: list[list[Row]] = []
    for at, char in enumerate(text):
        if char == "(":
            if depth == 0:
                pieces.append([_words(text[start:at])])
                start = at + 1
            depth += 1
        elif char == ")":
            depth -= 1
            if depth < 0:
                raise ConfigError(f"red flags: a bracket is closed twice in '{text}'")
            if depth == 0:
                pieces.append([more for option in _options(text[start:at]) for more in alternatives(option)])
                start = at + 1
    if depth:
        raise ConfigError(f"red flags: a bracket stays open in '{text}'")
    pieces.append([_words(text[start:])])
    return [tuple(chain.from_iterable(choice)) for choice in product(*pieces)]


@cache
def _words(text: str) -> Row:
    return tuple(tokenize(text).raw)


def _options(text: str) -> list[str]:
    depth, options, start = 0, [], 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "|" and depth == 0:
            options.append(text[start:at])
            start = at + 1
    return [*options, text[start:]]


@cache
def rows(text: str) -> frozenset[Row]:
    """As ``alternatives``, without concepts and gaps; words that are one ("can not") are joined."""
    return frozenset(tuple(join_words(list(row))) for row in alternatives(text) if row)


_CUT = re.compile(r"\s*(\.\.\d*|<[a-z_]+>)\s*")
_GAP = 3


def parts(phrase: str) -> list[Part]:
    """The pieces of a phrase, cut at gaps and concepts. A piece that is only noise ("the") is left out."""
    made: list[Part] = []
    gap = 0
    for piece in _CUT.split(phrase):
        if not piece.strip():
            continue
        if piece.startswith(".."):
            gap = int(piece[2:] or _GAP)
            continue
        concept = piece.startswith("<")
        if not concept and not rows(piece):
            continue
        made.append(Part(piece[1:-1] if concept else " ".join(piece.split()), gap, concept))
        gap = 0
    return made


def compiled(phrases: Iterable[str]) -> tuple[tuple[Part, ...], ...]:
    """The phrases of a concept, cut into parts; those that are plain words become one part, for speed."""
    plain: list[str] = []
    made: list[tuple[Part, ...]] = []
    for phrase in phrases:
        cut = tuple(parts(phrase))
        if len(cut) == 1 and not cut[0].concept:
            plain.append(cut[0].key)
        elif cut:
            made.append(cut)
    return (*((Part(f"({'|'.join(plain)})", 0, False),) for _ in plain[:1]), *made)
