"""Where the phrases of each concept stand in a message."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain

from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc
from spacy.vocab import Vocab

from bot.language.tokens import SENTENCE, Tokens
from bot.safety.phrases import Part
from bot.safety.rule_files import RuleBook

#: Stands for every word that no rule knows: spaCy keeps all strings it has seen, and nothing of a patient may
#: stay there.
UNKNOWN = "_"
DENIALS = frozenset(["not", "no", "never", "without"])
Hit = tuple[int, int]


@dataclass
class Matches:
    """All hits in one message, found when asked for."""

    matcher: Matcher
    words: Tokens
    literal: dict[str, list[Hit]]
    live: dict[str, list[tuple[Part, ...]]]
    found: dict[str, list[Hit]]

    def of(self, concept: str) -> list[Hit]:
        """The hits of a concept, in order, each once."""
        if concept not in self.found:
            self.found[concept] = []  # a concept that leads to itself finds nothing
            phrases = chain(self.live.get(concept, ()), self.matcher.bare[concept])
            self.found[concept] = sorted({hit for parts in phrases for hit in self._follow(parts)})
        return self.found[concept]

    def _follow(self, parts: tuple[Part, ...]) -> list[Hit]:
        hits = self._part(parts[0])
        for part in parts[1:]:
            if not hits:
                return []
            nexts = self._part(part)
            starts = [start for start, _ in nexts]
            joined: set[Hit] = set()
            for begin, end in hits:
                at = bisect_left(starts, end)
                while at < len(nexts) and nexts[at][0] - end <= part.gap:
                    if not self._broken(end, nexts[at][0]):
                        joined.add((begin, nexts[at][1]))
                    at += 1
            hits = sorted(joined)
        return hits

    def _part(self, part: Part) -> list[Hit]:
        return self.of(part.key) if part.concept else self.literal.get(part.key, [])

    def _broken(self, start: int, end: int) -> bool:
        """Whether a sentence ends, or a denial stands, between two parts of a phrase."""
        if any(stem in DENIALS for stem in self.words.stems[start:end]):
            return True
        return any(self.words.breaks[at] == SENTENCE for at in range(start, min(end + 1, len(self.words))))


class Matcher:
    """spaCy's phrase matcher over plain words; a message's raw and corrected words are read side by side."""

    def __init__(self, book: RuleBook) -> None:
        self.book = book
        self.vocab = Vocab()
        self.known = {word for rows in book.literals.values() for row in rows for word in row}
        self.matcher = PhraseMatcher(self.vocab, attr="ORTH")
        owners: dict[tuple[str, ...], list[str]] = {}
        for key, rows in book.literals.items():
            for row in rows:
                owners.setdefault(row, []).append(key)
        shared: dict[tuple[str, ...], list[Doc]] = {}
        for row, keys in owners.items():
            shared.setdefault(tuple(keys), []).append(Doc(self.vocab, words=row))
        self.owners: dict[int, tuple[str, ...]] = {}
        for number, (group, docs) in enumerate(shared.items()):
            self.matcher.add(f"p{number}", docs)
            self.owners[self.vocab.strings[f"p{number}"]] = group
        # A phrase can only stand in a message that has all its words, so it is looked up by the first of
        # them. Phrases that consist of other concepts alone have no words; they are ``bare`` and always
        # tried.
        self.bare: dict[str, list[tuple[Part, ...]]] = {concept: [] for concept in book.phrases}
        self.by_first: dict[str, list[tuple[str, tuple[Part, ...], list[str]]]] = {}
        for concept, phrases in book.phrases.items():
            for parts in phrases:
                keys = [part.key for part in parts if not part.concept]
                if keys:
                    self.by_first.setdefault(keys[0], []).append((concept, parts, keys[1:]))
                else:
                    self.bare[concept].append(parts)

    def _live(self, literal: Collection[str]) -> dict[str, list[tuple[Part, ...]]]:
        """By concept, the phrases whose words all occur in the message."""
        live: dict[str, list[tuple[Part, ...]]] = {}
        for key in literal:
            for concept, parts, others in self.by_first.get(key, ()):
                if all(other in literal for other in others):
                    live.setdefault(concept, []).append(parts)
        return live

    def match(self, words: Tokens, readings: Sequence[Sequence[str]]) -> Matches:
        """Find the phrases in any of the readings, which have the same length as ``words``."""
        literal: dict[str, set[Hit]] = {}
        for stems in readings:
            doc = Doc(self.vocab, words=[stem if stem in self.known else UNKNOWN for stem in stems])
            for key, start, end in self.matcher(doc):
                if any(words.breaks[at] == SENTENCE for at in range(start + 1, end)):
                    continue
                for owner in self.owners[key]:
                    literal.setdefault(owner, set()).add((start, end))
        return Matches(
            self, words, {key: sorted(hits) for key, hits in literal.items()}, self._live(literal), {}
        )
