"""The verdict on a message: what the rules see in it, weighed against the trained classifier."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, lru_cache

import structlog

from bot.safety.classifier import RedFlagClassifier
from bot.safety.finding import Finding
from bot.safety.rules import RedFlagRules

log = structlog.get_logger(__name__)

#: All in log-odds: what it adds to the classifier's score that a rule has fired; the sum from which a flag is
#: raised at once; and the sum from which the advice is shown with the question whether it is happening now.
RULE, FLAG, ASK = 1.5, 1.5, -0.25
#: Thoughts of self-harm: a rule is never overruled, its alarm becomes a question at most; and it is asked
#: about sooner.
SELF_HARM, ASK_SELF_HARM = "R7", -0.4
#: What ``Finding.raised_by`` calls the trained part.
CLASSIFIER = "classifier"
#: How many scores are remembered, so that ``check`` need not compute again what ``prepare`` did.
_LOOKED = 64
#: How many characters of the message before are looked at together with the new one.
_TOGETHER = 400


class RedFlagCheck:
    """What the front door asks of a message: is there a red flag in it?

    Args:
        rules: the fourteen red flags as written rules.
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
        self._weighed(text)

    def check(self, text: str, earlier: Sequence[str] = ()) -> Finding | None:
        """Red flags in a message, or ``None``.

        Args:
            text: the new message.
            earlier: up to three messages that the same patient sent shortly before, oldest first.
        """
        raised, other, language, by = self._rules.raised(text, earlier)
        weighed = None if language else self._weighed(text)  # the classifier knows English only
        if weighed is None:
            return self._rules.finding(raised, other=other, language=language, by=by) if raised else None
        flag, score = weighed
        seen_by_rules, before = frozenset(raised), earlier[-1][-_TOGETHER:] if earlier else ""
        if raised and score + RULE < FLAG and earlier:
            # What a rule saw may be spread over two messages; then the new one alone says little.
            together = self._weighed(text, before=before) or weighed
            flag, score = max(weighed, together, key=lambda seen: seen[1])
        certainty, least = score + (RULE if raised else 0.0), ASK_SELF_HARM if flag == SELF_HARM else ASK
        if score >= least and (raised or flag == SELF_HARM or self._rules.grounded(text, flag, before)):
            raised.setdefault(flag, False)
        if certainty < least:
            raised = {name: worse for name, worse in raised.items() if name == SELF_HARM}
        if not raised:
            return None
        # Where the rules saw other flags than the classifier, the rules choose the reply.
        first = flag if score >= least and (flag in seen_by_rules or not seen_by_rules) else ""
        found = self._rules.finding(raised, other=other, first=first, by=by)
        named = [found.raised_by] if found.raised_by else []
        return replace(
            found,
            ask=certainty < FLAG,
            raised_by=", ".join([*named, CLASSIFIER] if score >= least else named),
            score=score if math.isfinite(score) else None,
        )

    def _weighed(self, text: str, **more: str) -> tuple[str, float] | None:
        """The likeliest flag and its score, minus infinity for none; ``None`` if no classifier works."""
        if self._look is None or not self.trained:
            return None
        try:
            return self._look(text, **more) or ("", -math.inf)
        except Exception as error:  # the rules must go on, whatever the classifier does
            log.error("red_flag_classifier_failed", error=type(error).__name__)
            return None
