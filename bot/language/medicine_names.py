"""Medicines named in a text, however they are spelt; and texts in which they are spelt right or called by
plain names.

What a medicine is called stands in ``data/medicines.yml``. The same words are looked up everywhere: for the
classifier, for who takes what, for cautions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from symspellpy.editdistance import DistanceAlgorithm, EditDistance

from bot.content.medicines import Medicine, Medicines, medicines, plain

#: Below this many letters a medicine's name is known, but no other word is taken for a typing error of it.
SHORTEST_TARGET = 6
#: From this many letters on, a medicine's own name is unlike any other word.
LONG_NAME = 9
#: The medicines that most patients here write of. Brands of the others ("Compro", "Testim", "Bonine") are too
#: near to ordinary words for more than one wrong letter.
_COMMON = ("dopamine_agonist", "levodopa", "gabapentinoid", "opioid", "iron_oral", "iron_iv")
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)*")
_AMOUNT = re.compile(r"\d ?(?:mg|mcg)\b")
_FAR = 99


@dataclass(frozen=True)
class Named:
    """A medicine, or a word for a class, as it stands in a text.

    Args:
        start, end: where it stands, in characters.
        rows: the medicines that it may be; none for a word for a class ("opioids").
        classes: the classes that it may be of.
        right: how it is spelt rightly, in lower case.
    """

    start: int
    end: int
    rows: tuple[Medicine, ...]
    classes: frozenset[str]
    right: str


class MedicineNames:
    """Finds the spellings of a table of medicines in texts."""

    def __init__(self, table: Medicines) -> None:
        self._table = table
        self._right: dict[str, str] = {name: name for name in (*table.right_names, *table.class_words)}
        self._brands = frozenset(plain(brand) for row in table.rows for brand in row.brands)
        distance = EditDistance(DistanceAlgorithm.DAMERAU_OSA)
        for spelling, row in table.heard_as.items():
            self._right.setdefault(spelling, _nearest(spelling, row, distance))
        #: How many words the longest spelling has that begins with a word.
        self._longest: dict[str, int] = {}
        for spelling in self._right:
            first, *rest = spelling.split()
            self._longest[first] = max(self._longest.get(first, 0), 1 + len(rest))

    @property
    def single_words(self) -> frozenset[str]:
        """The right names that are one word of letters."""
        return frozenset(name for name in self._table.right_names if name.isascii() and name.isalpha())

    @property
    def near_only(self) -> frozenset[str]:
        """The single words to which a word with two wrong letters is never put right."""
        common = {plain(name) for row in self._table.of_class(*_COMMON) for name in row.right_names}
        long = {plain(row.name) for row in self._table.rows if len(row.name) >= LONG_NAME}
        return self.single_words - common - long

    @property
    def misspelt_words(self) -> dict[str, str]:
        """Single words that are a medicine misspelt, and the single word that is meant."""
        return {
            wrong: right
            for wrong, right in self._right.items()
            if wrong != right and wrong.isalpha() and right.isalpha() and wrong not in self._table.ambiguous
        }

    def find(self, text: str, spelled: Callable[[str], str] | None = None) -> list[Named]:
        """The medicines and words for classes in ``text``, from left to right, none inside another.

        Args:
            spelled: puts a single word right ("gabapenton"); without it only spellings of the table are
                found.
        """
        words = list(_WORD.finditer(text.lower().replace("’", "'")))
        keys = [match.group() for match in words]
        if spelled:
            keys = [self._spelled(key, spelled) for key in keys]
        sure = bool(_AMOUNT.search(text)) or not self._table.medicine_words.isdisjoint(keys)
        found: list[Named] = []
        at = 0
        while at < len(keys):
            for many in range(min(self._longest.get(keys[at], 0), len(keys) - at), 0, -1):
                spelling = " ".join(keys[at : at + many])
                if spelling in self._right and (
                    spelling not in self._table.ambiguous
                    or sure
                    or (at > 0 and keys[at - 1] in self._table.words_before)
                ):
                    found.append(self._named(spelling, words[at].start(), words[at + many - 1].end()))
                    at += many
                    break
            else:
                at += 1
        return found

    def spelt_right(self, text: str) -> str:
        """``text`` with the misspelt and misheard medicines of the table put right ("rope in a roll")."""
        return _replaced(text, [(named, named.right) for named in self.find(text) if named.rows])

    def by_plain_name(self, text: str) -> str:
        """``text`` with each brand under the medicine's plain name. Only the classifier reads this."""
        found = [named for named in self.find(text) if named.rows and named.right in self._brands]
        return _replaced(text, [(named, self._plain_name(named)) for named in found])

    def _plain_name(self, named: Named) -> str:
        name = named.rows[0].called.lower()
        return f"{name} patch" if named.right.endswith(" patch") else name  # how it is given is asked about

    def _spelled(self, key: str, spelled: Callable[[str], str]) -> str:
        if key in self._longest or key in self._right:
            return key
        right = spelled(key)
        return right if right in self._right else key

    def _named(self, spelling: str, start: int, end: int) -> Named:
        rows = self._table.by_spelling(spelling)
        kinds = [row.kind for row in rows] or self._table.class_words.get(spelling, ())
        return Named(start, end, rows, frozenset(kinds), self._right[spelling])


def _nearest(spelling: str, row: Medicine, distance: EditDistance) -> str:
    """The right name of ``row`` that a wrong spelling stands for: ``zolof`` is Zoloft, not sertraline."""
    squeezed = spelling.replace(" ", "")
    return min(
        map(plain, row.right_names), key=lambda name: distance.compare(squeezed, name.replace(" ", ""), _FAR)
    )


def _replaced(text: str, changes: list[tuple[Named, str]]) -> str:
    for named, right in reversed(changes):
        if plain(text[named.start : named.end]) != right:
            text = text[: named.start] + right + text[named.end :]
    return text


@cache
def medicine_names() -> MedicineNames:
    """The names of the medicines of this installation."""
    return MedicineNames(medicines())
