"""The verdict on a message: what the rules see in each part of it, weighed against the trained classifier."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

import structlog

from bot.content.answers import answers
from bot.safety.classifier import RedFlagClassifier
from bot.safety.finding import Finding
from bot.safety.rules import Raised, RedFlagRules
from bot.safety.windows import windows

log = structlog.get_logger(__name__)

#: All in log-odds. What is added to the classifier's score: for a rule that fires, for one too weak for an
#: alarm, for a sign of the flag, for signs that are all denied or imagined where no rule fires, for what a
#: story tells as past; for a part that is the whole of a short message, a sentence of a long one, or the
#: whole of a longer one; and, taken away each time the number of parts doubles, because every part is a
#: chance to be wrong. From a logistic regression on every other row of tests/safety and of real posts; the
#: rows between gave the figures that are reported.
BASE, RULE, WEAK, SIGN, DENIED, PAST = -1.7, 1.6, 3.2, 0.6, -1.8, -1.6

#: What a rule adds that fires only on the new message together with those before it. Chosen on whole conversations:
#: from 1.6 to 0.9 the questions in vain halve, and of the 86 emergencies in tests/safety told over several
#: messages none is lost.
JOINED = 0.9
WHOLE, SENTENCE, LONGER_WHOLE, PARTS = 0.8, 0.35, -1.1, 0.5
#: The sum from which a flag is raised at once, and from which the advice is shown with the question whether
#: it is happening now: where tests/safety/frozen.tsv is seen to .98 and the fewest real posts are asked in vain.
FLAG, ASK = 1.2, -0.95
#: Thoughts of self-harm: a rule is never overruled, its alarm becomes a question at most; it is asked about
#: sooner; and a word of it alone is asked about down to the last of these.
SELF_HARM, ASK_SELF_HARM, ASK_WORD = "R7", -1.4, -1.8
#: What ``Finding.raised_by`` calls the trained part.
CLASSIFIER = "classifier"
#: How many scores are remembered, so that ``check`` need not compute again what ``prepare`` did.
_LOOKED = 256
#: A message of at most so many parts is no story.
_FEW = 2
#: How many characters of the message before are looked at together with the new one.
_TOGETHER = 400


@dataclass
class _Look:
    """What was seen in one part of a message.

    Args:
        raised: the flags of the rules, and the classifier's if it stands, each with whether its worse form
            holds.
        flag, score: what the classifier says; ``None`` if it was not asked.
        certainty: the score, and what the rules add to it.
        sees: whether the classifier's flag stands.
        alarms: whether it is sure enough to be raised at once.
    """

    raised: dict[str, bool]
    other: bool = False
    language: str = ""
    by: dict[str, str] = field(default_factory=dict)
    flag: str = ""
    score: float | None = None
    certainty: float = math.inf
    sees: bool = False
    alarms: bool = False


class RedFlagCheck:
    """What the front door asks of a message: is there a red flag in it?

    Args:
        rules: the red flags as written rules.
        classifier: weighs what the rules found against the whole wording. It finds what no rule knows, and it
            lowers a rule's alarm to a question, or drops it, where the wording says otherwise ("my aunt's
            book about strokes"). ``None`` or not loaded: the rules decide alone.
    """

    def __init__(self, rules: RedFlagRules, classifier: RedFlagClassifier | None) -> None:
        self._rules, self._classifier = rules, classifier
        self._look = lru_cache(_LOOKED)(classifier.classify) if classifier else None

    @staticmethod
    @cache
    def load() -> RedFlagCheck:
        """The rules and the classifier of this installation."""
        rules = RedFlagRules.load()
        return RedFlagCheck(rules, RedFlagClassifier(rules).read())

    @property
    def trained(self) -> bool:
        """Whether the trained classifier is there, beside the rules."""
        return self._classifier is not None and self._classifier.loaded

    def prepare(self, text: str) -> None:
        """Do the costly part of ``check``, which needs no database, before a transaction is opened."""
        told = self._rules.told((text,))
        for part in windows(text):
            self._weighed(part, told)

    def check(self, text: str, earlier: Sequence[str] = ()) -> Finding | None:
        """Red flags in a message, or ``None``.

        Args:
            text: the new message.
            earlier: messages that the same patient sent before, oldest first. A symptom may be spread over
                the last three; a medicine or a pregnancy counts however long ago it was told.
        """
        parts = windows(text)
        told = self._rules.told((*earlier, text))
        whole = [part == text for part in parts]
        looks = [
            self._seen(part, earlier if alone else (), told, _place(at, whole))
            for at, (part, alone) in enumerate(zip(parts, whole, strict=True))
        ]
        return self._finding([look for look in looks if look.raised])

    def crisis_line(self, text: str) -> str:
        """The line with the crisis number if a text holds a word of suicide or self-harm, else nothing.

        It stands under the ordinary reply to a message in which ``check`` found nothing; placeholders as in
        ``Finding.reply``.
        """
        return answers()["flag_r7_line"].text if self._rules.names_self_harm(text) else ""

    def _seen(self, text: str, earlier: Sequence[str], told: frozenset[str], place: _Place) -> _Look:
        """What the rules and the classifier say to one part, the flags that do not stand left out."""
        ruled = self._rules.raised(text, earlier, told)
        weighed = None if ruled.language else self._weighed(text, told)  # the classifier knows English only
        look = _Look(dict(ruled.flags), ruled.other, ruled.language, ruled.by)
        strong = look.raised.keys() - ruled.weak
        joined = bool(ruled.flags and earlier) and not self._rules.raised(text, (), told).flags
        if weighed is None:
            look.certainty, look.alarms = (math.inf, True) if strong else (ASK, False)
            return look
        before = earlier[-1][-_TOGETHER:] if earlier else ""
        if ruled.flags and weighed[1] < 0 and before:
            # What a rule saw may be spread over two messages; then the new one alone says little.
            together = self._weighed(text, told, before=before) or weighed
            weighed = max(weighed, together, key=lambda seen: seen[1])
        look.flag, look.score = weighed
        return self._judged(look, ruled, text, before, place, JOINED if joined else RULE)

    def _judged(
        self, look: _Look, ruled: Raised, text: str, before: str, place: _Place, rule: float
    ) -> _Look:
        assert look.score is not None
        strong = ruled.flags.keys() - ruled.weak
        signals = set(self._rules.signals(text)) if ruled.flags or look.score > -1 else set()
        past = "tense:past" in signals and signals.isdisjoint(("tense:now", "cue_present"))
        sign = not signals.isdisjoint((f"live:{look.flag}", f"off:{look.flag}"))
        denied = not ruled.flags and f"off:{look.flag}" in signals
        look.certainty = BASE + look.score + place.adds + SIGN * sign + DENIED * denied
        look.certainty += PAST * (past and place.many)
        least = ASK_SELF_HARM if look.flag == SELF_HARM else ASK
        look.sees = look.certainty >= least
        look.certainty += rule if strong else min(WEAK, rule + WEAK - RULE) if ruled.flags else 0.0
        if look.sees and (
            ruled.flags or look.flag == SELF_HARM or self._rules.grounded(text, look.flag, before)
        ):
            look.raised.setdefault(look.flag, False)
        if look.certainty < least:
            stays = (SELF_HARM in strong and rule == RULE) or (
                SELF_HARM in ruled.flags and look.certainty >= ASK_WORD
            )
            look.raised = {SELF_HARM: ruled.flags[SELF_HARM]} if stays else {}
        look.alarms = look.certainty >= FLAG and not (past and place.story)  # past: at most asked about
        return look

    def _finding(self, looks: list[_Look]) -> Finding | None:
        """One finding of what stands in the parts: the alarms, or else the likeliest question."""
        if not looks:
            return None
        alarms = [look for look in looks if look.alarms]
        best = max(looks, key=lambda look: look.certainty)
        kept = alarms or [best]
        raised: dict[str, bool] = {}
        by: dict[str, str] = {}
        for look in kept:
            for name, worse in look.raised.items():
                raised[name] = raised.get(name, False) or worse
            by |= look.by
        # Where the rules saw other flags than the classifier, the rules choose the reply.
        chooses = best.sees and (best.flag in best.by or not best.by)
        found = self._rules.finding(
            raised,
            other=any(look.other for look in kept),
            first=best.flag if chooses else "",
            language=next((look.language for look in kept if look.language), ""),
            by=by,
        )
        named = [found.raised_by] if found.raised_by else []
        score = best.score if best.score is not None and math.isfinite(best.score) else None
        return Finding(
            found.flags,
            found.tier,
            found.reply,
            ask=not alarms,
            raised_by=", ".join([*named, CLASSIFIER] if any(look.sees for look in kept) else named),
            score=score,
        )

    def _weighed(self, text: str, told: frozenset[str], **more: str) -> tuple[str, float] | None:
        """The likeliest flag and its score, minus infinity for none; ``None`` if no classifier works."""
        if self._look is None or not self.trained:
            return None
        try:
            return self._look(text, told=told, **more) or ("", -math.inf)
        except Exception as error:  # the rules must go on, whatever the classifier does
            log.error("red_flag_classifier_failed", error=type(error).__name__)
            return None


@dataclass(frozen=True)
class _Place:
    """Where a part stands: what its place adds to the certainty, whether it is one of many, and part of a
    story."""

    adds: float
    many: bool
    story: bool


def _place(at: int, whole: Sequence[bool]) -> _Place:
    """The place of a part; ``whole`` tells of each part whether it is the whole message."""
    short = whole[0]
    parts = len(whole) - (whole[-1] and not short)
    if parts <= _FEW:
        return _Place(WHOLE if parts == 1 else 0.0, False, False)
    adds = LONGER_WHOLE if at == parts else SENTENCE if at < (parts + 1) // 2 else 0.0
    return _Place(adds - PARTS * math.log2(parts), True, not short)
