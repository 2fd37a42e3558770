"""Yes and no in a patient's words, where yes and no are asked."""

from __future__ import annotations

import re

from bot.bookings.reading.message import Message
from bot.understanding.thresholds import SURE

UNSURE = re.compile(
    r"not (?:really )?sure|unsure|don'?t know|dunno|no idea|maybe|sometimes|hard to say|depends|kind of|kinda|sort of|a bit",
    re.IGNORECASE,
)
_LEAD = r"^(?:(?:and|well|oh|please|thanks?|thank you|hm+)[,. ]+)*"
#: Begins with a no, and means yes: "no problem, go ahead", "no changes", "I don't mind".
NO_THAT_IS_YES = re.compile(
    rf"{_LEAD}(?:(?:no|nope)[,. ]+)?(?:no|not (?:a|any)) "
    r"(?:problem|worries|objections?|issues?|probs|changes?|corrections?)\b(?! with)"
    rf"|{_LEAD}(?:no[,. ]+)?(?:i )?(?:don'?t|do not|wouldn'?t) mind\b"
    rf"|{_LEAD}(?:no[,. ]+)?(?:there(?:'?s| is) )?nothing (?:to change|wrong|else|to correct)\b"
    rf"|{_LEAD}why not\b(?! (?:call|phone))",
    re.IGNORECASE,
)
_YES = re.compile(
    _LEAD + r"(?:(?:y|yes|yep|yeah|yup|ya|sure|ok|okay|do it|do that|book it|go ahead|correct|right|exactly"
    r"|please do|absolutely|definitely|certainly|of course"
    r"|send(?: it| that| this)?|submit(?: it)?|fine|confirm(?:ed)?|i agree|agree|perfect|great|excellent|wonderful|good|thumbs up"
    r"|(?:(?:it|that|this|all|everything)(?: all)?(?:'s| is| are)? )?(?:looks?|sounds?|is|all|seems?) (?:all )?(?:good|great|fine|right|ok|okay|perfect|correct|well)"
    r"|that'?s (?:right|correct|fine|good|it|perfect|great|ok|okay))\b|[👍👌✅🆗])",
    re.IGNORECASE,
)
_NO = re.compile(
    r"^(?:(?:n|no|nope|nah|don'?t|do not|wrong|change|not? (?:right|correct)|thumbs down)\b|[👎❌])",
    re.IGNORECASE,
)
#: Says neither yes nor no, whatever it may sound like.
_HESITATES = re.compile(r"^\W*(?:h+m+|u+m+|u+h+|e+r+m?|well|oh|ah)?\W*$", re.IGNORECASE)
_BARE = re.compile(r"^\W*(?:y|yes|yep|yeah|yup|ok|okay|sure|n|no|nope|nah)\W*$", re.IGNORECASE)


def read_yes_no(message: Message) -> str | None:
    """``yes``, ``no``, or ``None`` if it is neither.

    The words decide where they are plain. A guess of the classifier counts only where it is an answer, and
    where it is sure of a yes that the words deny, the question is asked again: nothing is sent, and nothing
    is thrown away, by mistake.
    """
    text, intent = message.text.strip(), message.intent or ""
    guess = {"affirm": "yes", "deny": "no"}.get(intent)
    if message.pressed:
        return guess
    if UNSURE.search(text) or (_HESITATES.match(text) and not _YES.search(text) and not _NO.search(text)):
        return None
    if NO_THAT_IS_YES.search(text) or _YES.search(text):
        return "yes"
    if _NO.search(text):
        return None if guess == "yes" and message.confidence >= SURE else "no"
    return guess if message.confidence >= (SURE if guess == "yes" else 0.5) else None


def is_bare(text: str) -> bool:
    """Whether nothing but yes or no is said."""
    return bool(_BARE.match(text))
