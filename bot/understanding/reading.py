"""One message read as a whole and in its parts: the topic asked about, and a second one where there are
two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.language.medicine_names import medicine_names
from bot.language.normalise import bare, spelt_out
from bot.language.spelling import speller
from bot.understanding.clauses import asks, halves, leans, parts, side_by_side
from bot.understanding.intent_model import Guess, IntentModel
from bot.understanding.thresholds import ALSO, ANSWER, HALF, SECOND, SURE, stands

MAX_CHARACTERS = 600
FALLBACK = "nlu_fallback"
#: Intents that are no question: beside a question they are manners, not a second topic.
MANNERS = frozenset(
    {
        "greet",
        "goodbye",
        "thank",
        "affirm",
        "deny",
        "stop",
        "complain",
        "rate_helpful",
        "rate_unhelpful",
        "react",
    }
)
#: Beside a question of one's own these are only manners: "thanks, how do i get tested?" asks about the test.
POLITE = frozenset({"greet", "thank", "rate_helpful", "react"})
#: Topics that a part of a message seems to ask about when it only asks on: "is that why?", "should I worry?".
GENERAL = frozenset(
    {
        "ask_causes",
        "ask_symptoms",
        "ask_sources",
        "ask_when_to_seek_care",
        "ask_repeat",
        "ask_more",
        "ask_prevalence",
    }
    | {"ask_lifestyle", "ask_cure", "check_symptoms", "ask_what_is_rls"}
)
_LONG_ENOUGH = 5
_WAYS = 3  # of putting the mistyped words of a message right
_CLEARLY = 0.3  # how much surer a less likely one must make us


@dataclass(frozen=True)
class Reading:
    """What a message asks.

    Args:
        ranking: intents with their confidences, the likeliest first; the first one is what the message is
            about.
        also: the second question's intent and confidence, when the message holds two.
        rest: the intents of further questions, in their order.
        score: orders in-scope against out-of-scope messages.
    """

    ranking: list[tuple[str, float]]
    also: tuple[str, float] | None
    score: float
    rest: tuple[str, ...] = ()

    @property
    def intent(self) -> str:
        """The intent that stands: ``nlu_fallback`` below the answer threshold."""
        return self.ranking[0][0] if self.ranking and stands(*self.ranking[0]) else FALLBACK


def prepared(text: str, choice: int = 0) -> str:
    """The text as the model sees it, in training and in use alike; ``choice`` as for ``Speller.correct``."""
    named = medicine_names().spelt_right(text.replace("’", "'").lower()[:MAX_CHARACTERS])
    return bare(speller().correct(spelt_out(named), choice))


def read(model: IntentModel, text: str) -> Reading:
    """Read one message. Takes about ten milliseconds, and as much again for each other way to put a
    mistyped word right."""
    ways = list(dict.fromkeys(prepared(text, choice) for choice in range(_WAYS)))
    best = _read(model, ways[0])
    if best.also:
        return best
    for way in ways[1:]:
        other = _read(model, way)
        if other.ranking[0][1] > best.ranking[0][1] + _CLEARLY:
            best = other
    return best


def read_after(model: IntentModel, subject: str, text: str) -> tuple[str, float]:
    """The likeliest intent of a message when it is read after the name of what was spoken of last ("iron pills: they
    upset my stomach"), and its confidence."""
    whole, *_ = model.guess_with_parts(prepared(f"{subject}: {text}"), [])
    return whole.ranking[0]


def _read(model: IntentModel, text: str) -> Reading:
    pieces, named = parts(text), halves(text)
    whole, *rest = model.guess_with_parts(text, [*pieces, *named])
    asked = list(zip(pieces, rest, strict=False))
    reading = combine(text, whole, asked)
    name = reading.ranking[0][0]
    if reading.also:
        known = {name, reading.also[0]}
        more = [other for other, _ in _questions(asked) if other not in known and not _declines(other)]
        reading = replace(reading, rest=tuple(more))
    return (
        reading if reading.also or not named or _declines(name) or name in MANNERS else beside(reading, rest)
    )


def beside(reading: Reading, named: Sequence[Guess]) -> Reading:
    """``reading`` with the other of two topics that the message names side by side, if both stand out."""
    found = {guess.ranking[0][0]: guess.ranking[0][1] for guess in named if guess.ranking[0][1] >= HALF}
    other = {
        n: c
        for n, c in found.items()
        if n != reading.ranking[0][0] and n not in MANNERS | GENERAL and not _declines(n)
    }
    if reading.ranking[0][0] not in found or not other:
        return reading
    return replace(reading, also=max(other.items(), key=lambda pair: pair[1]))


def combine(text: str, whole: Guess, pieces: Sequence[tuple[str, Guess]]) -> Reading:
    """Weigh the whole message against its parts; at most two topics come out.

    The whole message decides what it is about. A part adds a second topic, and comes first only when it was
    asked first without doubt; it replaces the whole's only where that is unsure.
    """
    top, runner_up = whole.ranking[0], whole.ranking[1] if len(whole.ranking) > 1 else None
    found = _questions(pieces)
    names = [name for name, _ in found]
    ranking = list(whole.ranking)
    if top[0] in names:  # a part says it more surely than the message round it
        ranking[0] = (top[0], max(top[1], dict(found)[top[0]]))
    if _declines(top[0]) and (found or top[1] >= SURE):
        return _unless_in_scope(whole, pieces)
    if found and top[0] in POLITE and not _declines(names[0]):
        return Reading(_led_by(found[0], ranking), found[1] if len(found) > 1 else None, whole.score)
    if len(found) > 1:
        if top[0] not in names and top[1] < SURE:
            return Reading(_led_by(found[0], ranking), found[1], whole.score)
        other = max((pair for pair in found if pair[0] != top[0]), key=lambda pair: pair[1])
        if top[0] in names and names.index(other[0]) < names.index(top[0]) and other[1] >= SURE:
            return Reading(_led_by(other, ranking), top, whole.score)
        return Reading(ranking, other, whole.score)
    if found and names[0] != top[0] and top[0] not in MANNERS and top[1] < ANSWER:
        return Reading(_led_by(found[0], ranking), None, whole.score)
    if (
        runner_up is not None
        and whole.second >= SECOND
        and top[1] >= ANSWER
        and not any(name in MANNERS or _declines(name) for name in (top[0], runner_up[0]))
        and len(text.split()) >= _LONG_ENOUGH
        and side_by_side(text)
    ):
        return Reading(ranking, runner_up, whole.score)
    return Reading(ranking, None, whole.score)


def _unless_in_scope(whole: Guess, pieces: Sequence[tuple[str, Guess]]) -> Reading:
    """Out of scope as a whole, unless a part of it surely asks about a topic of ours: then that is what is
    answered.

    "Any tips?" is about what stands before it, so it brings nothing into scope; where every part asks on like
    that ("what causes it and can it be cured"), the subject is ours as it is in any first question.
    """
    least = SURE if whole.ranking[0][1] >= SURE else ALSO
    own = [pair for pair in pieces if not (pair[1].ranking[0][0] in GENERAL and leans(pair[0]))] or pieces
    inside = [pair for pair in _questions(own) if not _declines(pair[0]) and pair[1] >= least]
    if not inside:
        return Reading(list(whole.ranking), None, whole.score)
    return Reading(_led_by(inside[0], whole.ranking), inside[1] if len(inside) > 1 else None, whole.score)


def _questions(pieces: Sequence[tuple[str, Guess]]) -> list[tuple[str, float]]:
    """The distinct topics that parts surely ask about, in their order."""
    sure = [
        (part, guess.ranking[0])
        for part, guess in pieces
        if guess.ranking[0][1] >= ALSO and guess.ranking[0][0] not in MANNERS
    ]
    in_scope = [pair for pair in sure if not _declines(pair[1][0])]
    sure = in_scope or sure
    kept: list[tuple[str, tuple[str, float]]] = []
    for part, top in sure:
        # "Is that why?" after a topic of its own asks about that topic.
        if not (top[0] in GENERAL and leans(part) and any(earlier[0] not in GENERAL for _, earlier in kept)):
            kept.append((part, top))
    sure = kept
    asked = [pair for pair in sure if asks(pair[0])]
    if len({top[0] for _, top in asked}) > 1:
        sure = asked  # the rest only tells the story
    found: dict[str, float] = {}
    for _, (name, confidence) in sure:
        found.setdefault(name, confidence)
    return list(found.items())


def _led_by(first: tuple[str, float], ranking: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """``ranking`` with ``first`` at its head."""
    return [first, *((name, min(confidence, first[1])) for name, confidence in ranking if name != first[0])]


def _declines(name: str) -> bool:
    return name.startswith("out_of_scope")
