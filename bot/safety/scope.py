"""For each word of a message: is it denied, past, imagined, asked about in general, or a story?

A "not" is not always a denial: "can't", "no feeling" and "not stop" are symptoms. So words inside a sign deny
nothing.
"""

from __future__ import annotations

from bot.language.tokens import COMMA, MESSAGE, SENTENCE, Tokens
from bot.safety.matcher import DENIALS, Hit, Matches

#: How many words a denial reaches; a list ("no pain, swelling or fever") makes it go on.
REACH = 6
#: Words with which somebody begins to speak of a person or a thing.
SUBJECTS = frozenset([
    "i", "my", "he", "his", "she", "her", "it", "they", "their", "we", "our", "you", "your", "this", "that",
    "there", "left", "right",
])  # fmt: skip
#: Words that end what a denial reaches.
ENDS = frozenset([
    "but", "though", "although", "however", "except", "just", "only", "because", "since", "still", "until",
    "yet", "instead", "whereas", "unless", "while", "now", "today", "tonight",
])  # fmt: skip
#: After one of these a subject belongs to what was said before: "in my chest".
LEADING = frozenset([
    "in", "on", "of", "with", "to", "from", "around", "at", "for", "under", "behind", "up", "and", "or",
    "by", "through", "that", "than", "when", "while", "as", "if",
])  # fmt: skip
#: Words that deny what stands before them if they stand alone: "chest pain: no".
ANSWERS = frozenset(["no", "none", "nope", "never", "nil", "negative", "nah", "not"])
#: Words of a clause that is told in the past.
PAST = frozenset(["was", "were", "had", "did", "been"])
#: Words of a clause that is about now.
PRESENT = frozenset([
    "am", "is", "are", "cannot", "do", "does", "has", "hav", "will", "now", "anyway", "anyhow",
])  # fmt: skip
#: Words that continue a list.
LISTS = frozenset(["or", "nor", "and"])


#: Words that speak of the past or of now in any clause; a verb in "-ed" speaks of the past as well.
_TOLD = PAST | frozenset([
    "went", "took", "felt", "got", "woke", "fell", "came", "said", "told", "thought", "gave", "made", "left", "lost",
    "kept", "began", "ran", "could", "put", "saw", "threw", "drank", "ate", "slept", "stood", "sat", "broke",
])  # fmt: skip
_OF_NOW = PRESENT | frozenset(["have", "today", "tonight", "just", "can", "still", "currently", "right now"])


def tenses(words: Tokens) -> list[str]:
    """Whether a text speaks of the past, of now, or of both: ``tense:past``, ``tense:now``."""
    raw = set(words.raw)
    past = bool(raw & _TOLD) or any(len(word) > 4 and word.endswith("ed") for word in raw)
    return ["tense:past"] * past + ["tense:now"] * bool(raw & _OF_NOW)


class Scope:
    """For every context, whether a word stands in it, as one flag sees it.

    Args:
        matches: what was found in the message.
        signs: the names of the flag's own signs. A denial inside one of them ("no feeling") denies nothing
            for this flag.
    """

    def __init__(self, matches: Matches, signs: frozenset[str]) -> None:
        self.words: Tokens = matches.words
        self.matches = matches
        size = len(self.words)
        self.inside = [False] * size
        for concept in signs:
            for start, end in matches.of(concept):
                self.inside[start:end] = [True] * (end - start)
        self.clauses = self._clauses()
        self.negated = [False] * size
        self.past = [False] * size
        self.hypothetical = [False] * size
        self.question = [False] * size
        self.story = [False] * size
        self.own = self._starts("personal")
        self._deny()
        self._date()
        self._imagine()
        self._ask()
        for start, _ in self._cue("story"):
            self._mark_sentence(self.story, start)

    def discounts(self, hit: Hit, even: tuple[str, ...], sign: bool) -> bool:
        """Whether a hit does not count, the contexts in ``even`` left aside."""
        at = hit[0]
        if self.story[at] and "story" not in even:
            return True
        if not sign:
            return False
        if "past" not in even and self.past[at] and self.past[hit[1] - 1]:
            return True
        return any(
            getattr(self, name)[at] for name in ("negated", "hypothetical", "question") if name not in even
        )

    def _cue(self, name: str) -> list[Hit]:
        return self.matches.of(f"cue_{name}")

    def _starts(self, name: str) -> set[int]:
        return {start for start, _ in self._cue(name)}

    def _covered(self, name: str) -> list[bool]:
        marks = [False] * len(self.words)
        for start, end in self._cue(name):
            marks[start:end] = [True] * (end - start)
        return marks

    def _new_clause(self, at: int) -> bool:
        """Whether a word opens a clause of its own."""
        words, breaks = self.words.stems, self.words.breaks
        if breaks[at] >= SENTENCE or words[at] in ENDS:
            return True
        if breaks[at] == COMMA and words[at] in SUBJECTS:
            return True
        return at > 0 and words[at - 1] in ("and", "so", "then") and words[at] in SUBJECTS

    def _new_subject(self, at: int) -> bool:
        """Whether somebody starts to speak of something else without any sign: "no sleep my chest hurts"."""
        word, before = self.words.stems[at], self.words.stems[at - 1]
        return word in ("i", "he", "she", "they", "my", "his", "her") and before not in LEADING

    def _clauses(self) -> list[int]:
        number, numbers = 0, []
        for at in range(len(self.words)):
            number += self._new_clause(at) or self.words.breaks[at] == COMMA
            numbers.append(number)
        return numbers

    def _sentence(self, at: int) -> range:
        breaks = self.words.breaks
        start = at
        while start > 0 and breaks[start] < SENTENCE:
            start -= 1
        end = at + 1
        while end < len(breaks) and breaks[end] < SENTENCE:
            end += 1
        return range(start, end)

    def _mark_sentence(self, marks: list[bool], at: int) -> None:
        for spot in self._sentence(at):
            marks[spot] = True

    def _deny(self) -> None:
        pseudo = self._covered("not_negation")
        for start, end in self._cue("negation"):
            if pseudo[start] or self.inside[start]:
                continue
            reach = REACH
            for at in range(end, len(self.words)):
                if self._new_clause(at) or reach == 0 or (at - end >= 2 and self._new_subject(at)):
                    break
                listed = self.words.breaks[at] == COMMA or self.words.stems[at] in LISTS
                reach = REACH if listed else reach - 1
                self.negated[at] = True
        for start, _ in self._cue("negation_after"):
            for at in range(start - 1, max(start - 8, -1), -1):
                self.negated[at] = True
                if self.words.breaks[at]:
                    break
        self._answer()

    def _answer(self) -> None:
        """ "Chest pain: no" and "swelling? none" deny what stands before them."""
        stems, breaks = self.words.stems, self.words.breaks
        for at in range(1, len(stems)):
            alone = breaks[at] and (at + 1 == len(stems) or breaks[at + 1])
            if not alone or stems[at] not in ANSWERS:
                continue
            for spot in range(at - 1, max(at - 10, -1), -1):
                self.negated[spot] = True
                if breaks[spot]:
                    break

    def _date(self) -> None:
        if any(start == 0 or self.words.stems[start - 1] not in DENIALS for start, _ in self._cue("recur")):
            return
        present = {self.clauses[start] for start, _ in self._cue("present")}
        for start, _ in self._cue("past"):
            denied = start > 0 and self.words.stems[start - 1] in DENIALS  # "never used to"
            if denied or self.clauses[start] in present:
                continue
            sentence = self._sentence(start)
            self._mark_past(range(start, sentence.start - 1, -1), present)
            self._mark_past(range(start, sentence.stop), present)
        for start, _ in self._cue("resolved"):
            sentence = self._sentence(start)
            first = (
                self._sentence(sentence.start - 1).start
                if sentence.start and self.words.breaks[sentence.start] != MESSAGE
                else sentence.start
            )
            self._mark_past(range(start, first - 1, -1), present - {self.clauses[start]})

    def _mark_past(self, spots: range, present: set[int]) -> None:
        """Carry "years ago" from its own clause over to its neighbours, as long as they may belong to it."""
        contrast = self._starts("contrast")
        for at in spots:
            if self.clauses[at] in present or (
                self.clauses[at] != self.clauses[spots[0]] and not self._may_be_past(self.clauses[at])
            ):
                return
            self.past[at] = True
            if at in contrast and spots.step < 0:
                return
            if spots.step > 0 and at + 1 < len(self.words) and at + 1 in contrast:
                return

    def _may_be_past(self, clause: int) -> bool:
        """A clause told in the past, or a short one without a subject ("chest pain, coughing")."""
        words = [
            stem for stem, number in zip(self.words.stems, self.clauses, strict=True) if number == clause
        ]
        if PRESENT.intersection(words):
            return False
        return bool(PAST.intersection(words)) or (len(words) <= 4 and words[0] not in SUBJECTS)

    def _imagine(self) -> None:
        pseudo = self._covered("not_hypothetical")
        for start, end in self._cue("hypothetical"):
            if pseudo[start] or self.inside[start]:
                continue
            for at in range(start, self._sentence(start).stop):
                if at > end and (
                    self.words.stems[at] in ("but", "because", "now", "already") or self._personal(at)
                ):
                    break
                self.hypothetical[at] = True

    def _ask(self) -> None:
        for start, end in self._cue("question"):
            if self.inside[start]:
                continue
            for at in range(start, self._sentence(start).stop):
                if at >= end and (self.words.stems[at] in ("because", "but") or self._personal(at)):
                    break
                self.question[at] = True

    def _personal(self, at: int) -> bool:
        """Whether somebody's own state begins here: "I have", "my leg is"."""
        return at in self.own
