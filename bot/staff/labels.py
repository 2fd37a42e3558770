"""Names for what the database keeps as codes, and times as people say them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.clock import now
from bot.content.clinic import clinic
from bot.safety import TIER_TITLES, flags
from bot.store.models import Event

TIERS = TIER_TITLES
REASONS = {
    "asked": "Asked for a person",
    "booking": "Booking request",
    "change": "Change or cancel a booking",
    "red_flag": "Red flag",
    "no_answer": "The assistant had no answer",
    "unchecked": "Message was not checked for red flags",
}
MODES = {
    "assistant": "With the assistant",
    "waiting": "Waiting for staff",
    "staff": "With staff",
    "closed": "Closed",
}
CHANNELS = {"widget": "Website", "telegram": "Telegram"}
BOOKING_STATES = {
    "requested": "Requested",
    "contacted": "Contacted",
    "booked": "Booked",
    "declined": "Declined",
    "cancelled": "Cancelled by the patient",
}
BOOKING_ACTIONS = {
    "contacted": "Mark as contacted",
    "booked": "Mark as booked",
    "declined": "Mark as declined",
    "cancelled": "Patient cancelled",
}
DELIVERY = {
    "queued": "waiting to be sent",
    "sending": "being sent",
    "sent": "sent",
    "failed": "not delivered",
    "unknown": "may not have arrived: Telegram gave no answer",
}
_ACTORS = {
    "patient": "Patient",
    "assistant": "Assistant",
    "system": "System",
    "red flags": "Red-flag check",
    **CHANNELS,
}
_EVENTS = {
    "claim": "claimed the conversation",
    "take_over": "took the conversation over",
    "return": "gave it back to the assistant",
    "close": "closed the conversation",
    "hand_over": "asked for staff",
    "patient_writes": "wrote again after it was closed",
    "opened": "opened the conversation",
    "alert_seen": "saw the red flag",
    "alert_closed": "closed the red flag",
    "contact_shown": "looked at the contact details",
    "reply_withheld": "held back an answer, because staff had taken over",
    "change_wanted": "asked to change or cancel the booking request",
    "page_sent": "sent the patient a new private page for the contact details",
    "alert_step": "found that nobody had looked at the red flag yet",
    "asked_if_urgent": "asked the patient whether it is happening now",
    "consent": "agreed to talk with the assistant",
    "stopped": "stopped the assistant and took the agreement back",
    "not_delivered": "could not deliver a line to the patient",
    "delivery_unknown": "gave no answer: a line may not have reached the patient",
    "unreachable": "says that the patient cannot be written to: the bot is blocked or the chat is gone",
    "reachable": "says that the patient can be written to again",
    "sent_again": "sent a line again, marked as a repeat",
    "late_message": "brought a message late: the patient wrote it before the one that stands above it",
    "set_aside": "brought a message that could not be read; the patient was asked to type it again",
}


def flag_name(raised: list[str]) -> str:
    """The plain name of the gravest flag, and how many more there are."""
    known = flags()
    names = [known[name].title if name in known else f"Red flag {name}" for name in raised] or ["Red flag"]
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")


def actor(event: Event) -> str:
    """Who did it: a person's name, or a word for one of our own parts."""
    return _ACTORS.get(event.actor, event.actor)


def event_text(event: Event) -> str:
    """What happened, to be read after the actor's name."""
    data = event.data or {}
    if event.kind == "booking":
        before, after = (BOOKING_STATES.get(data.get(key, ""), "?").lower() for key in ("from", "to"))
        return f"moved the booking from {before} to {after}"
    text = _EVENTS.get(event.kind, event.kind.replace("_", " "))
    if event.kind == "alert_step" and data.get("minutes"):
        text = (
            f"found that nobody had looked at the red flag after {data['minutes']:g} minutes of opening hours"
        )
    if event.kind == "hand_over" and data.get("reason"):
        text = f"put it in the queue: {REASONS.get(data['reason'], data['reason']).lower()}"
    return f"{text} (“{data['why']}”)" if data.get("why") else text


def age(at: datetime) -> str:
    """How long ago, short: ``now``, ``5 min``, ``3 h``, ``2 d``."""
    minutes = max(0, int((now() - at).total_seconds() // 60))
    if minutes < 1:
        return "now"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d"


def local(at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(clinic().time_zone))


def clock(at: datetime) -> str:
    """The time on the clinic's wall; with the day if that is not today."""
    here, today = local(at), local(now())
    if here.date() == today.date():
        return f"{here:%H:%M}"
    return f"{here:%a} {here.day} {here:%b}{f' {here.year}' if here.year != today.year else ''}, {here:%H:%M}"


def full_time(at: datetime) -> str:
    here = local(at)
    return f"{here:%A} {here.day} {here:%B} {here.year}, {here:%H:%M:%S} {here:%Z}"
