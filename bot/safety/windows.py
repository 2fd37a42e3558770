"""The parts of a message in which an emergency would stand: a sentence, or two that follow each other.

Signs count together only within such a part. A long story has a bad night, an old clot and a sore toe in it
somewhere; taken together they would look like an emergency that nobody has told of.
"""

from __future__ import annotations

import re
from itertools import pairwise

#: A message of at most so many words, or of at most two sentences, is one part and is also looked at as a
#: whole.
SHORT = 25
#: A message of at most so many words is looked at as a whole too, after its sentences.
_WHOLE = 70
#: Two sentences together may have so many words.
_PAIR = 45
#: A sentence with more words than this is one that ran on, and is cut where it takes a new breath.
_RUN_ON = 34
#: From this many words on, a short message is looked at clause by clause as well.
_CLAUSED = 14
_FEWEST = 3
_MOST = 40  # sentences that are looked at; no message of at most 4,096 characters has many more
_LONGEST = 4096
_ENDS = re.compile(r"(?<=[.!?;…])\s+|\n+")
_BREATHS = re.compile(r",?\s+(?=(?:but|and|so|then|now|because|which|since)\s)|,\s+", re.IGNORECASE)
_CLAUSES = re.compile(r"\s+but\s+|,\s+and\s+")


def windows(text: str) -> list[str]:
    """The parts of a message: a short one is itself the first of them, a longer one the last, a long one
    none."""
    text = text[:_LONGEST]
    parts = _sentences(text)
    words = len(text.split())
    if words <= SHORT or (len(parts) <= 2 and words <= _PAIR):
        return [text, *(_clauses(text, parts) if words > _CLAUSED else [])]
    made = _with_pairs(parts)
    return [*made, text] if words <= _WHOLE and text not in made else made


def _with_pairs(parts: list[str]) -> list[str]:
    pairs = [f"{one} {two}" for one, two in pairwise(parts) if len(one.split()) + len(two.split()) <= _PAIR]
    return list(dict.fromkeys([*parts, *pairs]))


def _clauses(text: str, parts: list[str]) -> list[str]:
    pieces = [*parts, *(piece for part in parts for piece in _CLAUSES.split(part))]
    return list(dict.fromkeys(piece for piece in pieces if piece != text and len(piece.split()) >= 4))


def _sentences(text: str) -> list[str]:
    """The sentences; those that ran on are cut, and what is too short joins its neighbour."""
    made: list[str] = []
    for sentence in _ENDS.split(text):
        for part in _cut(sentence.strip()):
            if not part:
                continue
            if made and (len(part.split()) < _FEWEST or len(made[-1].split()) < _FEWEST):
                made[-1] = f"{made[-1]} {part}"
            else:
                made.append(part)
    return made[:_MOST]


def _cut(sentence: str) -> list[str]:
    if len(sentence.split()) <= _RUN_ON:
        return [sentence]
    made, start = [], 0
    for breath in _BREATHS.finditer(sentence):
        if len(sentence[start : breath.start()].split()) >= _RUN_ON // 3:
            made.append(sentence[start : breath.start()])
            start = breath.end()
    return [*made, sentence[start:]]
