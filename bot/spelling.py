"""Typing errors put right, for the red flags and for the classifier.

A general speller damages this domain ("requip" becomes "equip", "rls" becomes "res"), so the domain's own words come first.
Words that are known, short words and anything with a digit are never touched, and no medicine ever turns into another one.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from symspellpy import SymSpell, Verbosity

LEXICON = Path(__file__).parent / "lexicon.txt"
#: How many of the general dictionary's most frequent words may be the outcome of a correction. All of its words count as known.
CANDIDATES = 30_000
HUGE = 10**14
OPTIONS = 3
_WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)*")


def read_lexicon() -> tuple[frozenset[str], frozenset[str]]:
    """The words of ``lexicon.txt``: all of them, and those under its heading ``# medicines``."""
    words: set[str] = set()
    medicines: set[str] = set()
    section = ""
    for line in LEXICON.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            section = line[1:].strip()
            continue
        row = line.lower().split()
        words.update(row)
        if section == "medicines":
            medicines.update(row)
    return frozenset(words), frozenset(medicines)


class Speller:
    """Corrects single words and whole texts."""

    def __init__(self) -> None:
        self.lexicon, self.medicines = read_lexicon()
        self.known: set[str] = set(self.lexicon)
        self._symspell = SymSpell(max_dictionary_edit_distance=2, prefix_length=6)
        counts: dict[str, int] = {}
        for word in self.lexicon:
            counts[word] = HUGE
        with (files("symspellpy") / "frequency_dictionary_en_82_765.txt").open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines):
                word, _, count = line.partition(" ")
                self.known.add(word)
                if word in self.lexicon:
                    counts[word] = HUGE + int(count)
                elif number < CANDIDATES:
                    counts[word] = int(count)
        for word, weight in counts.items():
            self._symspell.create_dictionary_entry(word, weight)
        self.options = lru_cache(maxsize=20_000)(self._options)

    def _options(self, word: str) -> tuple[str, ...]:
        """What a word may have been meant to be, the likeliest first; only the word itself if it is known or nothing is near enough."""
        if len(word) < 4 or word in self.known or not word.isascii() or not word.isalpha():
            return (word,)
        far = 1 if len(word) < 6 else 2
        found = self._symspell.lookup(word, Verbosity.CLOSEST, max_edit_distance=far)
        if sum(item.term in self.medicines for item in found) > 1:
            return (word,)  # between two medicines nobody guesses
        return tuple(item.term for item in found[:OPTIONS]) or (word,)

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

    def correct(self, text: str) -> str:
        """The text with its typing errors put right; everything else stays as it is."""
        return _WORD.sub(lambda match: self._kept(match.group()), text)

    def _kept(self, word: str) -> str:
        lower = word.lower()
        right = self.word(lower)
        return word if right == lower else right


@cache
def speller() -> Speller:
    """The speller, made once (about a second)."""
    return Speller()
