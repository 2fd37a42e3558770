"""A one-time web page for contact details, so that name and telephone number never stand in a chat that others can read.

The booking flow sends a link, and staff can send a new one (``bot/staff/private_page.py``); what the patient fills in goes
straight into the booking request. A link works once and for 24 hours, and opening it changes nothing: messengers and
virus scanners open links too.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse
from jinja2 import Environment
from markupsafe import Markup

from bot.content.clinic import clinic
from bot.conversation.messages import add_message, locked
from bot.conversation.text import clean
from bot.store.contact_links import open_link, use_link
from bot.store.engine import Store
from bot.work.notifier import Notifier

MAX_FIELD = 256
ARRIVED = "Thank you. Your contact details have reached {clinic_name}. They are not shown in this chat."

_STYLE = """
body{font:1.125rem/1.5 system-ui,sans-serif;max-width:32rem;margin:0 auto;padding:1.5rem;color:#1b1b1b;background:#fff}
label{display:block;margin-top:1.25rem;font-weight:600}
.hint{display:block;font-weight:400;color:#4a4a4a}
input{box-sizing:border-box;width:100%;min-height:2.75rem;padding:.5rem;font:inherit;border:2px solid #595959;border-radius:.25rem}
button{margin-top:1.5rem;min-height:2.75rem;padding:.5rem 1.5rem;font:inherit;font-weight:600;color:#fff;background:#0b4f6c;border:0;border-radius:.25rem}
:focus-visible{outline:3px solid #d9480f;outline-offset:2px}
.problem{padding:.75rem;border-left:.375rem solid #b00020;background:#fdecee}
@media (prefers-color-scheme:dark){body{color:#f2f2f2;background:#16181c}.hint{color:#c8c8c8}
input{color:#f2f2f2;background:#23262b;border-color:#9a9a9a}.problem{background:#3a1b20}}
"""
_PAGE = Environment(autoescape=True).from_string(
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{{ title }} - {{ clinic.name }}</title><style>{{ style | safe }}</style></head>
<body><main><h1>{{ title }}</h1>
{% if problem %}<p class="problem" role="alert" id="problem">{{ problem }}</p>{% endif %}
{% for part in text %}<p>{{ part }}</p>{% endfor %}
{% if form %}<form method="post" novalidate>
<label for="name">Your name</label>
<input id="name" name="name" autocomplete="name" maxlength="256" required value="{{ name }}"{{ wrong if not name }}>
<label for="contact">Telephone number or e-mail address <span class="hint" id="hint">How our staff should reach you.</span></label>
<input id="contact" name="contact" maxlength="256" required aria-describedby="hint" value="{{ contact }}"{{ wrong if not contact }}>
<button type="submit">Send to the clinic</button></form>{% endif %}
</main></body></html>"""
)
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


def make_router(store: Store, notifier: Notifier) -> APIRouter:
    """``GET`` and ``POST /contact/{token}``."""
    router = APIRouter(include_in_schema=False)

    @router.get("/contact/{token}")
    def show(token: str) -> HTMLResponse:
        with store.read() as session:
            return _form() if open_link(session, token) else _closed()

    @router.post("/contact/{token}")
    def keep(
        token: str, name: Annotated[str, Form()] = "", contact: Annotated[str, Form()] = ""
    ) -> HTMLResponse:
        name, contact = clean(name), clean(contact)
        with store.write() as session:
            link = open_link(session, token)
            conversation = locked(session, link.conversation_id) if link else None
            if link is None or conversation is None:
                return _closed()
            if not name or not contact or max(len(name), len(contact)) > MAX_FIELD:
                return _form(
                    name, contact, problem="Please fill in both fields, each with at most 256 characters."
                )
            if not use_link(session, link, name=name, contact=contact):
                return _closed()
            add_message(session, conversation, "system", clinic().fill(ARRIVED))
        notifier.notify(conversation.id)
        return _page(
            "Thank you",
            ["Your details are with the clinic. You can close this page and go back to the chat."],
        )

    return router


def _form(name: str = "", contact: str = "", *, problem: str = "") -> HTMLResponse:
    place = clinic()
    text = [
        f"Only the staff of {place.name} see what you write here. They use it to reach you about your request, and for nothing else.",
        "Please write nothing about your health on this page.",
    ]
    return _page(
        "How can we reach you?",
        text,
        form=True,
        name=name,
        contact=contact,
        problem=problem,
        status=422 if problem else 200,
    )


def _closed() -> HTMLResponse:
    text = [
        "It was used already, it is older than 24 hours, or a newer one was sent to you.",
        'If you still want to leave your details, write "talk to staff" in the chat. Our staff can send you a new page there.',
    ]
    return _page("This link does not work any more", text, status=410)


def _page(
    title: str,
    text: list[str],
    *,
    form: bool = False,
    name: str = "",
    contact: str = "",
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    page = _PAGE.render(
        title=title,
        text=text,
        form=form,
        name=name[:MAX_FIELD],
        contact=contact[:MAX_FIELD],
        problem=problem,
        wrong=Markup(' aria-invalid="true" aria-describedby="problem"') if problem else "",
        clinic=clinic(),
        style=_STYLE,
    )
    return HTMLResponse(page, status_code=status, headers=_HEADERS)
