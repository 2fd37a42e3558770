"""How the console's pages are made."""

from __future__ import annotations

import hashlib
import re
import uuid
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from bot.content.clinic import clinic
from bot.content.texts import table, text
from bot.errors import RefusedError
from bot.staff import labels
from bot.staff.auth.sessions import SignedIn

HERE = Path(__file__).parent
COOKIE = "rla_staff"
#: What was searched for last, for the page of the search alone.
SEARCH_COOKIE = "rla_staff_search"
#: The page's own files, by name.
FILES = {path.name: path for path in sorted((HERE / "static").iterdir())}
#: Where they are fetched: changed files have another address, so a browser may keep what it has.
STATIC = (
    f"/staff/static/{hashlib.sha256(b''.join(path.read_bytes() for path in FILES.values())).hexdigest()[:12]}"
)

#: A cell that begins so is a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_LINK = re.compile(r"\[([^\]\n]{1,120})\]\((tel:[+\d][\d-]*|https://[^\s()<>\"]+)\)")


def is_fragment(request: Request) -> bool:
    """Whether the page's script asks, and wants words instead of a page."""
    return request.headers.get("x-fragment") == "1"


def page(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A page or a part of one."""
    who: SignedIn | None = getattr(request.state, "who", None)
    done = table("staff.done").get(request.query_params.get("done", ""))
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
        title=text("staff.refused.title"),
        message=error.message,
        kept=kept,
        back=back,
    )
    made.headers.update(headers or {})
    return made


@cache
def environment() -> Environment:
    """Jinja with the console's templates and filters; a name that is missing is an error."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(when=when, linked=linked, clock=labels.clock, age=labels.age)
    made.globals.update(labels=labels, static=STATIC, new_key=lambda: uuid.uuid4().hex)
    return made


def when(at: datetime, *, ago: bool = True) -> Markup:
    """A time on the clinic's wall, with its age beside it, which the page's script keeps fresh."""
    beside = Markup(' <span class="age" data-ago>{}</span>').format(labels.age(at)) if ago else ""
    return Markup('<time datetime="{}" title="{}">{}</time>{}').format(
        at.isoformat(), labels.full_time(at), labels.clock(at), beside
    )


def linked(words: str) -> Markup:
    """The text of a reviewed answer, with its telephone and web links. Never used on a patient's words."""
    parts, end = [], 0
    for found in _LINK.finditer(words):
        parts.append(escape(words[end : found.start()]))
        parts.append(Markup('<a href="{}" rel="noreferrer noopener">{}</a>').format(found[2], found[1]))
        end = found.end()
    return Markup("").join([*parts, escape(words[end:])])


def safe_cell(cell: str) -> str:
    """A cell of a CSV file that no spreadsheet takes for a formula: OWASP, "CSV Injection"."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
