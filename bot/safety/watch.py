"""Both nets over every message: the rules first; where they are silent, what a trained classifier makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from bot.safety.finding import Finding
from bot.safety.guard import RedFlags
from bot.safety.net import MODEL, Net


class Watch:
    """What the front door asks of a message: is there a red flag in it?

    Args:
        rules: sure when they speak.
        net: speaks when the rules are silent. It may be sure, or sure enough only to ask whether it is happening now;
            ``None``, or still loading: the rules alone.
    """

    def __init__(self, rules: RedFlags, net: Net | None) -> None:
        self._rules, self._net = rules, net

    @staticmethod
    @cache
    def load() -> Watch:
        """The nets of this installation; the trained one is read in the background, so that the start does not wait."""
        return Watch(RedFlags.load(), Net.load_later(MODEL))

    def check(self, text: str, earlier: Sequence[str] = ()) -> Finding | None:
        """Red flags in ``text``, seen with up to three ``earlier`` messages of the same patient."""
        found = self._rules.check(text, earlier)
        if found or self._net is None:
            return found
        verdict = self._net.verdict(text)
        if verdict is None:
            return None
        flag, sure = verdict
        return self._rules.finding(flag, ask=sure == "ask")
