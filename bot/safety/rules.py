"""The written rules: which red flags a message raises. They need no other process and no trained model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from spacy.lang.en.stop_words import STOP_WORDS

from bot.language.spelling import OPTIONS, speller
from bot.language.stemming import normal_form
from bot.language.tokens import Tokens, folded, tokenize
from bot.safety.finding import Finding
from bot.safety.flags import TIERS
from bot.safety.judge import Judge
from bot.safety.matcher import Matcher, Matches
from bot.safety.rule_files import RuleBook, load
from bot.safety.scope import tenses

#: How many earlier messages are read together with a new one, and how many characters of each.
EARLIER, EARLIER_CHARS = 3, 600
#: A message with fewer words than this (without "the" and the like) needs a sign of the flag in it.
_ENOUGH, _WORDS = 3, 6
#: How many rules a finding names, those of the most urgent flags; more would not fit into the alert's column.
_NAMED = 4
#: How many texts are remembered with what was found in them: the rules and the classifier both ask for it.
_READ = 256
#: The concepts that hold the words of suicide and self-harm.
_SELF_HARM_WORDS = ("self_harm_noun", "self_harm_act", "dying_named", "lethal_ask", "overdose_ask")
#: How many characters of a message are read for what it tells of.
_TOLD_CHARS = 2000


#: How the phrases write a number of pills that is far too many, and from where to where a number is one.
PLENTY = normal_form("overmany")
_MANY, _NOT_A_COUNT = 7, 100
_NUMBERS = dict(zip(
    ["seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"], range(7, 20),
    strict=True,
)) | dict(zip(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], range(20, 100, 10), strict=True)) | {"dozen": 12, "dozens": 24}  # fmt: skip
_BEFORE_A_TIME = frozenset(["at", "by", "since", "until", "till", "before", "after", "past", "aged", "age"])
_UNITS = frozenset([
    "mg", "mgs", "mcg", "ml", "mls", "gram", "grams", "milligram", "milligrams", "am", "pm", "hour", "hours", "day",
    "days", "week", "weeks", "month", "months", "year", "years", "minute", "minutes", "mins", "night", "nights",
    "times", "percent", "lb", "lbs", "pounds", "kg", "oclock", "o'clock", "yo", "hrs", "hr", "dollars",
])  # fmt: skip


@dataclass(frozen=True)
class _Seen:
    """What was found in a text; the other fields are those of ``Raised``."""

    matches: Matches
    raised: dict[str, bool]
    other: bool
    language: str
    by: dict[str, str]
    weak: frozenset[str]


class Raised(NamedTuple):
    """What the rules raised.

    Args:
        flags: each with whether its worse form holds.
        other: whether it is about somebody else.
        language: the language of the message, if not English.
        by: for each flag, the file and the place in it of the rule that raised it.
        weak: the flags that only rules raised which are too weak for an alarm (``Rule.asks``).
    """

    flags: dict[str, bool]
    other: bool
    language: str
    by: dict[str, str]
    weak: frozenset[str] = frozenset()


def _plenty(words: Tokens) -> list[str]:
    """The stems with ``overmany`` for every number that is a great many pills: not a time, a year or
    milligrams."""
    made = list(words.stems)
    for at, word in enumerate(words.raw):
        after = words.raw[at + 1] if at + 1 < len(words.raw) else ""
        count = int(word) if word.isdigit() else _NUMBERS.get(word, 0)
        timed = at > 0 and words.raw[at - 1] in _BEFORE_A_TIME
        if _MANY <= count < _NOT_A_COUNT and after not in _UNITS and not timed:
            made[at] = PLENTY
    return made


class RedFlagRules:
    """The red flags."""

    def __init__(self, book: RuleBook) -> None:
        self.book = book
        self.matcher = Matcher(book)
        self.speller = speller()
        order = {name: number for number, name in enumerate(book.flags)}
        self._read = lru_cache(_READ)(lambda text, told=frozenset(): self._seen(self._split(text), told))
        self._tellable = sorted({(name, rule.flag) for rule in book.rules for name in rule.tellable})
        self.order = sorted(book.flags, key=lambda name: (TIERS.index(book.flags[name].tier), order[name]))

    @staticmethod
    @cache
    def load() -> RedFlagRules:
        """The rules of this installation, compiled once."""
        return RedFlagRules(load())

    def check(self, text: str, earlier: Sequence[str] = ()) -> Finding | None:
        """Red flags in a message, by the rules alone; arguments as for ``raised``."""
        raised = self.raised(text, earlier)
        if not raised.flags:
            return None
        return self.finding(raised.flags, other=raised.other, language=raised.language, by=raised.by)

    def told(self, texts: Iterable[str]) -> frozenset[str]:
        """What counts wherever it is said (``Rule.anywhere``: a medicine, a pregnancy) in any of the
        texts."""
        found: set[str] = set()
        for text in texts:
            found |= self._tells(folded(text[:_TOLD_CHARS]))
        return frozenset(found)

    def raised(self, text: str, earlier: Sequence[str] = (), told: frozenset[str] = frozenset()) -> Raised:
        """The flags in a message and what goes with them.

        Args:
            text: the new message.
            earlier: messages that the same patient sent before, oldest first; a symptom may be spread over
                the last three. What they already say without the new one is not raised again.
            told: see ``told``.
        """
        seen = self._read(folded(text), told)
        raised, other, language, by = dict(seen.raised), seen.other, seen.language, dict(seen.by)
        weak = set(seen.weak)
        before = [message[-EARLIER_CHARS:] for message in earlier[-EARLIER:]]
        if before:
            old = self._split(before[0])
            for message in before[1:]:
                old = old.join(self._split(message))
            # A symptom that is split over messages stands where they meet, so the beginning of the new one is
            # enough.
            together = self._seen(old.join(self._split(text[:EARLIER_CHARS])), told)
            other = other or together.other
            fresh = {
                name: worse
                for name, worse in together.raised.items()
                if name not in raised or (worse and not raised[name])
            }
            known = self._seen(old, told).raised if fresh else {}
            for name, worse in fresh.items():
                if name not in known or (worse and not known[name]):
                    raised[name] = raised.get(name, False) or worse
                    by[name] = together.by[name]
                    weak = (weak - {name}) | (together.weak & {name})
                    language = language or together.language
        return Raised(raised, other, language, by, frozenset(weak))

    def finding(
        self,
        raised: dict[str, bool],
        *,
        other: bool = False,
        first: str = "",
        language: str = "",
        by: Mapping[str, str] | None = None,
    ) -> Finding:
        """What to say to flags. The reply is that of the most urgent one.

        Args:
            raised: the flags, each with whether its worse form holds; at least one.
            other: whether the message is about somebody else.
            first: the flag that speaks among equally urgent ones.
            language: the language of the message, if not English; the reply then begins with a line in it.
            by: which rule raised a flag.
        """
        tier = {name: "emergency" if worse else self.book.flags[name].tier for name, worse in raised.items()}
        names = sorted(
            raised,
            key=lambda name: (
                TIERS.index(tier[name]),
                name != first,
                name == "R7",  # its number is said beside any other emergency
                not raised[name],
                self.order.index(name),
            ),
        )
        leading = self.book.flags[names[0]]
        now = (
            leading.worse
            if raised[names[0]] and leading.worse
            else leading.other
            if other and leading.other
            else leading.now
        )
        reply = [*self._spoken(language, names, tier[names[0]]), now]
        if "R7" in names[1:]:
            crisis = self.book.flags["R7"]
            reply.append(crisis.worse if raised["R7"] else crisis.now)
        if names[0] == "R7" and len(names) > 1:
            # What the body is in danger of is said under the crisis line: "I'll stop all my tablets tonight".
            beside = self.book.flags[names[1]]
            reply.append(beside.worse if raised[names[1]] and beside.worse else beside.now)
        if leading.rest:
            reply.append(leading.rest)
        rules = [by[name] for name in names if name in by][:_NAMED] if by else []
        return Finding(
            tuple(names),
            tier[names[0]],
            "\n\n".join(text.strip() for text in reply),
            raised_by=", ".join(rules),
        )

    def _spoken(self, language: str, names: list[str], tier: str) -> list[str]:
        """The lines in the language of the message: how urgent it is, and the crisis line if R7 is raised."""
        if language not in self.book.languages:
            return []
        said = self.book.languages[language]
        urgent = [] if names[0] == "R7" else [said.now if tier == "emergency" else said.today]
        return urgent + ([said.crisis] if "R7" in names else [])

    def _split(self, text: str) -> Tokens:
        """The words of a text; two words that were typed together ("chestpain") are taken apart."""
        words = tokenize(text)
        for at in range(len(words.raw) - 1, -1, -1):
            two = self.speller.pieces(words.raw[at])
            if two:
                words.raw[at : at + 1] = two
                words.stems[at : at + 1] = [normal_form(word) for word in two]
                words.breaks.insert(at + 1, 0)
        return words

    def _readings(self, words: Tokens) -> list[list[str]]:
        """The words as written, then with each unknown word as its likeliest corrections."""
        heard = self.speller.heard
        options = [
            (heard[word],)
            if word in heard
            else (word,)
            if word in self.book.words
            else self.speller.options(word)
            for word in words.raw
        ]
        readings = [words.stems]
        plenty = _plenty(words)
        if plenty != words.stems:
            readings.append(plenty)
        for number in range(OPTIONS + 2):
            reading = [
                stem if choices[0] == word else normal_form(choices[min(number, len(choices) - 1)])
                for stem, word, choices in zip(words.stems, words.raw, options, strict=True)
            ]
            if reading not in readings:
                readings.append(reading)
        return readings

    def signals(self, text: str) -> list[str]:
        """What the rules see in a text.

        ``fires:R1`` for a flag, the name of every concept, its tense, and for a flag whose signs are named
        whether any of them counts (``live:R1``) or all are denied, past or imagined (``off:R1``).
        """
        seen = self._read(folded(text))
        if not seen.matches.literal:
            return []
        return [
            *(f"fires:{name}" for name in seen.raised),
            *(concept for concept in self.book.phrases if seen.matches.of(concept)),
            *tenses(seen.matches.words),
            *self._standing(seen.matches),
        ]

    def _standing(self, matches: Matches) -> Iterable[str]:
        judge = Judge(self.book, matches)
        for flag, signs in self.book.signs.items():
            hits = [hit for concept in signs for hit in matches.of(concept)]
            if hits:
                scope = judge.scope(flag)
                live = any(not scope.discounts(hit, (), True) for hit in hits)
                yield f"{'live' if live else 'off'}:{flag}"

    def grounded(self, text: str, flag: str, before: str = "") -> bool:
        """Whether a text says enough to raise a flag: "left calf" is an answer to a question, not a symptom.

        Enough is a sign of the flag, or at least six words of which three mean something.

        Args:
            before: what the same patient wrote just before. If it holds a sign of any flag, a few words more
                are enough.
        """
        if not self.book.signs[flag].isdisjoint(self.signals(text)) or not self.book.negatable.isdisjoint(
            self.signals(before)
        ):
            return True
        words = tokenize(text).raw
        return len(words) >= _WORDS and sum(word not in STOP_WORDS for word in words) >= _ENOUGH

    def _tells(self, text: str) -> set[str]:
        matches = self._read(text).matches
        if not matches.literal:
            return set()
        judge = Judge(self.book, matches)
        return {concept for concept, flag in self._tellable if judge.tells(concept, flag)}

    def names_self_harm(self, text: str) -> bool:
        """Whether a text holds a word of suicide or self-harm, whatever it says with it; a film's title is
        none."""
        matches = self._read(folded(text)).matches
        if not matches.literal:
            return False
        scope = Judge(self.book, matches).scope("R7")
        return any(not scope.story[start] for name in _SELF_HARM_WORDS for start, _ in matches.of(name))

    def _seen(self, words: Tokens, told: frozenset[str] = frozenset()) -> _Seen:
        matches = self.matcher.match(words, self._readings(words))
        if not matches.literal:
            return _Seen(matches, {}, False, "", {}, frozenset())
        raised, language, by, weak = self._judged(matches, told)
        return _Seen(matches, raised, bool(raised and matches.of("other_person")), language, by, weak)

    def _judged(
        self, matches: Matches, told: frozenset[str]
    ) -> tuple[dict[str, bool], str, dict[str, str], frozenset[str]]:
        judge = Judge(self.book, matches, told)
        raised: dict[str, bool] = {}
        by: dict[str, str] = {}
        language = ""
        weak: set[str] = set()
        for ruled in self.book.rules:
            known = ruled.flag in raised and ruled.flag not in weak
            if known and (raised[ruled.flag] or not ruled.rule.worse):
                continue
            if not judge.fires(ruled):
                continue
            asks = judge.only_asks(ruled)
            if asks and ruled.flag in raised:
                continue
            raised[ruled.flag] = raised.get(ruled.flag, False) or ruled.rule.worse
            by[ruled.flag] = ruled.place
            language = language or ruled.language
            weak = weak | {ruled.flag} if asks else weak - {ruled.flag}
        return raised, language, by, frozenset(weak)
