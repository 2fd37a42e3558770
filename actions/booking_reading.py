"""What a message means to the booking form: the slots it sets and the line that is said to it, or that it is something else.

Pure functions, so that they can be tested without a tracker. The order is the point: an answer to the question that was
asked wins, then what concerns the form itself, and only then is it looked at as a question of another kind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, Mapping, Sequence, Text

from actions import asides
from actions.booking_fields import (
    FIELDS,
    POINT,
    SPAN,
    changes,
    field_to_change,
    find_contact,
    impossible,
    read_name,
    read_several,
    read_words,
    with_contact,
)
from actions.turn import Turn
from actions.yes_no import read_yes_no

SLOTS = (*FIELDS, "booking_consent", "booking_confirm")
#: Stands for name and contact where others may read the chat. They are left on a one-time web page after the request; without a
#: public address there is no such page, and staff write to the patient in the chat instead.
ELSEWHERE = "(not in this chat)"
_NOT_ALL = re.compile(r"\b(?:but|except|change|wrong|instead|not right|not correct)\b", re.IGNORECASE)
_CORRECTS = re.compile(
    r"^(?:no|oh|wait|sorry|oops|actually|i meant)\b[, ]*(?=.)|\b(?:mistake|typo|wrong|misspell?ed|misspelt|instead|should be|change (?:the|my))\b",
    re.IGNORECASE,
)
_NAME_IS = re.compile(r"\b(?:my|the|her|his) name(?: is|'s| should be)\b", re.IGNORECASE)
_STOP = re.compile(r"\b(?:cancel|stop|quit|never ?mind|forget|changed my mind|abort|exit)\b", re.IGNORECASE)
_SEND = re.compile(r"^(?:yes[,. ]+)?(?:please )?(?:send|submit|confirm|go ahead|book it)\b", re.IGNORECASE)
_NOTHING = re.compile(
    r"^(?:no|nothing|none|nope|it'?s (?:fine|ok|okay|good)|all (?:good|right|fine)|leave it|yes|ok|okay)\b",
    re.IGNORECASE,
)
_CALLING = re.compile(
    r"\b(?:call|text|phone|ring|e-?mail|mail|whatsapp|sms|telephone|mobile|cell)\b", re.IGNORECASE
)
_ADD = re.compile(r"\badd(?: that)?[: ]+(?P<more>.{3,})", re.IGNORECASE)


@dataclass(frozen=True)
class Heard:
    """What a message comes to. ``slots`` is ``None`` when the message is left to the other rules."""

    slots: Dict[Text, str | None] | None = None
    line: str | None = None


LEFT = Heard()


def hear(slot: str, turn: Turn, known: Mapping[Text, Any], said: Sequence[Text] = ()) -> Heard:
    """Read a message as the answer to the form's question for ``slot``; ``said`` are the lines before it."""
    if turn.pressed:
        return _pressed(slot, turn)
    text = turn.text.strip()
    if asides.starts_over(text):
        return Heard({key: None for key in SLOTS if known.get(key) != ELSEWHERE}, "booking_over")
    if asides.goes_back(text):
        return Heard({slot: None, **_one_back(slot, known)})
    if line := asides.aside(slot, text):
        return Heard({slot: None}, line)
    if turn.intent == "stop" and (_STOP.search(text) or not _answers(slot, turn)):
        return LEFT
    corrected = _corrected(slot, text, known)
    if corrected:
        return Heard({slot: None, **corrected})
    if asides.only_books(text) and not (slot in SLOTS[4:] and read_yes_no(turn)):
        return Heard({slot: None}, "booking_already")
    if (
        slot != "booking_reason"
        and turn.intent in ("check_symptoms", "ask_diagnosis")
        and asides.asks_if_rls(turn, in_form=True)
    ):
        return Heard({slot: None}, "ask_diagnosis")
    return _READERS[slot](turn, known, said)


def _pressed(slot: str, turn: Turn) -> Heard:
    """Yes and no count only where yes and no are asked; an old button elsewhere asks the question again."""
    if turn.intent == "book_appointment":
        return Heard({slot: None}, "booking_already")
    if turn.intent not in ("affirm", "deny"):
        return LEFT
    answer = read_yes_no(turn) if slot in SLOTS[4:] else None
    return Heard({slot: None if slot == "booking_confirm" and answer == "no" else answer})


def _one_back(slot: str, known: Mapping[Text, Any]) -> Dict[Text, None]:
    """The field asked before; at the summary none, because there the patient is asked what to change."""
    before = [key for key in SLOTS[: SLOTS.index(slot)] if known.get(key) != ELSEWHERE]
    return {before[-1]: None} if before and slot != "booking_confirm" else {}


def _answers(slot: str, turn: Turn) -> bool:
    """Whether words that look like "stop" are the answer all the same."""
    return slot == "booking_times" and bool(POINT.search(turn.text) or SPAN.search(turn.text))


def _corrected(slot: str, text: str, known: Mapping[Text, Any]) -> Dict[Text, str | None]:
    """An earlier field put right in passing: "sorry, my number is ...", "the name should be ...", "make it friday instead"."""
    if slot == "booking_confirm" or slot == "booking_name":
        return {}
    named = slot in ("booking_contact", "booking_times") and _NAME_IS.search(text)
    if not (_CORRECTS.search(text) or named):
        return {}
    earlier = SLOTS[: SLOTS.index(slot)]
    wrong = (
        bool(re.search(r"\b(?:mistake|typo|wrong|misspell?ed|misspelt|change)\b", text, re.IGNORECASE))
        and slot != "booking_reason"
    )
    found = changes(text)
    own = {slot: found[slot]} if found.get(slot) else {}
    if slot == "booking_contact" and not own and (contact := find_contact(text)):
        own = {slot: contact}
    put_right = {
        key: value for key, value in found.items() if key in earlier and (value or (wrong and not own))
    }
    return {**own, **put_right} if put_right or (own and slot == "booking_contact") else {}


def _name(turn: Turn, known: Mapping[Text, Any], said: Sequence[Text]) -> Heard:
    text = turn.text.strip()
    several = read_several(text)
    if several:
        open_ = {
            key: value
            for key, value in several.items()
            if key == "booking_name" or known.get(key) != ELSEWHERE
        }
        return Heard({"booking_name": None, **open_}, None if "booking_name" in open_ else "booking_noted")
    name = read_name(text)
    plain = name is not None and not any(character.isupper() for character in text)
    if name and not text.endswith("?") and not (plain and name == text and _other_topic(turn)):
        return Heard({"booking_name": name})
    if name and text.lower().startswith("my name?"):
        return Heard({"booking_name": name})
    if asides.interrupts("booking_name", turn):
        return LEFT
    if turn.intent == "book_appointment" and turn.confidence >= 0.6:
        return Heard({"booking_name": None}, "booking_already")
    return Heard({"booking_name": None}, "booking_bad_name")


def _other_topic(turn: Turn) -> bool:
    """Whether small letters that could be a name are surely something else: "iron pills", "useless bot"."""
    if len(turn.text.split()) < 2:
        return False
    wish = (
        turn.intent
        in ("talk_to_staff", "complain", "ask_if_bot", "ask_privacy", "delete_my_data", "check_symptoms")
        and turn.confidence >= 0.8
    )
    return asides.on_topic(turn) or (wish and asides.interrupts("booking_name", turn))


def _contact(turn: Turn, known: Mapping[Text, Any], said: Sequence[Text]) -> Heard:
    found = with_contact(turn.text)
    if found:
        return Heard({**found})
    text = turn.text
    asked = re.search(r"^(?:what|how|where|why|who)\b", text.strip(), re.IGNORECASE)
    if _CALLING.search(text) and not asked and not asides.asks_for_person(text) and not asides.on_topic(turn):
        return Heard({"booking_contact": None}, "booking_need_number")
    if asides.interrupts("booking_contact", turn):
        return LEFT
    return Heard({"booking_contact": None}, "booking_bad_contact")


def _times(turn: Turn, known: Mapping[Text, Any], said: Sequence[Text]) -> Heard:
    text = turn.text
    asks = asides.is_question(text)
    if impossible(text) and "booking_bad_times" not in said:
        # Asked once more, not for ever: what looks impossible may be meant well.
        return Heard({"booking_times": None}, "booking_bad_times")
    if POINT.search(text) and not (asks and asides.on_topic(turn)):
        return Heard({"booking_times": read_words("booking_times", text)})
    if SPAN.search(text) and not (asks and not _on_booking(turn)) and not asides.asks_for_person(text):
        return Heard({"booking_times": read_words("booking_times", text)})
    if asides.interrupts("booking_times", turn):
        return LEFT
    if len(text.split()) <= 3 and (turn.intent in ("affirm", "deny") or read_yes_no(turn)):
        return Heard({"booking_times": None}, "booking_bad_times")
    return Heard({"booking_times": read_words("booking_times", text)})


def _on_booking(turn: Turn) -> bool:
    """Whether a question with a word of time in it may be about the visit."""
    return (
        turn.intent
        in ("book_appointment", "change_appointment", "goodbye", "talk_to_staff", "nlu_fallback", None)
        or turn.confidence < 0.5
    )


def _reason(turn: Turn, known: Mapping[Text, Any], said: Sequence[Text]) -> Heard:
    if asides.interrupts("booking_reason", turn):
        return LEFT
    return Heard({"booking_reason": read_words("booking_reason", turn.text)})


def _consent(turn: Turn, known: Mapping[Text, Any], said: Sequence[Text]) -> Heard:
    answer = read_yes_no(turn)
    if answer is None and asides.interrupts("booking_consent", turn):
        return LEFT
    return Heard({"booking_consent": answer}, None if answer else "booking_bad_answer")


def _confirm(turn: Turn, known: Mapping[Text, Any], said: Sequence[Text]) -> Heard:
    slot, text, answer = "booking_confirm", turn.text, read_yes_no(turn)
    put_right = {key: value for key, value in changes(text).items() if not value or value != known.get(key)}
    valued = {key: value for key, value in put_right.items() if value}
    objects = bool(_NOT_ALL.search(text))
    asks = asides.is_question(text) and not objects
    if (add := _ADD.search(text)) and not valued:
        return Heard(
            {
                slot: None,
                "booking_reason": read_words(
                    "booking_reason", f"{known.get('booking_reason') or ''}; {add['more'].rstrip('?. ')}"
                ),
            }
        )
    if valued and not (asks and not find_contact(text)):
        return Heard({slot: None, **put_right})
    if put_right and not asks and not (answer == "yes" and not objects):
        return Heard({slot: None, **put_right})
    if said and said[-1] == "booking_change":
        return _menu(turn)
    if answer == "no" or (answer == "yes" and objects):
        return Heard({slot: None})  # the form's next question is then what to change
    if answer == "yes":
        return Heard({slot: "yes"})
    if asides.interrupts(slot, turn):
        return LEFT
    return Heard({slot: None}, "booking_bad_answer")


def _menu(turn: Turn) -> Heard:
    """The answer to "What would you like to change?" that names no field. A bare "yes" sends nothing here."""
    if _SEND.search(turn.text.strip()):
        return Heard({"booking_confirm": "yes"})
    if not _NOTHING.search(turn.text.strip()) and asides.interrupts("booking_confirm", turn):
        return LEFT
    return Heard({"booking_confirm": None})


def wants_menu(turn: Turn, last: str | None) -> bool:
    """Whether the form's next question is what to change: the summary is turned down, or the answer to that question names nothing."""
    text = turn.text.strip()
    if last == "booking_change":
        return (
            not turn.pressed
            and not changes(text)
            and not _NOTHING.search(text)
            and not asides.interrupts("booking_confirm", turn)
        )
    if last != "booking_confirm":
        return False
    if turn.pressed:
        return turn.intent == "deny"
    if asides.goes_back(text):
        return True
    if (
        asides.interrupts("booking_confirm", turn)
        or asides.aside("booking_confirm", text)
        or changes(text)
        or field_to_change(text)
    ):
        return False
    return read_yes_no(turn) == "no" or (read_yes_no(turn) == "yes" and bool(_NOT_ALL.search(text)))


_READERS = {
    "booking_name": _name,
    "booking_contact": _contact,
    "booking_times": _times,
    "booking_reason": _reason,
    "booking_consent": _consent,
    "booking_confirm": _confirm,
}
