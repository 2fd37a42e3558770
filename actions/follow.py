"""Judges whether a message leans on what came before, whatever topic the classifier made of it. Pure functions."""

from __future__ import annotations

import re
from typing import List

from actions.aspect import THINGS, aspect, empty, leans, plain
from actions.turn import FALLBACK, Turn
from bot.content.answers import TEACHING, Answer, answers

#: What is said of the clinic is no subject that a later "it" means.
NO_TOPIC = frozenset({"ask_clinic", "ask_cost"})
_WAITS_FOR = frozenset(
    {
        "hand_off_done",
        "hand_off_already",
        "hand_off_out_of_hours",
        "booking_done",
        "booking_done_chat",
        "change_done",
        "staff_hours",
    }
)
_WHEN = re.compile(r"\b(?:when|how (?:long|soon|many (?:hours|days|minutes))|what time)\b")
_STAFF = re.compile(
    r"\b(?:(?:do|will|can|are|would) you|they|someone|somebody|anyone|staff|person|human|call(?:ing|ed)?|ring|phone|repl(?:y|ies)|answer|respond|hear|get back|contact|writ(?:e|es|ing)|reach)\b"
)
#: Medicines and illnesses without which an answer would be dangerous, the most dangerous first.
_SAFETY = {
    "opioid": "ask_opioids",
    "gabapentinoid": "ask_gabapentin",
    "dopamine": "ask_dopamine_medicines",
    "kidney": "ask_kidney",
    "child": "ask_children",
}
#: A child's earache is not ours.
_OURS = re.compile(r"\b(?:legs?|restless|rls|sleep\w*|kick\w*|iron|melatonin)\b")
_WITH = re.compile(
    r"(?:(?:and|but|also|so|what about|how about|is it|is that|ok(?:ay)?|safe|fine|can (?:i|he|she) (?:take|have) (?:it|that)) )*(?:together |along )?with "
)
_TRIED = re.compile(r"\b(?:tried|did (?:that|this|it|all)|done (?:that|this|it|all)|been there)\b")
_OPEN = ("out_of_scope_medical", "out_of_scope_other", FALLBACK, None)
_DOPAMINE = ("ask_augmentation", "ask_dopamine_medicines")
#: Words by which somebody speaks of a medicine without naming it.
_ON_SOMETHING = re.compile(
    r"\b(?:augment\w*|pills?|tablets?|tabs?|meds?|medicines?|medications?|patch\w*|drugs?|doses?|prescri\w+|rebound|taking|takes?|took|capsules?)\b"
)


def of_topic(turn: Turn, topic: str) -> bool:
    """Whether the message asks on about ``topic``. Manners and flows that were surely meant stand on their own."""
    wanted = aspect(turn.text)
    if turn.intent in _OPEN:
        return leans(turn.text) and (wanted is not None or empty(turn.text))
    if turn.intent in ("affirm", "deny"):
        return (
            wanted is not None and wanted.name == "why" and topic in THINGS and leans(turn.text)
        )  # "why not"
    if not leans(turn.text, unknown=1):
        return False
    meant = turn.intent == "check_symptoms" or (
        turn.intent in answers() and answers()[turn.intent or ""].group in TEACHING
    )
    if not meant or wanted is None or topic not in THINGS:
        return False
    return wanted.name != "treat" or topic == "ask_augmentation"


def beside(turn: Turn, topic: str | None) -> bool:
    """Whether another thing is only put beside the subject ("and with alcohol?"), which stays the subject."""
    return topic in THINGS and not turn.pressed and bool(_WITH.match(plain(turn.text)))


def tried(turn: Turn) -> bool:
    """Whether somebody has done what was advised, and wants to hear what else there is."""
    return turn.intent == "rate_unhelpful" and bool(_TRIED.search(plain(turn.text)))


def asks_when(turn: Turn, before: str | None) -> bool:
    """Whether somebody who waits for staff asks when they will come."""
    words = plain(turn.text)
    if len(words.split()) > 10 or not _WHEN.search(words) or not leans(_STAFF.sub(" ", words), unknown=1):
        return False
    return bool(_STAFF.search(words)) or before in _WAITS_FOR


def named_instead(turn: Turn, named: List[str]) -> Answer | None:
    """The subject without which a message taken as out of scope must not be sent away: a medicine or an illness that it names."""
    found = [key for key in _SAFETY if key in named and (key != "child" or _OURS.search(plain(turn.text)))]
    return answers()[_SAFETY[found[0]]] if found else None


def without_medicine(turn: Turn, topic: str | None, situation: List[str]) -> bool:
    """Whether "it gets worse and spreads" was taken for the effect of a medicine that nobody spoke of."""
    if turn.intent != "ask_augmentation" or turn.pressed:
        return False
    return not ("dopamine" in situation or topic in _DOPAMINE or _ON_SOMETHING.search(plain(turn.text)))
