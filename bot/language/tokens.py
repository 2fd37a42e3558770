"""A message as a row of plain words: contractions opened, noise dropped, endings cut off, breaks remembered.

The red-flag rules and the messages are both read this way, so that their words meet.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cache

from bot.language.contractions import opened
from bot.language.stemming import ROAD, normal_form, word_forms

#: What stands before a word: nothing, a comma or dash, the end of a sentence, another message.
NONE, COMMA, SENTENCE, MESSAGE = 0, 1, 2, 3

_TOKEN = re.compile(rf"\b{ROAD}|[a-z]+(?:'[a-z]+)*|\d+(?:[.,:]\d+)*|[.!?;…\n]+|[,()—–]|\s-+\s|:(?=\s)|#")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_SENTENCE_ENDS = ".!?;…\n"
_COMMAS = ",()—–:"
_LONGEST_JOINED = 4


@dataclass
class Tokens:
    """The words of a message, or of several in a row.

    Args:
        raw: the words in lower case, contractions opened.
        stems: the same words by ``normal_form``.
        breaks: what stands before each word (``NONE``, ``COMMA``, ``SENTENCE`` or ``MESSAGE``).
        new: the place at which the newest message begins.
    """

    raw: list[str] = field(default_factory=list)
    stems: list[str] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)
    new: int = 0

    def __len__(self) -> int:
        return len(self.stems)

    def join(self, later: Tokens) -> Tokens:
        """These words followed by those of a later message, which is the new one."""
        breaks = list(later.breaks)
        if breaks:
            breaks[0] = MESSAGE
        return Tokens(self.raw + later.raw, self.stems + later.stems, self.breaks + breaks, len(self))


def folded(text: str) -> str:
    """The text in lower case and with straight apostrophes."""
    return text.lower().replace("’", "'")


@cache
def _signs() -> dict[int, str]:
    return {
        ord(sign): f" {word} " if word.isalpha() or word == "." else word
        for sign, word in word_forms().signs.items()
    }


def clean(text: str) -> str:
    """Lower case, straight apostrophes, no accents, no stretched letters, emoji as words."""
    for curly in "’‘´`ʼ＇":  # first: a loose accent falls apart below
        text = text.replace(curly, "'")
    text = unicodedata.normalize("NFKD", text).lower().replace("ß", "ss").replace("œ", "oe")
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    return _STRETCHED.sub(r"\1\1", text.translate(_signs()))


def tokenize(text: str) -> Tokens:
    """The words of a message, contractions opened, noise kept out."""
    noise = word_forms().noise
    tokens = Tokens()
    pending = NONE
    for piece in _TOKEN.findall(clean(text)):
        first = piece[0]
        if first in _SENTENCE_ENDS:
            pending = max(pending, SENTENCE if piece != "\n" else COMMA)
            continue
        if first in _COMMAS or not first.strip() or first == "-":
            pending = max(pending, COMMA)
            continue
        for word in opened(piece):
            if word in noise:
                continue
            tokens.raw.append(word)
            tokens.breaks.append(pending)
            pending = NONE
    join_words(tokens.raw, tokens.breaks)
    tokens.stems = [normal_form(word) for word in tokens.raw]
    return tokens


@cache
def _first_words() -> frozenset[str]:
    return frozenset(words[0] for words in word_forms().joined)


def join_words(raw: list[str], breaks: list[int] | None = None) -> list[str]:
    """Make one word of those that are one ("can not"), in place; not across the end of a sentence."""
    joined = word_forms().joined
    at = 0
    while at < len(raw):
        if raw[at] in _first_words():
            for size in range(_LONGEST_JOINED, 1, -1):
                words = tuple(raw[at : at + size])
                if words in joined and not (
                    breaks and any(pause >= SENTENCE for pause in breaks[at + 1 : at + size])
                ):
                    raw[at : at + size] = [joined[words]]
                    if breaks:
                        del breaks[at + 1 : at + size]
                    at = max(at - 2, -1)
                    break
        at += 1
    return raw
