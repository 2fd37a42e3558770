"""A message as a row of plain words: contractions opened, noise dropped, endings cut off, breaks remembered.

Rules and messages pass through the same door, so that "swelling", "SWOLLEN" and "swells" meet.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

from bot.safety.forms import CONTRACTIONS, IRREGULAR, JOIN_FIRST, JOINED, NOISE, NUMBERS

#: Breaks before a word: none, a comma or dash, a sentence end, another message.
NONE, COMMA, SENTENCE, MESSAGE = 0, 1, 2, 3

_ROAD = r"(?:[am]\d{1,3}|i-?\d{2,3})(?![\w.,:]*\d|[a-z])"
_TOKEN = re.compile(rf"\b{_ROAD}|[a-z]+(?:'[a-z]+)*|\d+(?:[.,:]\d+)*|[.!?;…\n]+|[,()—–]|\s-+\s|:(?=\s)|#")
_IS_ROAD = re.compile(_ROAD)
_SHORT = re.compile("[^aeiou][aeiou][^aeiouwxy]")
_LONG = re.compile(r"([a-z])\1{2,}")
_ELIDED = frozenset(["c", "d", "j", "l", "m", "n", "o", "qu", "s", "t"])  # "o'clock", "d'air"
_EMOJI = str.maketrans({"🩸": " blood ", "🚗": " driving ", "🚙": " driving ", "🎰": " gambling ", "🎲": " gambling ", "💊": " pills ", "😴": " asleep ", "🛒": " shopping ", "🛍": " shopping ", "🔪": " . ", "💔": " . ", "❌": " no ", "➡": " . ", "🚑": " . ", "🚫": " no ", "🤰": " pregnant ", "•": " . ", "*": "", "/": " or ", "&": " and ", "+": " and ", "=": " is "})  # fmt: skip
_BREAKS = {",": COMMA, "(": COMMA, ")": COMMA, "—": COMMA, "–": COMMA, ":": COMMA}


@dataclass
class Words:
    """Plain words with the break before each, and where the new message starts."""

    raw: list[str] = field(default_factory=list)
    stems: list[str] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)
    new: int = 0

    def __len__(self) -> int:
        return len(self.stems)

    def join(self, later: Words) -> Words:
        """These words followed by those of a later message, which is the new one."""
        breaks = list(later.breaks)
        if breaks:
            breaks[0] = MESSAGE
        return Words(self.raw + later.raw, self.stems + later.stems, self.breaks + breaks, len(self))


def stem(word: str) -> str:
    """The word without its ending; crude, and the same for rules and messages."""
    if word in IRREGULAR:
        base = IRREGULAR[word]
        return base if base in IRREGULAR and IRREGULAR[base] == base else _cut(base)
    return _cut(word)


def _cut(word: str) -> str:
    if len(word) <= 3:
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        root = word[: -len(ending)]
        if (
            word.endswith(ending)
            and not word.endswith("eed")
            and len(root) >= 3
            and re.search("[aeiouy]", root)
        ):
            word = root
            if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "lsz":
                word = root[:-1]
            elif _SHORT.fullmatch(root):
                word = root + "e"  # "caring" is not about a car
            break
    if len(word) > 4 and word.endswith("e"):
        word = word[:-1]
    if len(word) > 3 and word.endswith("y"):
        word = word[:-1] + "i"
    return word


def folded(text: str) -> str:
    """The text without capitals and curly apostrophes: what the rules and the classifier start from."""
    return text.lower().replace("’", "'")


def clean(text: str) -> str:
    """Lower case, straight apostrophes, no accents, no stretched letters ("sooooo"), emoji that speak as words."""
    for curly in "’‘´`ʼ＇":  # first: a loose accent falls apart below
        text = text.replace(curly, "'")
    text = unicodedata.normalize("NFKD", text).lower().replace("ß", "ss").replace("œ", "oe")
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    return _LONG.sub(r"\1\1", text.translate(_EMOJI))


def split(text: str) -> Words:
    """The words of a message, contractions opened, noise kept out."""
    words = Words()
    pending = NONE
    for piece in _TOKEN.findall(clean(text)):
        first = piece[0]
        if first in ".!?;…\n":
            pending = max(pending, SENTENCE if piece != "\n" else COMMA)
            continue
        if first in _BREAKS or not first.strip() or first == "-":
            pending = max(pending, COMMA)
            continue
        for word in _open(piece):
            if word in NOISE:
                continue
            words.raw.append(word)
            words.breaks.append(pending)
            pending = NONE
    join(words.raw, words.breaks)
    words.stems = [normal(word) for word in words.raw]
    return words


@lru_cache(maxsize=20_000)
def normal(word: str) -> str:
    """A single raw word as the rules know it."""
    if word[0].isdigit():
        number = word.replace(",", "")
        if number.isdigit() and 1950 <= int(number) <= 2035 and len(number) == 4:
            return "#year"
        return NUMBERS.get(word, "#")
    if _IS_ROAD.fullmatch(word):
        return "road"  # "the a1" is no number one
    return NUMBERS.get(word) or stem(word)


def _open(word: str) -> list[str]:
    if word in CONTRACTIONS:
        return CONTRACTIONS[word].split()
    head, mark, tail = word.partition("'")
    if not mark:
        return [word]
    if head == "y" and tail == "all":
        return ["you"]
    more = {"ve": "have", "re": "are", "ll": "will", "d": "would", "m": "am", "t": "not"}.get(tail)
    if tail == "s" and head in ("he", "she", "it", "that", "there", "what", "who", "where"):
        more = "is"
    if tail == "s":
        head = CONTRACTIONS.get(head, head)
    if more is None and head in _ELIDED:
        return [head, tail]
    return [head, more] if more else [head]


def join(raw: list[str], breaks: list[int] | None = None) -> list[str]:
    """Make one word of those that are one ("can not"), in place; not across a sentence end."""
    at = 0
    while at < len(raw):
        if raw[at] in JOIN_FIRST:
            for size in (4, 3, 2):
                pair = tuple(raw[at : at + size])
                if pair in JOINED and not (
                    breaks and any(pause >= SENTENCE for pause in breaks[at + 1 : at + size])
                ):
                    raw[at : at + size] = [JOINED[pair]]
                    if breaks:
                        del breaks[at + 1 : at + size]
                    at = max(at - 2, -1)
                    break
        at += 1
    return raw
