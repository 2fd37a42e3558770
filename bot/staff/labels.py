"""Names for what the database keeps as codes (they stand in ``data/texts``), and times as people say them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.channels import base
from bot.clock import now
from bot.content.clinic import clinic
from bot.content.texts import table, text
from bot.safety import TIER_TITLES, flags
from bot.staff.queue import LISTS
from bot.store.models import Event


def lists() -> dict[str, str]:
    """The lists of the queue with their names, in the order of the tabs."""
    names = table("staff.lists")
    return {key: names[key] for key in LISTS}


def roles() -> dict[str, str]:
    """The roles of accounts with their names, in the order in which they are offered."""
    return table("staff.roles")


def role_may(code: str) -> str:
    """What a role may do, to be read after its name."""
    return table("staff.roles_may")[code]


def tier(code: str) -> str:
    """How urgent a red flag is."""
    return TIER_TITLES.get(code, code)


def flag_name(raised: list[str]) -> str:
    """The plain name of the gravest flag, and how many more there are."""
    if not raised:
        return text("staff.flag_unnamed")
    known = flags()
    first = known[raised[0]].title if raised[0] in known else text("staff.flag", flag=raised[0])
    return text("staff.flags_more", first=first, more=len(raised) - 1) if len(raised) > 1 else first


def acted(how: str | None) -> str:
    """What was done about a red flag, to be read after the name of who did it."""
    return table("staff.acted").get(how or "", how or "")


def ended_by(who: str | None) -> str:
    """Who ended a red flag where it was no staff member of today: the patient, or a name that was kept."""
    return table("staff.actors").get(who or "", who or "")


def reason(code: str | None) -> str:
    """Why a conversation waits."""
    return table("staff.reasons").get(code or "", text("staff.reason_unnamed"))


def mode(code: str) -> str:
    """Who has a conversation."""
    return table("staff.modes")[code]


def channel(code: str) -> str:
    """The channel's name."""
    return base.label(code)


def speaker(sender: str) -> str:
    """Who says a message."""
    speakers = table("staff.speakers")
    return speakers.get(sender, speakers["staff"])


def booking_states() -> dict[str, str]:
    """The states of a booking request with their names, in the order in which a request passes them."""
    return table("staff.booking_states")


def appointment_state(state: str) -> str:
    """The name of a state of an appointment."""
    return table("appointments.states")[state]


def visit_time(at: datetime) -> str:
    """When an appointment begins, on the clinic's wall: ``Tue 8 Dec 2026, 10:00``."""
    here = local(at)
    return f"{here:%a} {here.day} {here:%b} {here.year}, {here:%H:%M}"


def is_past(at: datetime) -> bool:
    """Whether a time has passed."""
    return at <= now()


def booking_action(state: str) -> str:
    """The words on the button that moves a request to ``state``."""
    return table("staff.booking_actions")[state]


def delivery(state: str, channel_code: str) -> str:
    """How far a message has come on its way to the patient."""
    if state == "unknown":
        return text("staff.delivery_unknown", channel=channel(channel_code))
    return table("staff.delivery").get(state, state)


def version(number: str) -> str:
    """The version of a reviewed answer."""
    return text("staff.version", number=number)


def decision(rule: str) -> str:
    """Why the assistant did what it did, by the name of the rule that chose it; the name itself where
    there are no words for it."""
    return table("staff.decisions").get(rule, rule.replace("_", " "))


def situation(code: str) -> str:
    """Something that was heard of the person."""
    return table("staff.situations").get(code, code.replace("_", " ").capitalize())


def heard(value: str) -> str:
    """Whether it is so, is not so, or was only named."""
    return table("staff.heard").get(value, value)


def raised_by(rules: str) -> str:
    """What raised a red flag, in plain words: ``r01_clot.yml rule 3, classifier`` names the rules that
    fired and the trained part."""
    parts = [part.strip() for part in rules.split(",") if part.strip()]
    return ", ".join(text("staff.raised_by_classifier") if part == "classifier" else part for part in parts)


def actor(event: Event) -> str:
    """Who did it: a person's name, or a word for one of our own parts."""
    return table("staff.actors").get(event.actor.replace(" ", "_")) or base.label(event.actor)


def event_text(event: Event) -> str:
    """What happened, to be read after the actor's name."""
    data = event.data or {}
    if event.kind == "booking":
        before, after = (booking_states().get(data.get(key, ""), "?").lower() for key in ("from", "to"))
        return text("staff.event_booking", before=before, after=after)
    if event.kind == "appointment":
        names = table("appointments.states")
        before, after = (names.get(data.get(key, ""), "?").lower() for key in ("from", "to"))
        moved = text("staff.event_appointment", before=before, after=after)
        return text("staff.event_why", event=moved, why=data["why"]) if data.get("why") else moved
    if event.kind == "proposed":
        return text("staff.event_proposed", times=", ".join(data.get("times", ())))
    said = table("staff.events").get(event.kind, event.kind.replace("_", " "))
    if event.kind == "alert_step" and data.get("minutes"):
        said = text("staff.event_alert_step", minutes=f"{data['minutes']:g}")
    if event.kind == "hand_over" and data.get("reason"):
        why = table("staff.reasons").get(data["reason"], data["reason"]).lower()
        said = text("staff.event_hand_over", reason=why)
    return text("staff.event_why", event=said, why=data["why"]) if data.get("why") else said


def age(at: datetime) -> str:
    """How long ago, short: ``now``, ``5 min``, ``3 h``, ``2 d``."""
    minutes = max(0, int((now() - at).total_seconds() // 60))
    if minutes < 1:
        return "now"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d"


def local(at: datetime) -> datetime:
    """The time on the clinic's wall."""
    return at.astimezone(ZoneInfo(clinic().time_zone))


def clinic_time(words: str) -> datetime | None:
    """The moment of a time on the clinic's wall, as a page's field gives it; ``None``: it is none."""
    try:
        there = datetime.fromisoformat(words)
    except ValueError:
        return None
    return there.replace(tzinfo=ZoneInfo(clinic().time_zone)) if there.tzinfo is None else None


def clock(at: datetime) -> str:
    """The time on the clinic's wall in words; with the day if that is not today."""
    here, today = local(at), local(now())
    if here.date() == today.date():
        return f"{here:%H:%M}"
    return f"{here:%a} {here.day} {here:%b}{f' {here.year}' if here.year != today.year else ''}, {here:%H:%M}"


def full_time(at: datetime) -> str:
    """The time on the clinic's wall, with weekday, seconds and zone."""
    here = local(at)
    return f"{here:%A} {here.day} {here:%B} {here.year}, {here:%H:%M:%S} {here:%Z}"
