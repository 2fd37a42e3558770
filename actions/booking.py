"""The booking form: reads each answer, shows a summary, stores the request, and never books by itself.

The reading is pure functions, so that they can be tested without a tracker; the action classes are thin.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Text

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.handoff import hand_over
from actions.log import OUTSIDE, belongs_here, record
from actions.say import in_store, last_said, log_turn, say_line
from actions.turn import Turn, read_turn
from bot.answers import answers
from bot.settings import settings
from bot.store.contact_links import make_link
from bot.store.models import Booking, Event, now

FORM = "booking_form"
FIELDS = {
    "booking_name": "Name",
    "booking_contact": "How to reach you",
    "booking_times": "Times that suit you",
    "booking_reason": "What it is about",
}
SLOTS = (*FIELDS, "booking_consent", "booking_confirm")
#: On Telegram these two are asked on a one-time web page after the request, so that they never stand in the chat.
BY_LINK = "(on a private page)"
_BY_LINK_ON = {"telegram"}
_MAX = {"booking_name": 100, "booking_contact": 200, "booking_times": 500, "booking_reason": 1000}
#: Intents that answer a yes/no question or belong to the form; all others may interrupt it.
_OWN = {"affirm", "deny", "thank", "greet", "book_appointment", "nlu_fallback", "out_of_scope_other", "out_of_scope_medical", None}
#: Wishes that are rarely worded as a question.
_WISHES = {"talk_to_staff", "delete_my_data", "complain", "ask_privacy", "ask_if_bot", "goodbye", "check_symptoms"}
_QUESTION = re.compile(
    r"\?\s*$|^(?:hi,? |hello,? |ok,? |but |and |sorry,? |wait,? |first,? )*(?:what|why|how|when|where|who|which|can|could|should|would|will|is|are|do|does|did|am|tell me|explain)\b",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]{2,}")
_CHANGE = {
    "booking_name": r"\bname\b|called",
    "booking_contact": r"\bphone\b|number|mail|contact|reach",
    "booking_times": r"\btimes?\b|\bdays?\b|\bdates?\b|when|morning|afternoon|evening|week",
    "booking_reason": r"reason|about|problem|visit",
}
_YES = re.compile(
    r"^(?:y|yes|yep|yeah|yup|sure|ok|okay|send(?: it)?|please do|go ahead|correct|right|that'?s right|fine|confirm(?:ed)?|i agree|agree)\b",
    re.IGNORECASE,
)
UNSURE = re.compile(
    r"not (?:really )?sure|unsure|don'?t know|dunno|no idea|maybe|sometimes|hard to say|depends|kind of|kinda|sort of|a bit", re.IGNORECASE
)
_NOT_ALL = re.compile(r"\b(?:but|except|change|wrong|instead|not right|not correct)\b", re.IGNORECASE)
#: What people write in place of a name.
_NO_NAME = {"hi", "hello", "hey", "yes", "no", "ok", "okay", "sure", "thanks", "thank you", "help", "why", "what", "next", "not sure"}  # fmt: skip
_CORRECTION = re.compile(r"^(?:no,? |oh,? |wait,? |sorry,? |oops,? |actually,? |i meant,? )+(?=.)", re.IGNORECASE)
_NAME_IS = re.compile(r"\bname(?: is|'?s| should be)\s+(?P<name>.+)", re.IGNORECASE)
_PHONE = re.compile(r"\+?\d[\d ()./-]{4,}\d")
_NO = re.compile(r"^(?:n|no|nope|nah|don'?t|do not|wrong|change|not? (?:right|correct))\b", re.IGNORECASE)


def interrupts(slot: str, turn: Turn) -> bool:
    """Whether the message is something else than an answer to the form's question.

    A pressed button of another topic always is. Typed text is if it is understood as another topic and is worded as
    a question; what a visit is about is often a topic in itself, so there only a real question counts.
    """
    if turn.pressed:
        return turn.intent not in ("affirm", "deny")
    if turn.intent == "book_appointment" and slot not in SLOTS[2:]:
        return turn.confidence >= 0.6  # later in the booking form it belongs to the answer
    if turn.intent in _OWN or (turn.intent == "change_appointment" and slot == "booking_confirm"):
        return False
    if _EMAIL.search(turn.text) or sum(c.isdigit() for c in turn.text) >= 7:
        return False
    if turn.intent in _WISHES and slot != "booking_reason" and turn.confidence >= 0.6:
        return True
    return bool(_QUESTION.search(turn.text.strip()))


def read_name(text: str) -> str | None:
    """The name in an answer, without what stands round it; ``None`` if it cannot be one."""
    text = re.sub(r"^(?:hi|hello|hey)[,.! ]+", "", text.strip(), flags=re.IGNORECASE)
    text = re.sub(r"[, ]+(?:please|thanks|thank you)[.!]*$", "", text, flags=re.IGNORECASE)
    text = re.sub(
        r"^(?:my name is|my name'?s|name is|name'?s|it'?s|this is|i am|i'?m|im|call me|the name is|name:)\s+", "", text, flags=re.IGNORECASE
    )
    text = text.strip(" .,!\n\t")
    if not text or len(text) > _MAX["booking_name"] or "\n" in text or "?" in text or text.lower() in _NO_NAME:
        return None
    if not re.search(r"[^\W\d_]", text) or sum(c.isdigit() for c in text) > 2:
        return None
    return text


def read_contact(text: str) -> str | None:
    """The answer, if a telephone number (6 to 15 digits, ITU E.164) or an e-mail address stands in it."""
    text = text.strip()
    digits = sum(character.isdigit() for character in text)
    if len(text) <= _MAX["booking_contact"] and (_EMAIL.search(text) or 6 <= digits <= 15):
        return text
    return None


def read_words(slot: str, text: str) -> str | None:
    """Free words of the patient, kept as they are, up to the field's length."""
    text = text.strip()
    return text[: _MAX[slot]] if len(text) > 1 else None


def read_yes_no(turn: Turn) -> str | None:
    """``yes``, ``no``, or ``None`` if it is neither."""
    if not turn.pressed and UNSURE.search(turn.text):
        return None
    if (turn.intent == "affirm" and turn.pressed) or _YES.search(turn.text.strip()):
        return "yes"
    if (turn.intent == "deny" and turn.pressed) or _NO.search(turn.text.strip()):
        return "no"
    return {"affirm": "yes", "deny": "no"}.get(turn.intent or "") if turn.confidence >= 0.5 else None


def correction(slot: str, text: str) -> Dict[Text, str]:
    """An earlier field put right in passing ("sorry, my number is ...", "oh, the name is ..."), with its new value."""
    if slot != "booking_confirm" and not _CORRECTION.search(text.strip()):
        return {}
    name = _NAME_IS.search(text)
    if name and slot != "booking_name":
        value = read_name(name["name"])
        return {"booking_name": value} if value else {}
    contact = _EMAIL.search(text) or _PHONE.search(text)
    if contact and slot not in ("booking_name", "booking_contact") and read_contact(contact.group()):
        return {"booking_contact": contact.group().strip(" .,;")}
    return {}


def field_to_change(text: str) -> str | None:
    """Which field a patient wants to change, from words such as "the phone number is wrong"."""
    for slot, pattern in _CHANGE.items():
        if re.search(pattern, text, re.IGNORECASE):
            return slot
    return None


def declines(turn: Turn) -> bool:
    """Whether the summary is turned down without a word of what is wrong in it."""
    if not turn.pressed and (correction("booking_confirm", turn.text) or field_to_change(turn.text)):
        return False
    return read_yes_no(turn) == "no" or (read_yes_no(turn) == "yes" and bool(_NOT_ALL.search(turn.text)))


def summary(slots: Dict[Text, Any]) -> str:
    return "\n".join(f"- {label}: {slots.get(slot) or '-'}" for slot, label in FIELDS.items() if slots.get(slot) != BY_LINK)


class ActionBeginBooking(Action):
    """On channels that others can read, name and contact are left to the private page."""

    def name(self) -> Text:
        return "action_begin_booking"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> List[Dict[Text, Any]]:
        if read_turn(tracker).channel not in _BY_LINK_ON:
            return []
        return [SlotSet("booking_name", BY_LINK), SlotSet("booking_contact", BY_LINK)]


class ValidateBookingForm(FormValidationAction):
    """Reads the answer to the form's question; what is no answer is left to the other rules."""

    def name(self) -> Text:
        return f"validate_{FORM}"

    async def get_extraction_events(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> List[Dict[Text, Any]]:
        slot = tracker.get_slot("requested_slot")
        turn = read_turn(tracker)
        if slot not in SLOTS or (tracker.active_loop or {}).get("name") != FORM or turn.intent == "stop" or interrupts(slot, turn):
            return []
        found = self._read(slot, turn, dispatcher, tracker)
        for key, value in found.items():
            tracker.slots[key] = value
        return [SlotSet(key, value) for key, value in found.items()]

    def _read(self, slot: str, turn: Turn, dispatcher: CollectingDispatcher, tracker: Tracker) -> Dict[Text, Any]:
        corrected = {} if turn.pressed else correction(slot, turn.text)
        if corrected:
            return {slot: None, **corrected}
        if slot == "booking_name":
            return self._or_say(slot, read_name(turn.text), "booking_bad_name", dispatcher, tracker)
        if slot == "booking_contact":
            return self._or_say(slot, read_contact(turn.text), "booking_bad_contact", dispatcher, tracker)
        if slot in FIELDS:
            return {slot: read_words(slot, turn.text)}
        answer = read_yes_no(turn)
        if slot == "booking_consent":
            return self._or_say(slot, answer, "booking_bad_answer", dispatcher, tracker)
        change = None if turn.pressed or (answer == "yes" and not _NOT_ALL.search(turn.text)) else field_to_change(turn.text)
        if change:
            return {slot: None, change: None}
        if answer == "no" or (answer == "yes" and _NOT_ALL.search(turn.text)):
            return {slot: None}  # the form's next question is then what to change
        if answer == "yes":
            return {slot: "yes"}
        return self._or_say(slot, None, "booking_bad_answer", dispatcher, tracker)

    @staticmethod
    def _or_say(slot: str, value: str | None, line: str, dispatcher: CollectingDispatcher, tracker: Tracker) -> Dict[Text, Any]:
        if value is None:
            say_line(dispatcher, tracker, line, choices=[])
        return {slot: value}

    async def required_slots(
        self, domain_slots: List[Text], dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> List[Text]:
        # Without consent nothing is asked further; the submit action says so.
        return [slot for slot in SLOTS if not (slot == "booking_confirm" and tracker.get_slot("booking_consent") == "no")]


class ActionAskBookingConfirm(Action):
    """Shows what will be sent, to confirm, change or stop; after a "no" it asks what to change."""

    def name(self) -> Text:
        return "action_ask_booking_confirm"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> List[Dict[Text, Any]]:
        turn = read_turn(tracker)
        if last_said(tracker) == "booking_confirm" and not interrupts("booking_confirm", turn) and declines(turn):
            line = "booking_change"
            asked = [key for key in FIELDS if tracker.get_slot(key) != BY_LINK]
            choices = [{"key": f"say_{key}", "label": f"Change: {FIELDS[key]}"} for key in asked]
            say_line(dispatcher, tracker, line, choices=[*choices, *answers().choices(["stop"])])
        else:
            line = "booking_confirm"
            choices = [
                {"key": "affirm", "label": "Send it"},
                {"key": "deny", "label": "Change something"},
                {"key": "stop", "label": "Cancel"},
            ]
            say_line(dispatcher, tracker, line, extra=summary(tracker.slots), choices=choices)
        await log_turn(turn, self.name(), line)
        return []


class ActionSubmitBooking(Action):
    """Stores the request and hands the conversation to staff."""

    def name(self) -> Text:
        return "action_submit_booking"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> List[Dict[Text, Any]]:
        turn = read_turn(tracker)
        slots = dict(tracker.slots)
        if slots.get("booking_consent") != "yes" or slots.get("booking_confirm") != "yes":
            say_line(dispatcher, tracker, "booking_no_consent")
            await log_turn(turn, self.name(), "booking_no_consent")
            return [SlotSet(slot, None) for slot in SLOTS]
        line, link = await in_store(lambda session: store_booking(session, turn, slots))
        say_line(dispatcher, tracker, line)
        if link:
            say_line(dispatcher, tracker, "booking_link", extra=link)
        return [SlotSet(slot, None) for slot in SLOTS]


def store_booking(session: Session, turn: Turn, slots: Dict[Text, Any]) -> tuple[str, str]:
    """Write the request once, in the transaction that also hands the conversation over.

    Returns the line to say, and the address of the private page where name and contact are still to be left, or "".
    """
    conversation = belongs_here(session, turn)
    if conversation is None:
        return OUTSIDE, ""
    assert turn.inbound_id is not None
    booking = session.scalars(select(Booking).where(Booking.inbound_id == turn.inbound_id)).first()
    if booking is None:
        given = {key: "" if slots[key] == BY_LINK else slots[key] for key in FIELDS}
        booking = Booking(
            conversation_id=conversation.id,
            inbound_id=turn.inbound_id,
            name=given["booking_name"],
            contact=given["booking_contact"],
            times=given["booking_times"],
            reason=given["booking_reason"],
            consent_at=now(),
        )
        session.add(booking)
        session.flush()
        hand_over(session, turn, "action_submit_booking", "booking", said="booking_done")
    address = settings().public_url  # a page on this machine alone would reach no patient
    return "booking_done", make_link(session, booking, address=address) if address and not booking.contact else ""


class ActionCancelBooking(Action):
    """Stops the form; nothing was sent."""

    def name(self) -> Text:
        return "action_cancel_booking"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> List[Dict[Text, Any]]:
        say_line(dispatcher, tracker, "booking_cancelled")
        await log_turn(read_turn(tracker), self.name(), "booking_cancelled")
        return [SlotSet(slot, None) for slot in SLOTS]


class ActionChangeAppointment(Action):
    """Passes a wish to move, cancel or confirm a request on to staff."""

    def name(self) -> Text:
        return "action_change_appointment"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> List[Dict[Text, Any]]:
        turn = read_turn(tracker)
        say_line(dispatcher, tracker, await in_store(lambda session: ask_change(session, turn)))
        return []


def ask_change(session: Session, turn: Turn) -> str:
    """Tell staff that the patient wants the newest open request changed; returns the line to say."""
    conversation = belongs_here(session, turn)
    if conversation is None:
        return OUTSIDE
    booking = session.scalars(
        select(Booking)
        .where(Booking.conversation_id == conversation.id, Booking.state.in_(("requested", "contacted", "booked")))
        .order_by(Booking.id.desc())
    ).first()
    if booking is None:
        record(session, turn, "action_change_appointment", answer_id="change_none")
        return "change_none"
    if record(session, turn, "action_change_appointment", answer_id="change_done"):
        session.add(Event(conversation_id=conversation.id, kind="change_wanted", actor="patient", data={"booking": booking.id}))
        hand_over(session, turn, "action_change_appointment:hand_over", "change", said="change_done")
    return "change_done"
