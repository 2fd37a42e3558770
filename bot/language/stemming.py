"""A word without its ending, so that "swells" meets "swollen" (by ``word_forms.yml``)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

TABLE = Path(__file__).parent / "word_forms.yml"
#: A road ("a1", "m25", "i-95"), which is no number.
ROAD = r"(?:[am]\d{1,3}|i-?\d{2,3})(?![\w.,:]*\d|[a-z])"
_IS_ROAD = re.compile(ROAD)
_SHORT = re.compile("[^aeiou][aeiou][^aeiouwxy]")
_YEARS = range(1950, 2036)


@dataclass(frozen=True)
class WordForms:
    """What ``word_forms.yml`` says.

    Args:
        noise: words that carry no meaning.
        joined: two to four words in a row, and the one word that they are.
        numbers: words and digits of numbers, and how they are read.
        irregular: a form, and the word that it is read as; a word that keeps its ending leads to itself.
        signs: emoji and signs, and the text that they are read as.
    """

    noise: frozenset[str]
    joined: dict[tuple[str, ...], str]
    numbers: dict[str, str]
    irregular: dict[str, str]
    signs: dict[str, str]


@cache
def word_forms() -> WordForms:
    """The table, read once."""
    data: dict[str, Any] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return WordForms(
        frozenset(data["noise"].split()),
        {tuple(row.split()): word for word, rows in data["joined"].items() for row in rows},
        {form: number for number, forms in data["numbers"].items() for form in forms},
        {form: word for word, forms in data["forms"].items() for form in forms}
        | {word: word for word in data["unchanged"].split()},
        data["signs"],
    )


@lru_cache(maxsize=20_000)
def normal_form(word: str) -> str:
    """A word as the rules know it: its stem, ``#`` (a number above four), ``#year`` or ``road``."""
    numbers = word_forms().numbers
    if word[0].isdigit():
        digits = word.replace(",", "")
        if digits.isdigit() and len(digits) == 4 and int(digits) in _YEARS:
            return "#year"
        return numbers.get(word, "#")
    if _IS_ROAD.fullmatch(word):
        return "road"
    return numbers.get(word) or stem(word)


def stem(word: str) -> str:
    """The word (lower case) without its ending; crude, and the same for rules and messages."""
    irregular = word_forms().irregular
    if word in irregular:
        base = irregular[word]
        return base if irregular.get(base) == base else _cut(base)
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
