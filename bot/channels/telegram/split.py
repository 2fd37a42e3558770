"""Cutting a long text into parts that Telegram takes: at most 4,096 UTF-16 units each.

Cut between paragraphs if possible, else between sentences, else between words; never inside a character as a
reader sees it (a family emoji is one), and not inside a link. White space at a cut goes; nothing else does.
"""

from __future__ import annotations

import bisect
import unicodedata
from collections.abc import Sequence
from itertools import accumulate

import regex

from bot.channels.telegram import LONGEST

_GRAPHEME = regex.compile(r"\X")
_PARAGRAPH = regex.compile(r"\n[^\S\n]*\n\s*")
_SENTENCE = regex.compile(r"(?:(?<=[.!?…؟。！？])|(?<=[.!?]['\"”’)]))\s+|\n|(?<=[。！？])")
_WORD = regex.compile(r"\s+")
_LEAST = 0.5  # of the limit: a part cut at a paragraph or sentence is at least so full


def units(text: str) -> int:
    """The length as Telegram counts it: UTF-16 units."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)


def visible(text: str) -> bool:
    """Whether a reader sees anything; Telegram refuses a text of white space and invisible characters."""
    return any(
        not character.isspace() and unicodedata.category(character)[0] not in "CZ" for character in text
    )


def spans(text: str, *, limit: int = LONGEST, whole: Sequence[tuple[int, int]] = ()) -> list[tuple[int, int]]:
    """Where to cut: ``(start, end)`` of each part in ``text``.

    Args:
        whole: spans that should stay in one part, such as links.
    """
    size = [0, *accumulate(2 if ord(character) > 0xFFFF else 1 for character in text)]
    made: list[tuple[int, int]] = []
    start = 0
    while start < len(text):
        while start < len(text) and text[start].isspace():
            start += 1
        furthest = bisect.bisect_right(size, size[start] + limit) - 1
        end = len(text) if furthest >= len(text) else _cut(text, start, furthest, whole)
        stop = end
        while stop > start and text[stop - 1].isspace():
            stop -= 1
        if visible(text[start:stop]):
            made.append((start, stop))
        start = end
    return made


def _cut(text: str, start: int, furthest: int, whole: Sequence[tuple[int, int]]) -> int:
    """The best place to end a part that begins at ``start`` and reaches no further than ``furthest``."""
    least = start + int((furthest - start) * _LEAST)
    for pattern, lowest in ((_PARAGRAPH, least), (_SENTENCE, least), (_WORD, start + 1)):
        # A run of white space may reach over the limit: what counts is where it begins.
        places: list[int] = [
            m.start() if m.group() else m.end()
            for m in pattern.finditer(text, lowest, min(len(text), furthest + 1))
        ]
        for place in reversed(places):
            if start < place <= furthest and not any(a < place < b for a, b in whole):
                return place
    # One long word: between characters as a reader sees them, before a link if one lies across the limit.
    edge = start
    for match in _GRAPHEME.finditer(text, start):
        if match.end() > furthest:
            break
        edge = int(match.end())
    across = [a for a, b in whole if a < edge < b and a > start]
    if across:
        return across[0]
    return edge if edge > start else furthest  # a single character longer than a whole message
