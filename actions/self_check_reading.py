"""The five questions in a patient's words: what counts as an answer to the one that was asked, and to no
other.

Pure functions. "It is worse at night, yes" is no answer to "does it ease with movement?": a word that belongs
to another question never fills this one, because the summary is shown to a clinician.
"""

from __future__ import annotations

import re

from actions.turn import Turn
from bot.bookings.reading.yes_no import UNSURE, read_yes_no

_ALSO_YES = re.compile(
    r"^(?:it does|definitely|always|absolutely|mostly|very much|exactly|usually|i do|they do|every (?:night|day)|oh yes|most (?:nights|days|of the time)|all the time)\b",
    re.IGNORECASE,
)
_ALSO_NO = re.compile(
    r"^(?:it doesn'?t|they don'?t|i don'?t|never|not at all|nothing|none|not really|hardly)\b", re.IGNORECASE
)
_PLAIN = re.compile(
    r"^(?:(?:oh|well|um+|hm+|er+|ok|okay)[,. ]+)*(?:y|yes|yep|yeah|yup|n|no|nope|nah|not really|not at all|never)\b(?! (?:wait|idea))",
    re.IGNORECASE,
)
_BEST = r"(?:help|ease|easier|better|relie|calm|goes away|go away|stops?\b|gone|fine|works?\b|the trick)"
#: Words by which each question's answer is known when it is told instead of "yes".
_CUES = {
    "check_urge": r"\burges?\b|\b(?:have|has|had|got|need|must|want)(?:s|ed)? (?:to|got to) (?:get up|move|walk|shake|kick|stretch|wriggle)|can'?t (?:keep|hold|sit|lie|stay)\b|crawl|creep|\bants\b|\bitch|\bjumpy\b|\bfidget|\btwitchy\b|\btingl|\bfizz|\bpulling\b",
    "check_rest": r"\b(?:lie|lying|lay|laying|lies) (?:down|in|on|still)|\b(?:sit|sits|sitting|sat|seated)\b|\brest(?:ing)?\b(?! of)|\bin bed\b|\b(?:cinema|couch|sofa|movies|theat(?:re|er))\b|\brelax|\bput (?:them|my (?:legs|feet)) up\b",
    "check_movement": r"\bwalk|\bstand|\bstretch|\bmov(?:e|es|ing|ement)\b|\bget(?:s|ting)? up\b|\bpac(?:e|ing)\b|\bshak(?:e|ing)\b",
    "check_evening": r"\bevenings?\b|\b(?:at|in the|all|during the|by|mostly|only|late at|worse) nights?\b|\bnight ?time\b|\bnights?\b|\bbedtime\b|\bafter (?:dinner|supper|dark)\b",
    "check_other": r"\b(?:doctor|doc|clinician|gp|neurologist|specialist|nurse|physician)\b.{0,20}\b(?:said|says|found|told|thinks|diagnos|blam)|\bdiagnosed\b|\b(?:neuropathy|arthritis|nerve damage|varicose|sciatica|cramps|swollen)\b",
}
_CUE = {slot: re.compile(words, re.IGNORECASE) for slot, words in _CUES.items()}
_OFTEN = re.compile(r"\b(?:every|most|all|some) (?:single )?(?:night|day)s?\b", re.IGNORECASE)
_NEGATED = re.compile(
    r"\b(?:not|no|never|nothing|without|hardly|neither|isn'?t|doesn'?t|don'?t|didn'?t|won'?t|hasn'?t|haven'?t|no difference)\b",
    re.IGNORECASE,
)
_BETTER = re.compile(_BEST, re.IGNORECASE)
_WORSE = re.compile(
    r"\bwors[et]|\bmore\b|\bhurts?\b|terrible|awful|\bbad\b|\bstarts?\b|\bcomes?\b|\bonly\b|\bmad\b|\bunbearable\b",
    re.IGNORECASE,
)
_ALL_DAY = re.compile(
    r"\b(?:all|whole|entire) day\b|\bday and night\b|\b(?:just|exactly)? ?the same\b|\bany ?time\b|\bround the clock\b|\bin the mornings?\b|\bduring the day\b",
    re.IGNORECASE,
)
_MEANT = re.compile(
    r"^(?:(?:no|oh|wait|sorry|oops|actually|hm+)[,. ]+)*(?:i meant|i mean|that (?:was|should (?:be|have been)))\b[:, ]*(?P<rest>.*)$",
    re.IGNORECASE,
)


def told(slot: str, text: str) -> str | None:
    """The answer to this question that is told in plain prose; ``None`` if there is none in it."""
    if slot == "check_evening" and _ALL_DAY.search(text):
        return "no"
    if not _CUE[slot].search(_OFTEN.sub("", text)):
        return None
    negated = bool(_NEGATED.search(re.sub(r"\bcan'?t\b", "", text, flags=re.IGNORECASE)))
    better, worse = bool(_BETTER.search(text)), bool(_WORSE.search(text))
    if slot == "check_movement":
        if negated or (worse and not better and not re.search(r"\bonly\b", text, re.IGNORECASE)):
            return "no"
        return (
            "yes"
            if better
            or re.search(r"\b(?:when|if|once|as soon as|until|till) (?:i|we|they) ", text, re.IGNORECASE)
            else None
        )
    if slot == "check_rest" and better and not negated:
        return None if worse else "no"
    return "no" if negated else "yes"


def of_another(slot: str, text: str) -> bool:
    """Whether a message tells something about another of the five questions, and nothing about this one."""
    rest = _OFTEN.sub("", text)
    return not _CUE[slot].search(rest) and any(
        cue.search(rest) for other, cue in _CUE.items() if other != slot
    )


def read_answer(slot: str, turn: Turn) -> str | None:
    """``yes``, ``no`` or ``unsure`` to this question; ``None`` if it is none of them."""
    text = turn.text.strip()
    if turn.pressed:
        return read_yes_no(turn)
    if _PLAIN.search(text):
        return read_yes_no(turn) or (
            "unsure" if UNSURE.search(text) else "no" if _ALSO_NO.search(text) else None
        )
    if of_another(slot, text):
        return None
    if UNSURE.search(text):
        return "unsure"
    if said := told(slot, text):
        return said
    if _ALSO_YES.search(text):
        return "yes"
    if _ALSO_NO.search(text):
        return "no"
    return read_yes_no(turn)


def meant(text: str) -> str | None:
    """What follows "I meant", by which the answer before is put right; ``None`` if that is not said."""
    found = _MEANT.match(text.strip())
    return found["rest"].strip(" .!") if found else None
