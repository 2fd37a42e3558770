"""The console's common parts: what a handler needs, and how a page is made."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from bot.content.clinic import clinic
from bot.errors import RefusedError
from bot.staff import labels
from bot.staff.auth.sessions import SignedIn
from bot.store.engine import Store
from bot.work.notifier import Notifier

HERE = Path(__file__).parent
COOKIE = "rla_staff"

#: What a page says after something was done, by the key in its address.
DONE = {
    "again": "It is being sent again, with a mark that says so.",
    "claimed": "You have this conversation. The assistant is silent until you give it back.",
    "taken": "You have taken over this conversation.",
    "sent": "Sent.",
    "noted": "Note saved.",
    "returned": "The assistant answers this patient again.",
    "closed": "Closed.",
    "alert": "The red flag is closed.",
    "seen": "Marked as seen by you.",
    "booking": "The booking request is updated.",
    "page": "A new private page was sent to the patient in this conversation.",
    "contact": "The contact details are shown for five minutes. This is written in the history.",
    "password": "Your password is changed. Other browsers are signed out.",
    "added": "The account is added. Tell the person their password in private.",
    "off": "The account is switched off.",
    "on": "The account is switched on again.",
    "reset": "The password is changed and the person signed out.",
}

_LINK = re.compile(r"\[([^\]\n]{1,120})\]\((tel:[+\d][\d-]*|https://[^\s()<>\"]+)\)")


@dataclass(frozen=True)
class Console:
    """The parts of the house that the console works on."""

    store: Store
    notifier: Notifier
    kick: Callable[[str], None]


def signed_in(request: Request) -> SignedIn:
    """Who asks; the gate has checked it."""
    who: SignedIn = request.state.who
    return who


def admin(request: Request) -> SignedIn:
    """Who asks, if that is an admin."""
    who = signed_in(request)
    if not who.is_admin:
        raise RefusedError("role", "Only admins can open this page.", status=403)
    return who


Who = Annotated[SignedIn, Depends(signed_in)]
Admin = Annotated[SignedIn, Depends(admin)]


def is_fragment(request: Request) -> bool:
    """Whether the page's script asks, and wants words instead of a page."""
    return request.headers.get("x-fragment") == "1"


def page(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A page or a part of one."""
    who: SignedIn | None = getattr(request.state, "who", None)
    done = DONE.get(request.query_params.get("done", ""))
    base = {
        "who": who,
        "csrf": who.csrf if who else "",
        "clinic": clinic(),
        "problem": None,
        "done": done,
        "section": "",
    }
    return HTMLResponse(environment().get_template(template).render({**base, **context}), status_code=status)


def go(path: str, done: str = "") -> RedirectResponse:
    """See the result under its own address, so that reloading repeats nothing."""
    return RedirectResponse(
        f"{path}{'&' if '?' in path else '?'}done={done}" if done else path, status_code=303
    )


def problem_page(request: Request, error: RefusedError, *, kept: str = "", back: str = "/staff/") -> Response:
    """An error in plain words, with whatever was typed; to a script the words alone."""
    headers = {"Retry-After": str(round(error.retry_after))} if error.retry_after else None
    if is_fragment(request):
        return JSONResponse(
            {"error": error.code, "message": error.message}, status_code=error.status, headers=headers
        )
    made = page(
        request,
        "problem.html",
        status=error.status,
        title="That did not work",
        message=error.message,
        kept=kept,
        back=back,
    )
    made.headers.update(headers or {})
    return made


@cache
def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(when=when, linked=linked, clock=labels.clock, age=labels.age)
    made.globals.update(labels=labels, new_key=lambda: uuid.uuid4().hex)
    return made


def when(at: datetime, *, ago: bool = True) -> Markup:
    """A time on the clinic's wall, with its age beside it, which the page's script keeps fresh."""
    beside = Markup(' <span class="age" data-ago>{}</span>').format(labels.age(at)) if ago else ""
    return Markup('<time datetime="{}" title="{}">{}</time>{}').format(
        at.isoformat(), labels.full_time(at), labels.clock(at), beside
    )


def linked(text: str) -> Markup:
    """The text of a reviewed answer, with its telephone and web links. Never used on a patient's words."""
    parts, end = [], 0
    for found in _LINK.finditer(text):
        parts.append(escape(text[end : found.start()]))
        parts.append(Markup('<a href="{}" rel="noreferrer noopener">{}</a>').format(found[2], found[1]))
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])
