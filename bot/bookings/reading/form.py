"""What a message means to the booking form as a whole: the way from "what is your name?" to "send it".

The order is the point: an answer to the question that was asked wins, then what concerns the form itself, and
only then is it looked at as a question of another kind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.bookings.fields import BY_SLOT, CONFIRM, CONSENT, SLOTS
from bot.bookings.reading import interruptions
from bot.bookings.reading.changes import changes, field_to_change
from bot.bookings.reading.contacts import find_contact
from bot.bookings.reading.message import ELSEWHERE, LEFT, REFUSALS, Asked, Heard, Message, ask_again, taken
from bot.bookings.reading.names import bare_name
from bot.bookings.reading.times import has_time
from bot.bookings.reading.yes_no import NO_THAT_IS_YES, read_yes_no

YES_NO = (CONSENT, CONFIRM)
_NOT_ALL = re.compile(r"\b(?:but|except|change|wrong|instead|not right|not correct)\b", re.IGNORECASE)
_CORRECTS = re.compile(
    r"^(?:no|oh|wait|sorry|oops|actually|i meant)\b[, ]*(?=.)"
    r"|\b(?:mistake|typo|wrong|misspell?ed|misspelt|instead|should be|change (?:the|my))\b",
    re.IGNORECASE,
)
_WRONG = re.compile(r"\b(?:mistake|typo|wrong|misspell?ed|misspelt|change)\b", re.IGNORECASE)
_NAME_IS = re.compile(r"\b(?:my|the|her|his) name(?: is|'s| should be)\b", re.IGNORECASE)
_STOP = re.compile(r"\b(?:cancel|stop|quit|never ?mind|forget|changed my mind|abort|exit)\b", re.IGNORECASE)
_SEND = re.compile(r"^(?:yes[,. ]+)?(?:please )?(?:send|submit|confirm|go ahead|book it)\b", re.IGNORECASE)
_NOTHING = re.compile(
    r"^(?:no|nothing|none|nope|it'?s (?:fine|ok|okay|good)|all (?:good|right|fine)|leave it|yes|ok|okay)\b",
    re.IGNORECASE,
)
_ADD = re.compile(r"\badd(?: that)?[: ]+(?P<more>.{3,})", re.IGNORECASE)


def hear(
    slot: str, message: Message, known: Mapping[str, Any], said: Sequence[str] = (), before: str = ""
) -> Heard:
    """Read a message as the answer to the form's question for ``slot``.

    Args:
        known: the form's slots so far.
        said: ids of the lines that were said between this message and the one before it.
        before: the patient's message before this one.
    """
    field = BY_SLOT.get(slot)
    asked = Asked(slot, field.longest if field else 0, message, known, said, before)
    if message.pressed:
        return _pressed(asked)
    text = asked.text
    if field and _said_again(asked):
        return taken(asked, bare_name(text) if slot == "booking_name" else text)
    if heard := _about_the_form(asked):
        return heard
    if message.intent == "stop" and (_STOP.search(text) or not _answers(asked)):
        return LEFT
    if corrected := _corrected(asked):
        return Heard({slot: None, **corrected})
    if interruptions.only_books(text) and not (slot in YES_NO and read_yes_no(message)):
        return ask_again(asked, "booking_already")
    on_rls = message.intent in ("check_symptoms", "ask_diagnosis") and interruptions.asks_if_rls(message)
    if on_rls and slot != "booking_reason":
        return ask_again(asked, "ask_diagnosis")
    if field:
        return field.read(asked)
    return _consent(asked) if slot == CONSENT else _confirm(asked)


def _said_again(asked: Asked) -> bool:
    """Whether a message that could not be read is sent once more, word for word.

    Then the patient means it.
    """
    words = [re.findall(r"\w+", text.lower()) for text in (asked.text, asked.before)]
    return bool(words[0]) and words[0] == words[1] and bool(REFUSALS & set(asked.said))


def _answers(asked: Asked) -> bool:
    """Whether words that the classifier takes for "stop" are an answer: "not before friday", "I don't
    mind"."""
    if asked.slot in YES_NO:
        return read_yes_no(asked.message) == "yes"
    return asked.slot == "booking_times" and has_time(asked.text)


def _about_the_form(asked: Asked) -> Heard | None:
    """ "Start over", "back", and questions about the form itself."""
    text, known = asked.text, asked.known
    if interruptions.starts_over(text):
        return Heard({key: None for key in SLOTS if known.get(key) != ELSEWHERE}, "booking_over")
    if interruptions.goes_back(text):
        return ask_again(asked, None, **_one_back(asked))
    line = interruptions.about_the_form(asked.slot, text)
    return ask_again(asked, line) if line else None


def _pressed(asked: Asked) -> Heard:
    """Yes and no count only where yes and no are asked; an old button elsewhere asks the question again."""
    message = asked.message
    if message.intent == "book_appointment":
        return ask_again(asked, "booking_already")
    if message.intent not in ("affirm", "deny"):
        return LEFT
    answer = read_yes_no(message) if asked.slot in YES_NO else None
    return Heard({asked.slot: None if asked.slot == CONFIRM and answer == "no" else answer})


def _one_back(asked: Asked) -> dict[str, None]:
    """The field asked before; at the summary none, because there the patient is asked what to change."""
    before = [key for key in SLOTS[: SLOTS.index(asked.slot)] if asked.known.get(key) != ELSEWHERE]
    return {before[-1]: None} if before and asked.slot != CONFIRM else {}


def _corrected(asked: Asked) -> dict[str, str | None]:
    """An earlier field put right in passing: "sorry, my number is ...", "the name should be ...", "make it
    friday instead"."""
    slot, text = asked.slot, asked.text
    if slot in (CONFIRM, SLOTS[0]):
        return {}
    named = slot in ("booking_contact", "booking_times") and _NAME_IS.search(text)
    if not (_CORRECTS.search(text) or named):
        return {}
    earlier = SLOTS[: SLOTS.index(slot)]
    wrong = bool(_WRONG.search(text)) and slot != "booking_reason"
    found = changes(text)
    own = {slot: found[slot]} if found.get(slot) else {}
    if slot == "booking_contact" and not own and (contact := find_contact(text)):
        own = {slot: contact}
    put_right = {
        key: value for key, value in found.items() if key in earlier and (value or (wrong and not own))
    }
    return {**own, **put_right} if put_right or (own and slot == "booking_contact") else {}


def _consent(asked: Asked) -> Heard:
    answer = read_yes_no(asked.message)
    if answer is None and interruptions.interrupts(asked.slot, asked.message):
        return LEFT
    return Heard({asked.slot: answer}, None if answer else "booking_bad_answer")


def _confirm(asked: Asked) -> Heard:
    text, known, answer = asked.text, asked.known, read_yes_no(asked.message)
    put_right = {key: value for key, value in changes(text).items() if not value or value != known.get(key)}
    valued = {key: value for key, value in put_right.items() if value}
    objects = _objects(text)
    asks = interruptions.is_question(text) and not objects
    if (add := _ADD.search(text)) and not valued:
        more = f"{known.get('booking_reason') or ''}; {add['more'].rstrip('?. ')}"
        return ask_again(asked, None, booking_reason=more[: BY_SLOT["booking_reason"].longest])
    if valued and not (asks and not find_contact(text)):
        return ask_again(asked, None, **put_right)
    if put_right and not asks and not (answer == "yes" and not objects):
        return ask_again(asked, None, **put_right)
    if asked.said and asked.said[-1] == "booking_change":
        return _menu(asked)
    if answer == "no" or (answer == "yes" and objects):
        return ask_again(asked, None)  # the form's next question is then what to change
    if answer == "yes":
        return Heard({asked.slot: "yes"})
    if interruptions.interrupts(asked.slot, asked.message):
        return LEFT
    return ask_again(asked, "booking_bad_answer")


def _objects(text: str) -> bool:
    """Whether a yes has a but: "yes, except the time". "Nothing wrong" has none."""
    return bool(_NOT_ALL.search(NO_THAT_IS_YES.sub("", text)))


def _menu(asked: Asked) -> Heard:
    """The answer to "What would you like to change?" that names no field. A bare "yes" sends nothing here."""
    if _SEND.search(asked.text):
        return Heard({CONFIRM: "yes"})
    if not _NOTHING.search(asked.text) and interruptions.interrupts(CONFIRM, asked.message):
        return LEFT
    return ask_again(asked, None)


def wants_menu(message: Message, last: str | None) -> bool:
    """Whether the form asks next what to change.

    It does when the summary is turned down, and when the answer to that question names no field.

    Args:
        last: the id of the line that was said last.
    """
    text = message.text.strip()
    if last == "booking_change":
        return (
            not message.pressed
            and not changes(text)
            and not _NOTHING.search(text)
            and not interruptions.interrupts(CONFIRM, message)
        )
    if last != CONFIRM:
        return False
    if message.pressed:
        return message.intent == "deny"
    if interruptions.goes_back(text):
        return True
    answer = read_yes_no(message)
    if (
        interruptions.interrupts(CONFIRM, message)
        or interruptions.about_the_form(CONFIRM, text)
        or changes(text)
        or field_to_change(text)
    ):
        return False
    return answer == "no" or (answer == "yes" and _objects(text))
