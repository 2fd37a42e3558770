"""Typing errors put right, for the red flags and for the classifier.

A general speller damages this domain ("requip" becomes "equip", "rls" becomes "res"), so the domain's own
words come first. Words that are known, short words and anything with a digit are never touched, and no
medicine ever turns into another one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from symspellpy import SymSpell, Verbosity
from symspellpy.editdistance import DistanceAlgorithm, EditDistance

from bot.language.medicine_names import SHORTEST_TARGET, medicine_names

LEXICON = Path(__file__).parent / "lexicon.txt"
#: How many of the general dictionary's most frequent words may be the outcome of a correction. All of its
#: words count as known.
CANDIDATES = 20_000
HUGE = 10**14
OPTIONS = 3
_WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)*")


def read_lexicon() -> tuple[frozenset[str], frozenset[str], dict[str, str]]:
    """What ``lexicon.txt`` holds.

    Returns:
        all words; those that win against the rest; and its pairs of words that are often written for each
        other.
    """
    words: set[str] = set()
    first: set[str] = set()
    heard: dict[str, str] = {}
    section = ""
    for line in LEXICON.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            section = line[1:].strip()
            continue
        row = line.lower().split()
        if section == "heard as":
            heard.update((wrong, right) for wrong, _, right in (pair.partition(":") for pair in row))
            continue
        words.update(row)
        if section != "words of the red-flag rules":
            first.update(row)
    return frozenset(words), frozenset(first), heard


_SOUNDS = [
    (re.compile(pattern), plain)
    for pattern, plain in (
        ("ough|augh", "f"), ("ph", "f"), ("gh", ""), ("^kn", "n"), ("^wr", "r"), ("mb$", "m"), ("tch", "C"), ("ch", "C"), ("sh|ti(?=on)", "S"),
        ("c(?=[eiy])", "s"), ("ck|c|q", "k"), ("x", "ks"), ("z", "s"), ("dg|g(?=[ei])", "j"), ("(?<=.)[aeiouyhw]", ""), ("^[aeiou]", "A"), (r"(.)\1+", r"\1"),
    )
]  # fmt: skip


@lru_cache(maxsize=20_000)
def sound(word: str) -> str:
    """How a word sounds, roughly: its consonants."""
    for pattern, plain in _SOUNDS:
        word = pattern.sub(plain, word)
    return word


class Speller:
    """Corrects single words and whole texts."""

    def __init__(self) -> None:
        words, first, self.heard = read_lexicon()
        names = medicine_names()
        self.medicines = names.single_words
        self._misspelt, self._near_only = names.misspelt_words, names.near_only
        targets = frozenset(name for name in self.medicines if len(name) >= SHORTEST_TARGET)
        self.lexicon = words | targets
        first |= targets
        self._first = first
        self.known: set[str] = set(self.lexicon | self.medicines)
        self._symspell = SymSpell(max_dictionary_edit_distance=2, prefix_length=5)
        counts: dict[str, int] = {}
        for word in self.lexicon:
            counts[word] = HUGE * 100 if word in first else HUGE
        with (files("symspellpy") / "frequency_dictionary_en_82_765.txt").open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines):
                word, _, count = line.partition(" ")
                self.known.add(word)
                if word in self.lexicon:
                    counts[word] += int(count)
                elif number < CANDIDATES:
                    counts[word] = int(count)
        self._sounds: dict[str, list[str]] = {}
        for word in sorted(self.lexicon - self.medicines):
            self._sounds.setdefault(sound(word), []).append(word)
        distance = EditDistance(DistanceAlgorithm.DAMERAU_OSA)
        self._apart: Callable[[str, str], int] = lambda one, two: distance.compare(one, two, 20)
        for word, weight in counts.items():
            self._symspell.create_dictionary_entry(word, weight)
        self.options = lru_cache(maxsize=20_000)(self._options)

    def _options(self, word: str) -> tuple[str, ...]:
        """What a word may have been meant to be, the likeliest first; only the word itself if it is known
        or nothing is near enough."""
        if len(word) < 4 or word in self.known or not word.isascii() or not word.isalpha():
            return (word,)
        if word in self._misspelt:
            return (self._misspelt[word],)
        far = 1 if len(word) < 6 else 2
        found = self._symspell.lookup(word, Verbosity.CLOSEST, max_edit_distance=far)
        found = [item for item in found if item.distance < 2 or self._may_be(word, item.term)]
        # Hardly anybody mistypes the first letter: "vape" is no "rape". Words of the domain may still be meant.
        found = [item for item in found if item.term[0] == word[0] or item.term in self._first]
        if sum(item.term in self.medicines for item in found) > 1:
            return (word,)  # between two medicines nobody guesses
        spelt = [item.term for item in found[:OPTIONS]]
        return tuple(spelt + [term for term in self._alike(word) if term not in spelt]) or (word,)

    def _may_be(self, word: str, term: str) -> bool:
        """Whether a word with two wrong letters may be ``term``: a medicine must at least begin alike
        ("ribena" is no Mirena)."""
        return term not in self.medicines or (word[0] == term[0] and term not in self._near_only)

    def _alike(self, word: str) -> list[str]:
        """Words of the domain that sound like this one ("coff")."""
        near = [
            (distance, term)
            for term in self._sounds.get(sound(word), ())
            if (distance := self._apart(word, term)) <= 3
        ]
        return [term for _, term in sorted(near)[:2]]

    def word(self, word: str) -> str:
        """The word put right."""
        return self.options(word)[0]

    def pieces(self, word: str) -> tuple[str, str] | None:
        """The two words of the domain that were typed without a space ("chestpain")."""
        if len(word) < 7 or word in self.known:
            return None
        for at in range(3, len(word) - 2):
            if word[:at] in self.lexicon and word[at:] in self.lexicon:
                return word[:at], word[at:]
        return None

    def correct(self, text: str, choice: int = 0) -> str:
        """The text with its typing errors put right; everything else stays as it is.

        Args:
            choice: 0 for the likeliest word that may have been meant, 1 for the second likeliest where there
                is one, and so on.
        """
        return _WORD.sub(lambda match: self._kept(match.group(), choice), text)

    def _kept(self, word: str, choice: int) -> str:
        lower = word.lower()
        options = self.options(lower)
        right = options[min(choice, len(options) - 1)]
        return word if right == lower else right


@cache
def speller() -> Speller:
    """The speller, made once (about a second)."""
    return Speller()
