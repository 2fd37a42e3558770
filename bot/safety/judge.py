"""Decides whether a rule fires in a message: its concepts stand together, and none of them is denied."""

from __future__ import annotations

from bot.language.tokens import SENTENCE, Tokens
from bot.safety.matcher import Hit, Matches
from bot.safety.rule_files import CompiledRule, RuleBook
from bot.safety.scope import Scope

#: How many words the end of a sentence counts for when the distance of two concepts is measured.
SENTENCE_COST = 3
_AWAY = 6  # words to either side in which a concept keeps a rule from firing


class Judge:
    """Decides rule by rule for one message, or one part of it.

    Args:
        told: concepts that the rest of the message, or an earlier one, has told of; they count for
            ``Rule.anywhere``.
    """

    def __init__(self, book: RuleBook, matches: Matches, told: frozenset[str] = frozenset()) -> None:
        self.book = book
        self.matches = matches
        self.told = told
        self._masks: dict[str, list[bool]] = {}
        self._scopes: dict[str, Scope] = {}
        self.places = self._measure(matches.words)

    def scope(self, flag: str) -> Scope:
        """What is denied, past or imagined as a flag sees it; worked out when it is first asked for."""
        if flag not in self._scopes:
            self._scopes[flag] = Scope(self.matches, self.book.signs[flag])
        return self._scopes[flag]

    def _masked(self, flag: str) -> list[bool]:
        """Which words belong to a saying that means something else."""
        if flag not in self._masks:
            marks = [False] * len(self.matches.words)
            for start, end in self.matches.of(f"mask_{flag}"):
                marks[start:end] = [True] * (end - start)
            self._masks[flag] = marks
        return self._masks[flag]

    @staticmethod
    def _measure(words: Tokens) -> list[int]:
        places, place = [], 0
        for pause in words.breaks:
            place += 1 + (SENTENCE_COST if pause == SENTENCE else 0)
            places.append(place)
        return places

    def fires(self, rule: CompiledRule) -> bool:
        """Whether the concepts of a rule stand beside each other, none of them denied."""
        if not all(any(self.matches.of(name) for name in group) for group in rule.all):
            return False
        if not all(self.told.intersection(group) or self._present(group, rule) for group in rule.anywhere):
            return False
        live = [self._live(group, rule) for group in rule.all]
        if not all(live):
            return False
        away = [hit for name in rule.rule.unless for hit in self.matches.of(name)]
        return any(self._beside(anchor, live, rule, away) for anchor in live[0])

    def only_asks(self, rule: CompiledRule) -> bool:
        """Whether a rule is too weak for an alarm: always, or because what it needs was not told."""
        needed = rule.rule.unless_told
        if not needed:
            return rule.rule.asks
        return not self.told.intersection(needed) and not self._present(tuple(needed), rule)

    def tells(self, concept: str, flag: str) -> bool:
        """Whether a concept stands in the message without being long over or part of a tale."""
        scope = self.scope(flag)
        return any(not scope.past[start] and not scope.story[start] for start, _ in self.matches.of(concept))

    def _present(self, group: tuple[str, ...], rule: CompiledRule) -> bool:
        """Whether one of the concepts stands somewhere in the message without being long over."""
        return any(self.tells(name, rule.flag) for name in group)

    def _live(self, group: tuple[str, ...], rule: CompiledRule) -> list[Hit]:
        even = tuple(rule.rule.even)
        masked, scope = self._masked(rule.flag), self.scope(rule.flag)
        return [
            hit
            for name in group
            for hit in self.matches.of(name)
            if ("masked" in even or not any(masked[hit[0] : hit[1]]))
            and not scope.discounts(hit, even, name in self.book.negatable)
        ]

    def _beside(self, anchor: Hit, live: list[list[Hit]], rule: CompiledRule, away: list[Hit]) -> bool:
        chosen = [anchor]
        for hits in live[1:]:
            near = [hit for hit in hits if not rule.rule.order or hit[0] >= chosen[-1][1]]
            if not near:
                return False
            chosen.append(min(near, key=lambda hit: self._apart(anchor, hit)))
        start, end = min(hit[0] for hit in chosen), max(hit[1] for hit in chosen)
        if self._length(start, end) > rule.rule.within + sum(hit[1] - hit[0] for hit in chosen):
            return False
        if end <= self.matches.words.new:
            return False  # nothing of it is new
        return not any(self._near(hit, start, end) for hit in away)

    def _length(self, start: int, end: int) -> int:
        return self.places[end - 1] - self.places[start] + 1

    @staticmethod
    def _apart(one: Hit, two: Hit) -> int:
        return max(one[0], two[0]) - min(one[1], two[1])

    def _near(self, hit: Hit, start: int, end: int) -> bool:
        """Whether a concept that keeps the flag down stands near: same sentence, no "but" between."""
        low, high = max(0, start - _AWAY), min(len(self.places), end + _AWAY)
        if not (low <= hit[0] < high):
            return False
        words = self.matches.words
        first, last = sorted((hit[0], start if hit[0] < start else end - 1))
        return not any(
            words.breaks[at] >= SENTENCE or words.stems[at] == "but" for at in range(first + 1, last + 1)
        )
