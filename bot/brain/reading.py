"""One message read as a whole and in its parts: the topic asked about, and a second one where there are two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.brain.bands import ALSO, ANSWER
from bot.brain.intents import Guess, IntentModel
from bot.brain.questions import parts
from bot.brain.wording import bare
from bot.spelling import speller

MAX_CHARACTERS = 600
FALLBACK = "nlu_fallback"
#: Intents that are no question: beside a question they are manners, not a second topic.
MANNERS = frozenset({"greet", "goodbye", "thank", "affirm", "deny", "stop", "complain", "rate_helpful", "rate_unhelpful"})


@dataclass(frozen=True)
class Reading:
    """What a message asks.

    Args:
        ranking: intents with their confidences, the likeliest first; the first one is what the message is about.
        also: the second question's intent and confidence, when the message holds two.
        score: orders in-scope against out-of-scope messages.
    """

    ranking: list[tuple[str, float]]
    also: tuple[str, float] | None
    score: float

    @property
    def intent(self) -> str:
        """The intent that stands: ``nlu_fallback`` below the answer threshold."""
        return self.ranking[0][0] if self.ranking and self.ranking[0][1] >= ANSWER else FALLBACK


def prepared(text: str) -> str:
    """The text as the model sees it, in training and in use alike."""
    return bare(speller().correct(text.replace("’", "'").lower()[:MAX_CHARACTERS]))


def read(model: IntentModel, text: str) -> Reading:
    """Read one message. Takes a few milliseconds for each part of it, four parts at most."""
    pieces = parts(text)
    whole, *rest = model.guess([prepared(piece) for piece in [text, *pieces]])
    return combine(whole, rest)


def combine(whole: Guess, rest: Sequence[Guess]) -> Reading:
    """Weigh the whole message against its parts; at most two topics come out, in the order they were asked in."""
    alone = Reading(whole.ranking, None, whole.score)
    sure = [guess for guess in rest if guess.ranking[0][0] not in MANNERS and guess.ranking[0][1] >= ALSO]
    if not sure:
        return alone
    first = sure[0]
    second = next((guess for guess in sure[1:] if guess.ranking[0][0] != first.ranking[0][0]), None)
    if second is not None:
        return Reading(first.ranking, second.ranking[0], first.score)
    if whole.ranking[0][1] < ANSWER <= first.ranking[0][1]:
        return Reading(first.ranking, None, first.score)
    return alone
