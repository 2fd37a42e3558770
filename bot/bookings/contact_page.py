"""A one-time web page for contact details, so that name and telephone number never stand in a chat that
others can read.

The booking flow sends a link, and staff can send a new one (``bot/staff/private_page.py``); what the patient
fills in goes straight into the booking request. A link works once and for 24 hours, and opening it changes
nothing: messengers and virus scanners open links too.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader

from bot.bookings.fields import FIELDS
from bot.bookings.links import open_link, use_link
from bot.content.clinic import clinic
from bot.content.texts import text, texts
from bot.conversation.messages import add_message, locked
from bot.conversation.text import clean
from bot.store.engine import Store
from bot.work.notifier import Notifier

#: Characters of a field; its column has as many.
LONGEST = 256
_FOLDER = Path(__file__).with_name("templates")
_STYLE = (_FOLDER / "contact.css").read_text(encoding="utf-8")
_PAGE = Environment(autoescape=True, loader=FileSystemLoader(_FOLDER)).get_template("contact.html")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'sha256-"
        + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
        + "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


async def _given(request: Request) -> dict[str, str]:
    """What was filled in, by the fields' columns; "" where a field is missing or no text."""
    form = await request.form()
    found = {field.column: form.get(field.column) for field in FIELDS if field.private}
    return {key: clean(value) if isinstance(value, str) else "" for key, value in found.items()}


def make_router(store: Store, notifier: Notifier) -> APIRouter:
    """``GET`` and ``POST /contact/{token}``."""
    router = APIRouter(include_in_schema=False)

    @router.get("/contact/{token}")
    def show(token: str) -> HTMLResponse:
        with store.read() as session:
            return _form() if open_link(session, token) else _closed()

    @router.post("/contact/{token}")
    def keep(token: str, given: Annotated[dict[str, str], Depends(_given)]) -> HTMLResponse:
        with store.write() as session:
            link = open_link(session, token)
            conversation = locked(session, link.conversation_id) if link else None
            if link is None or conversation is None:
                return _closed()
            if not all(given.values()) or max(map(len, given.values())) > LONGEST:
                return _form(given, problem=text("bookings.page.incomplete", longest=LONGEST))
            if not use_link(session, link, **given):
                return _closed()
            add_message(session, conversation, "system", text("bookings.page.arrived_in_chat"))
        notifier.notify(conversation.id)
        return plain_page(text("bookings.page.thanks"), [text("bookings.page.arrived")])

    return router


def _form(given: Mapping[str, str] | None = None, *, problem: str = "") -> HTMLResponse:
    labels, values = texts(), given or {}
    fields = []
    for field in FIELDS:
        if field.private:
            label = labels.get(f"bookings.page.labels.{field.column}")
            hint = labels.get(f"bookings.page.hints.{field.column}")
            fields.append(
                {
                    "name": field.column,
                    "label": label.words if label else field.label,
                    "hint": hint.words if hint else "",
                    "value": values.get(field.column, "")[:LONGEST],
                }
            )
    said = [text("bookings.page.who_sees"), text("bookings.page.no_health")]
    return plain_page(
        text("bookings.page.title"), said, fields=fields, problem=problem, status=422 if problem else 200
    )


def _closed() -> HTMLResponse:
    said = [text("bookings.page.closed_why"), text("bookings.page.closed_next")]
    return plain_page(text("bookings.page.closed"), said, status=410)


def plain_page(
    title: str,
    paragraphs: list[str],
    *,
    fields: list[dict[str, str]] | None = None,
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    """A page for patients, in the form of this one: a title, paragraphs, and fields to fill in if there are any."""
    page = _PAGE.render(
        title=title,
        paragraphs=paragraphs,
        fields=fields,
        problem=problem,
        longest=LONGEST,
        send=text("bookings.page.send"),
        clinic=clinic(),
        style=_STYLE,
    )
    return HTMLResponse(page, status_code=status, headers=_HEADERS)
