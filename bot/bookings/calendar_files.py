"""Appointments as calendar files (RFC 5545): for the patient, for staff, and the clinic's feed.

One request is one entry with one ``UID``, however often it is moved; ``SEQUENCE`` counts the changes, and a
cancelled entry says so, so that a calendar which has it takes it out.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import now
from bot.content.clinic import clinic
from bot.content.texts import text
from bot.conversation.appointments import digest
from bot.settings import settings
from bot.store.appointments import latest, of_booking
from bot.store.models import Appointment, KeyValue

TYPE = "text/calendar; charset=utf-8"
#: How long a patient's link works after the appointment.
LASTS = timedelta(days=1)
_FEED = "calendar_feed"
_BACK = timedelta(days=31)


def entry_behind(session: Session, token: str) -> Appointment | None:
    """What the patient's link opens: the request's entry as it is now, also after it was moved.

    ``None`` if nothing was booked under the link, or it is over.
    """
    found = session.scalar(select(Appointment).where(Appointment.link_hash == digest(token)))
    shown = latest(of_booking(session, found.booking_id)) if found else None
    return shown if shown and shown.ends_at + LASTS > now() else None


def for_patient(appointment: Appointment) -> bytes:
    """The file that the patient's link gives."""
    place = clinic()
    event = _event(appointment, text("appointments.calendar.title"))
    about = text("appointments.calendar.about", person=appointment.person, phone=place.phone)
    event.add("description", about)
    return _file([event], method="CANCEL" if appointment.state == "cancelled" else "PUBLISH")


def for_staff(appointments: Sequence[Appointment], *, method: str = "PUBLISH") -> bytes:
    """The clinic's side, without the patient's name: a calendar's host is not ours.

    The address of the conversation stands in it where ``RLA_PUBLIC_URL`` is set.
    """
    events = []
    for one in appointments:
        code = one.conversation_id[:4].upper()
        event = _event(one, text("appointments.calendar.staff_title", code=code, person=one.person))
        if settings().public_url:
            event.add("url", f"{settings().public_url.rstrip('/')}/staff/conversations/{one.conversation_id}")
        events.append(event)
    return _file(events, method=method)


def for_feed(session: Session) -> bytes:
    """All entries of the last month and of the time to come, the cancelled ones too."""
    found = session.scalars(
        select(Appointment)
        .where(Appointment.booked_at.is_not(None), Appointment.ends_at > now() - _BACK)
        .order_by(Appointment.starts_at, Appointment.id)
    )
    by_request: dict[int, list[Appointment]] = {}
    for one in found:
        by_request.setdefault(one.booking_id, []).append(one)
    entries = [shown for group in by_request.values() if (shown := latest(group))]
    return for_staff(entries)


def open_feed(session: Session) -> str:
    """A new secret for the feed's address; an earlier one stops working."""
    token = secrets.token_urlsafe(32)
    session.merge(KeyValue(key=_FEED, value=digest(token)))
    return token


def close_feed(session: Session) -> None:
    """The feed's address stops working."""
    if kept := session.get(KeyValue, _FEED):
        session.delete(kept)


def has_feed(session: Session) -> bool:
    """Whether the feed has an address."""
    return session.get(KeyValue, _FEED) is not None


def opens_feed(session: Session, token: str) -> bool:
    """Whether a secret is that of the feed."""
    kept = session.get(KeyValue, _FEED)
    return kept is not None and secrets.compare_digest(kept.value, digest(token))


def _event(appointment: Appointment, title: str) -> Event:
    zone = ZoneInfo(clinic().time_zone)
    event = Event()
    event.add("uid", f"{appointment.uid}@appointments")
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", now())
    event.add("last-modified", appointment.updated_at)
    event.add("dtstart", appointment.starts_at.astimezone(zone))
    event.add("dtend", appointment.ends_at.astimezone(zone))
    event.add("summary", title)
    event.add("location", appointment.place)
    event.add("status", "CANCELLED" if appointment.state == "cancelled" else "CONFIRMED")
    event.add("class", "PRIVATE")
    return event


def _file(events: Sequence[Event], *, method: str) -> bytes:
    made = Calendar()
    made.add("prodid", "-//Restless Legs Assistant//Appointments//EN")
    made.add("version", "2.0")
    made.add("method", method)
    made.add("x-wr-calname", clinic().name)
    for event in events:
        made.add_component(event)
    made.add_missing_timezones()
    return bytes(made.to_ical())
