"""Appointments of the coming days for staff, as a page and as files, and the address of the clinic's feed."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.bookings import calendar_files
from bot.bookings.calendar_page import as_file
from bot.clock import now
from bot.content.clinic import clinic
from bot.content.texts import text
from bot.errors import RefusedError
from bot.settings import settings
from bot.staff import labels, visits
from bot.staff.auth.access import router
from bot.staff.booking_routes import BOOKING
from bot.staff.dependencies import Database, Number, Who
from bot.staff.pages import page, safe_cell
from bot.store.models import Appointment, Booking, Conversation

_DAYS = {"day": 1, "week": 7}
_MOST_DAYS = timedelta(days=3650)
Rows = list[tuple[Appointment, str]]
From = Annotated[str, Query(alias="from")]


@router.get("/calendar")
def calendar(request: Request, store: Database, who: Who, begin: From = "", span: str = "week") -> Response:
    """The appointments of a day or of a week, from a date on."""
    span = span if span in _DAYS else "week"
    return _show(request, store, begin, span)


@router.get("/calendar.csv")
def as_table(store: Database, who: Who, begin: From = "", span: str = "week") -> Response:
    """The same as a table for a spreadsheet."""
    first = _first(begin)
    with store.read() as session:
        rows = _rows(session, first, _DAYS.get(span, 7))
    made = io.StringIO()
    write = csv.writer(made)
    write.writerow(text("appointments.csv").split(", "))
    for one, name in rows:
        here = labels.local(one.starts_at)
        cells = [f"{here:%Y-%m-%d}", f"{here:%H:%M}", str(one.minutes), name, one.person, one.place]
        write.writerow([safe_cell(cell) for cell in [*cells, labels.appointment_state(one.state)]])
    headers = {"Content-Disposition": f'attachment; filename="appointments-{first}.csv"'}
    # The mark at the beginning tells Excel that it is UTF-8.
    return Response("\ufeff" + made.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


@router.get(BOOKING + "/appointments/{appointment_id}.ics")
def file(
    store: Database, who: Who, conversation_id: str, booking_id: Number, appointment_id: Number
) -> Response:
    """One appointment for a staff member's own calendar."""
    with store.read() as session:
        one = visits.find_appointment(session, conversation_id, booking_id, appointment_id)
        if one.booked_at is None:
            raise RefusedError("gone", text("appointments.refused.gone"), status=404)
        method = "CANCEL" if one.state == "cancelled" else "PUBLISH"
        return as_file(calendar_files.for_staff([one], method=method), "appointment")


@router.post("/calendar/feed")
def open_feed(request: Request, store: Database, who: Who) -> Response:
    """Make a new address of the feed, and show it this once; an earlier one stops working."""
    with store.write() as session:
        token = calendar_files.open_feed(session)
    address = f"{settings().public_url.rstrip('/') or str(request.base_url).rstrip('/')}/calendar/{token}.ics"
    return _show(request, store, "", "week", address=address)


@router.post("/calendar/feed/close")
def close_feed(request: Request, store: Database, who: Who) -> Response:
    """The address of the feed stops working."""
    with store.write() as session:
        calendar_files.close_feed(session)
    return _show(request, store, "", "week")


def _show(request: Request, store: Database, begin: str, span: str, *, address: str = "") -> Response:
    first, days = _first(begin), _DAYS[span]
    with store.read() as session:
        rows, has_feed = _rows(session, first, days), calendar_files.has_feed(session)
    by_day = {first + timedelta(days=ahead): Rows() for ahead in range(days)}
    for one, name in rows:
        by_day[labels.local(one.starts_at).date()].append((one, name))
    return page(
        request,
        "calendar.html",
        section="calendar",
        days=by_day,
        span=span,
        first=first,
        earlier=first - timedelta(days=days),
        later=first + timedelta(days=days),
        has_feed=has_feed,
        address=address,
    )


def _first(begin: str) -> date:
    today = labels.local(now()).date()
    try:
        first = date.fromisoformat(begin)
    except ValueError:
        return today
    return first if abs(first - today) < _MOST_DAYS else today


def _rows(session: Session, first: date, days: int) -> Rows:
    """What is booked, and what came of it, each with the patient's name."""
    zone = ZoneInfo(clinic().time_zone)
    begin, end = (datetime.combine(day, time(), zone) for day in (first, first + timedelta(days=days)))
    found = session.execute(
        select(Appointment, Booking.name, Conversation)
        .join(Booking, Booking.id == Appointment.booking_id)
        .join(Conversation, Conversation.id == Appointment.conversation_id)
        .where(
            Appointment.starts_at >= begin,
            Appointment.starts_at < end,
            Appointment.state.in_(("booked", "done", "no_show", "proposed")),
        )
        .order_by(Appointment.starts_at, Appointment.id)
    )
    return [(one, name or talk.short_name) for one, name, talk in found]
