"""The addresses under which calendars fetch appointments, each with a secret in it.

``/appointment/SECRET.ics`` is one patient's; ``/calendar/SECRET.ics`` is the clinic's feed, which staff open
and close in the console. Fetching changes nothing: calendars and messengers do it by themselves.
"""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from bot.bookings import calendar_files
from bot.bookings.contact_page import plain_page
from bot.content.texts import text
from bot.store.engine import Store

_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def as_file(made: bytes, name: str) -> Response:
    """A calendar file as an answer."""
    headers = {**_HEADERS, "Content-Disposition": f'attachment; filename="{name}.ics"'}
    return Response(made, media_type=calendar_files.TYPE, headers=headers)


def make_router(store: Store) -> APIRouter:
    """``GET /appointment/{token}.ics`` and ``GET /calendar/{token}.ics``."""
    router = APIRouter(include_in_schema=False)

    @router.get("/appointment/{token}.ics")
    def one(token: str) -> Response:
        with store.read() as session:
            shown = calendar_files.entry_behind(session, token)
            return as_file(calendar_files.for_patient(shown), "appointment") if shown else _closed()

    @router.get("/calendar/{token}.ics")
    def feed(token: str) -> Response:
        with store.read() as session:
            if not calendar_files.opens_feed(session, token):
                return _closed()
            return as_file(calendar_files.for_feed(session), "appointments")

    return router


def _closed() -> HTMLResponse:
    said = [text("appointments.calendar.closed_why"), text("appointments.calendar.closed_next")]
    return plain_page(text("appointments.calendar.closed"), said, status=410)
