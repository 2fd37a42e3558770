"""The booking form: asks, shows a summary, stores the request, and never books by itself.

Its fields stand in ``bot/bookings/fields.py``; what an answer means is read in ``bot/bookings/reading``.
"""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.log import OUTSIDE, belongs_here, record
from actions.respond import say_topic
from actions.say import in_store, last_said, lines_before, log_turn, say_line
from actions.stored_work import hand_over
from actions.turn import Turn, read_turn
from bot.bookings.fields import BY_SLOT, CONFIRM, CONSENT, FIELDS, SLOTS
from bot.bookings.links import asked_on_page, make_link
from bot.bookings.reading.form import hear, wants_menu
from bot.bookings.reading.message import ELSEWHERE
from bot.bookings.reading.opening import read_opening
from bot.bookings.requests import make_request
from bot.content.answers import TEACHING, answers
from bot.content.texts import table, text
from bot.settings import settings
from bot.store.models import Booking, Event

FORM = "booking_form"


def summary(slots: Dict[Text, Any]) -> str:
    """What was answered, a line for each field; where the contact is left elsewhere, where that is."""
    known = dict(slots)
    if known.get("booking_contact") == ELSEWHERE:
        where = "on_private_page" if settings().public_url else "in_this_chat"
        known["booking_contact"] = text(f"bookings.summary.{where}")
    return "\n".join(
        f"- {field.label}: {known.get(field.slot) or '-'}"
        for field in FIELDS
        if known.get(field.slot) != ELSEWHERE
    )


def message_before(tracker: Tracker) -> str:
    """The text of the patient's message before this one; "" if this is the first."""
    said = [event.get("text") or "" for event in tracker.events if event.get("event") == "user"]
    return said[-2] if len(said) > 1 else ""


class ActionBeginBooking(Action):
    """Keeps what the first message already says, so that the form asks only for the rest.

    Where others may read the chat, name and contact are not asked in it; the patient is told how staff will
    reach them.
    """

    def name(self) -> Text:
        return "action_begin_booking"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> List[Dict[Text, Any]]:
        turn = read_turn(tracker)
        said = {} if turn.pressed else read_opening(turn.text)
        found = {field.slot: said[field.slot][: field.longest] for field in FIELDS if field.slot in said}
        if asked_on_page(turn.channel):
            line = "booking_by_page" if settings().public_url else "booking_by_chat"
            say_line(dispatcher, tracker, line)
            await log_turn(turn, self.name(), line)
            found |= {field.slot: ELSEWHERE for field in FIELDS if field.private}
        elif FIELDS[0].slot in found:  # its question, which says what this is, is not asked
            say_line(dispatcher, tracker, "booking_read", choices=[])
            await log_turn(turn, self.name(), "booking_read")
        return [SlotSet(slot, value) for slot, value in found.items()]


class ValidateBookingForm(FormValidationAction):
    """Reads the answer to the form's question; what is no answer is left to the other rules."""

    def name(self) -> Text:
        return f"validate_{FORM}"

    async def get_extraction_events(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> List[Dict[Text, Any]]:
        slot = tracker.get_slot("requested_slot")
        if slot not in SLOTS or (tracker.active_loop or {}).get("name") != FORM:
            return []
        heard = hear(slot, read_turn(tracker), tracker.slots, lines_before(tracker), message_before(tracker))
        if heard.line:
            line = answers()[heard.line]
            if line.group in TEACHING:
                say_topic(dispatcher, tracker, line)
            else:
                say_line(dispatcher, tracker, line.id, choices=[])
        found = heard.slots or {}
        tracker.slots.update(found)
        return [SlotSet(key, value) for key, value in found.items()]

    async def required_slots(
        self, domain_slots: List[Text], dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> List[Text]:
        # Without consent nothing is asked further; the submit action says so.
        return [slot for slot in SLOTS if not (slot == CONFIRM and tracker.get_slot(CONSENT) == "no")]


class ActionAskBookingConfirm(Action):
    """Shows what will be sent, to confirm, change or stop; after a "no" it asks what to change."""

    def name(self) -> Text:
        return "action_ask_booking_confirm"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> List[Dict[Text, Any]]:
        turn = read_turn(tracker)
        if wants_menu(turn, last_said(tracker)):
            line = "booking_change"
            choices = [
                {"key": f"say_{key}", "label": text("bookings.choices.change", field=field.label)}
                for key, field in BY_SLOT.items()
                if tracker.get_slot(key) != ELSEWHERE
            ]
            say_line(dispatcher, tracker, line, choices=[*choices, *answers().choices(["stop"])])
        else:
            line, labels = "booking_confirm", table("bookings.choices")
            choices = [
                {"key": "affirm", "label": labels["send"]},
                {"key": "deny", "label": labels["change_something"]},
                {"key": "stop", "label": labels["cancel"]},
            ]
            say_line(dispatcher, tracker, line, extra=summary(tracker.slots), choices=choices)
        await log_turn(turn, self.name(), line)
        return []


class ActionSubmitBooking(Action):
    """Stores the request and hands the conversation to staff."""

    def name(self) -> Text:
        return "action_submit_booking"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> List[Dict[Text, Any]]:
        turn = read_turn(tracker)
        slots = dict(tracker.slots)
        if slots.get(CONSENT) != "yes" or slots.get(CONFIRM) != "yes":
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

    Returns the line to say, and the address of the private page where name and contact are still to be left,
    or "".
    """
    conversation = belongs_here(session, turn)
    if conversation is None:
        return OUTSIDE, ""
    assert turn.inbound_id is not None
    booking = session.scalars(select(Booking).where(Booking.inbound_id == turn.inbound_id)).first()
    address = settings().public_url  # a page on this machine alone would reach no patient
    given = {field.column: slots[field.slot] for field in FIELDS if slots[field.slot] != ELSEWHERE}
    line = "booking_done" if address or given.get("contact") else "booking_done_chat"
    if booking is None:
        booking = make_request(session, conversation.id, turn.inbound_id, given)
        hand_over(session, turn, "action_submit_booking", "booking", said=line)
    return line, make_link(session, booking, address=address) if address and not booking.contact else ""


class ActionCancelBooking(Action):
    """Stops the form; nothing was sent."""

    def name(self) -> Text:
        return "action_cancel_booking"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> List[Dict[Text, Any]]:
        say_line(dispatcher, tracker, "booking_cancelled")
        await log_turn(read_turn(tracker), self.name(), "booking_cancelled")
        return [SlotSet(slot, None) for slot in SLOTS]


class ActionChangeAppointment(Action):
    """Passes a wish to move, cancel or confirm a request on to staff."""

    def name(self) -> Text:
        return "action_change_appointment"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> List[Dict[Text, Any]]:
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
        .where(
            Booking.conversation_id == conversation.id,
            Booking.state.in_(("requested", "contacted", "booked")),
        )
        .order_by(Booking.id.desc())
    ).first()
    if booking is None:
        record(session, turn, "action_change_appointment", answer_id="change_none")
        return "change_none"
    if record(session, turn, "action_change_appointment", answer_id="change_done"):
        session.add(
            Event(
                conversation_id=conversation.id,
                kind="change_wanted",
                actor="patient",
                data={"booking": booking.id},
            )
        )
        hand_over(session, turn, "action_change_appointment:hand_over", "change", said="change_done")
    return "change_done"
