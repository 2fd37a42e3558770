"""The booking form: asks, shows a summary, stores the request, and never books by itself.

What an answer means is read in ``actions/booking_reading.py`` and ``actions/booking_fields.py``.
"""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.answer import say_answer
from actions.booking_fields import FIELDS
from actions.booking_reading import ELSEWHERE, SLOTS, hear, wants_menu
from actions.handoff import hand_over
from actions.log import OUTSIDE, belongs_here, record
from actions.say import in_store, last_said, lines_before, log_turn, say_line
from actions.turn import Turn, contexts, read_turn
from bot.clock import now
from bot.content.answers import TEACHING, answers
from bot.settings import settings
from bot.store.contact_links import CHANNELS as OPEN_TO_OTHERS
from bot.store.contact_links import make_link
from bot.store.models import Booking, Event

FORM = "booking_form"


def summary(slots: Dict[Text, Any]) -> str:
    known = dict(slots)
    if known.get("booking_contact") == ELSEWHERE:
        known["booking_contact"] = (
            "on a private page, which comes next" if settings().public_url else "here in this chat"
        )
    return "\n".join(
        f"- {label}: {known.get(slot) or '-'}"
        for slot, label in FIELDS.items()
        if known.get(slot) != ELSEWHERE
    )


class ActionBeginBooking(Action):
    """Where others may read the chat, name and contact are not asked in it; the patient is told how staff will reach them."""

    def name(self) -> Text:
        return "action_begin_booking"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> List[Dict[Text, Any]]:
        turn = read_turn(tracker)
        if turn.channel not in OPEN_TO_OTHERS:
            return []
        line = "booking_by_page" if settings().public_url else "booking_by_chat"
        say_line(dispatcher, tracker, line)
        await log_turn(turn, self.name(), line)
        return [SlotSet("booking_name", ELSEWHERE), SlotSet("booking_contact", ELSEWHERE)]


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
        heard = hear(slot, read_turn(tracker), tracker.slots, lines_before(tracker))
        if heard.line:
            line = answers()[heard.line]
            if line.group in TEACHING:
                say_answer(dispatcher, line, contexts(tracker))
            else:
                say_line(dispatcher, tracker, line.id, choices=[])
        found = heard.slots or {}
        tracker.slots.update(found)
        return [SlotSet(key, value) for key, value in found.items()]

    async def required_slots(
        self, domain_slots: List[Text], dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> List[Text]:
        # Without consent nothing is asked further; the submit action says so.
        return [
            slot
            for slot in SLOTS
            if not (slot == "booking_confirm" and tracker.get_slot("booking_consent") == "no")
        ]


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
            asked = [key for key in FIELDS if tracker.get_slot(key) != ELSEWHERE]
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

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> List[Dict[Text, Any]]:
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
    given = {key: "" if slots[key] == ELSEWHERE else slots[key] for key in FIELDS}
    address = settings().public_url  # a page on this machine alone would reach no patient
    line = "booking_done" if address or given["booking_contact"] else "booking_done_chat"
    if booking is None:
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
