"""Yes, no and "not sure" in a patient's words: what both forms read with. Pure functions."""

from __future__ import annotations

import re

from actions.turn import Turn

UNSURE = re.compile(
    r"not (?:really )?sure|unsure|don'?t know|dunno|no idea|maybe|sometimes|hard to say|depends|kind of|kinda|sort of|a bit",
    re.IGNORECASE,
)
_YES = re.compile(
    r"^(?:(?:and|well|oh|please|thanks?|thank you|hm+)[,. ]+)*(?:"
    r"(?:y|yes|yep|yeah|yup|ya|sure|ok|okay|please do|do it|do that|book it|go ahead|correct|right|exactly|absolutely|definitely|certainly|of course"
    r"|send(?: it| that| this)?|submit(?: it)?|fine|confirm(?:ed)?|i agree|agree|perfect|great|excellent|wonderful|good|thumbs up"
    r"|(?:(?:it|that|this|all|everything)(?: all)?(?:'s| is| are)? )?(?:looks?|sounds?|is|all|seems?) (?:all )?(?:good|great|fine|right|ok|okay|perfect|correct|well)"
    r"|that'?s (?:right|correct|fine|good|it|perfect|great|ok|okay))\b|[👍👌✅🆗])",
    re.IGNORECASE,
)
_NO = re.compile(
    r"^(?:(?:n|no|nope|nah|don'?t|do not|wrong|change|not? (?:right|correct)|thumbs down)\b|[👎❌])",
    re.IGNORECASE,
)


def read_yes_no(turn: Turn) -> str | None:
    """``yes``, ``no``, or ``None`` if it is neither. A guess of the classifier counts only where it is an answer."""
    if turn.pressed:
        return {"affirm": "yes", "deny": "no"}.get(turn.intent or "")
    if UNSURE.search(turn.text):
        return None
    if _YES.search(turn.text.strip()):
        return "yes"
    if _NO.search(turn.text.strip()):
        return "no"
    return {"affirm": "yes", "deny": "no"}.get(turn.intent or "") if turn.confidence >= 0.5 else None
