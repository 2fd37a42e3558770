"""How each field's answer is read.

A reader takes what was asked and what was said, and returns what the form makes of it.

The order is the same in each: the answer to the question wins, then a real question or wish in between is
left to the other rules, and only what is neither is asked about once more.
"""

from __future__ import annotations

import re

from bot.bookings.reading import interruptions
from bot.bookings.reading.message import (
    ELSEWHERE,
    FALLBACK,
    LEFT,
    Asked,
    Heard,
    Message,
    ask_again,
    refuse,
    taken,
)
from bot.bookings.reading.names import is_time, read_name
from bot.bookings.reading.several import read_several, with_contact
from bot.bookings.reading.times import POINT, SPAN, impossible
from bot.bookings.reading.yes_no import is_bare
from bot.understanding.thresholds import BEGIN, SURE

_CALLING = re.compile(
    r"\b(?:call|text|phone|ring|e-?mail|mail|whatsapp|sms|telephone|mobile|cell)\b", re.IGNORECASE
)
_ASKS = re.compile(r"^(?:what|how|where|why|who)\b", re.IGNORECASE)
_WISHES = frozenset(
    {"talk_to_staff", "complain", "ask_if_bot", "ask_privacy", "delete_my_data", "check_symptoms"}
)


def name_answer(asked: Asked) -> Heard:
    """A name, or with it a way to reach the patient and more."""
    text, message = asked.text, asked.message
    several = read_several(text)
    if several:
        open_ = {
            key: value
            for key, value in several.items()
            if key == asked.slot or asked.known.get(key) != ELSEWHERE
        }
        return Heard({asked.slot: None, **open_}, None if asked.slot in open_ else "booking_noted")
    name = read_name(text, longest=asked.longest)
    if name and not text.endswith("?") and not (name == text and _is_other_topic(message)):
        return taken(asked, name)
    if name and text.lower().startswith("my name?"):
        return taken(asked, name)
    if interruptions.interrupts(asked.slot, message):
        return LEFT
    if message.intent == "book_appointment" and message.confidence >= BEGIN and not is_time(text):
        return ask_again(asked, "booking_already")
    return refuse(asked, "booking_bad_name")


def _is_other_topic(message: Message) -> bool:
    """Whether words that could be a name are surely something else: "iron pills", "useless bot".

    A name is written with capitals, or is one word; "Iron Mike" and "hope" are names.
    """
    words = message.text.split()
    if len(words) < 2 or any(word[0].isupper() for word in words):
        return False
    wish = message.intent in _WISHES and message.confidence >= SURE
    return interruptions.on_topic(message) or (wish and interruptions.interrupts("booking_name", message))


def contact_answer(asked: Asked) -> Heard:
    """A telephone number or an e-mail address, with what else is said about it."""
    text, message = asked.text, asked.message
    found = with_contact(text, longest=asked.longest)
    if found:
        return Heard({**found})
    calling = _CALLING.search(text) and not _ASKS.search(text)
    if calling and not interruptions.asks_for_person(text) and not interruptions.on_topic(message):
        return refuse(asked, "booking_need_number")
    if interruptions.interrupts(asked.slot, message):
        return LEFT
    return refuse(asked, "booking_bad_contact")


def times_answer(asked: Asked) -> Heard:
    """Days and hours in the patient's words."""
    text, message = asked.text, asked.message
    asks = interruptions.is_question(text)
    if impossible(text) and "booking_bad_times" not in asked.said:
        return refuse(asked, "booking_bad_times")
    if POINT.search(text) and not (asks and interruptions.on_topic(message)):
        return taken(asked, text)
    span = SPAN.search(text) and not (asks and not _on_booking(message))
    if span and not interruptions.asks_for_person(text):
        return taken(asked, text)
    if interruptions.interrupts(asked.slot, message):
        return LEFT
    if is_bare(text) or not re.search(r"\w", text):
        return refuse(asked, "booking_bad_times")
    return taken(asked, text)


def _on_booking(message: Message) -> bool:
    """Whether a question with a word of time in it may be about the visit."""
    on_visit = ("book_appointment", "change_appointment", "goodbye", "talk_to_staff", FALLBACK, None)
    return message.intent in on_visit or message.confidence < 0.5


def words_answer(asked: Asked) -> Heard:
    """Any words that are no question: the reason of the visit, and every field that needs no reading of
    its own."""
    if interruptions.interrupts(asked.slot, asked.message, own_words=True):
        return LEFT
    return taken(asked, asked.text) if len(asked.text) > 1 else ask_again(asked, None)
