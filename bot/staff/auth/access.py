"""What every request to the console passes: headers, session, CSRF, and errors in plain words.

It is a route class and not a dependency, so no route can forget it: whoever adds a page to the console's
router gets all of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote, urlsplit

import structlog
from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from bot.content.texts import text
from bot.errors import RefusedError
from bot.logs import fault
from bot.settings import settings
from bot.staff.auth import trail
from bot.staff.auth.roles import home, may_open
from bot.staff.auth.sessions import SignedIn, SignedOutError, find, touch
from bot.staff.dependencies import parts
from bot.staff.pages import COOKIE, is_fragment, page, problem_page

log = structlog.get_logger(__name__)

FORM_COOKIE = "rla_staff_form"
SIGN_IN = "/staff/sign-in"
#: Open to everyone: the sign-in page, and its style.
PUBLIC = frozenset({SIGN_IN, "/staff/static/{version}/{name}"})
#: The page's script asks for these by itself, so they do not show that a person is there.
UNATTENDED = ("/staff/fragments/", "/staff/events")
#: Refusals that the audit keeps.
NOTED = frozenset({"role", "csrf", "origin"})
MAX_BODY = 100_000  # bytes; a reply of 4,000 characters, each of four bytes and percent-encoded, is 48,000
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": with that, browsers send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}


class StaffRoute(APIRoute):
    """A route of the console: it answers only who is signed in, and only forms that come from our own
    pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            response = await self._answer(request, inner)
            if response.status_code == 303 and is_fragment(request):
                # The page's script goes there itself: it must know whether this was done, not load the next page.
                response = Response(status_code=204, headers={"X-Go": response.headers["location"]})
            response.headers.update(
                HEADERS | {"Cache-Control": response.headers.get("cache-control", "no-store")}
            )
            return response

        return handle

    async def _answer(
        self, request: Request, inner: Callable[[Request], Coroutine[Any, Any, Response]]
    ) -> Response:
        try:
            if request.method not in SAFE:
                _check_size(request)
                _check_origin(request)
            if self.path not in PUBLIC:
                who = request.state.who = await run_in_threadpool(self._who, request)
                if who.staff.role not in may_open(self.path):
                    if self.path == "/staff/" and request.method in SAFE:
                        return RedirectResponse(home(who.staff.role), status_code=303)
                    raise RefusedError("role", text("staff.refused.not_your_role"), status=403)
            if request.method not in SAFE:
                await _check_token(request)
            if self.path not in PUBLIC:
                await run_in_threadpool(
                    trail.note_reading, parts(request).store, request, request.state.who, self.path
                )
            return await inner(request)
        except SignedOutError as error:
            return await _to_sign_in(request, error.why)
        except RefusedError as error:
            refusal = error
            if error.code in NOTED:
                await run_in_threadpool(
                    trail.note_refusal, parts(request).store, request, error.code, self.path
                )
        except RequestValidationError as error:
            if any(fault["loc"][0] == "path" for fault in error.errors()):
                refusal = RefusedError("page", text("staff.refused.no_such_page"), status=404)
            else:
                refusal = RefusedError("form", text("staff.refused.form_incomplete"))
        except SQLAlchemyError as error:
            log.error("database_error", path=self.path, **fault(error))
            refusal = RefusedError("database", text("staff.refused.database"), status=503)
        except Exception as error:
            log.error("page_failed", path=self.path, **fault(error))
            refusal = RefusedError("error", text("staff.refused.our_fault"), status=500)
        return problem_page(request, refusal, kept=await _typed(request))

    def _who(self, request: Request) -> SignedIn:
        database = parts(request).store
        with database.read() as session:
            who = find(session, request.cookies.get(COOKIE, ""))
        if not self.path.startswith(UNATTENDED):
            touch(database, who)
        return who


#: The console's routes. Each module of handlers adds its own; ``bot.staff.router`` imports them all.
router = APIRouter(prefix="/staff", route_class=StaffRoute, include_in_schema=False)


def _check_size(request: Request) -> None:
    length = request.headers.get("content-length", "0")
    if "transfer-encoding" in request.headers or not length.isdigit():
        raise RefusedError("length", text("staff.refused.no_length"), status=411)
    if int(length) > MAX_BODY:
        raise RefusedError("too_long", text("staff.refused.too_much_text"), status=413)


def _check_origin(request: Request) -> None:
    """The form must come from our own page, as the browser tells us."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    ours = {request.headers.get("host", ""), urlsplit(settings().public_url).netloc}
    if site not in ("same-origin", "none") or (
        origin is not None and urlsplit(origin).netloc not in ours - {""}
    ):
        raise RefusedError("origin", text("staff.refused.other_site"), status=403)


async def _check_token(request: Request) -> None:
    """The form must carry the session's token; the sign-in form, which has no session, its cookie's."""
    who: SignedIn | None = getattr(request.state, "who", None)
    expected = who.csrf if who else request.cookies.get(FORM_COOKIE, "")
    given = (await request.form()).get("csrf", "")
    if (
        not expected
        or not isinstance(given, str)
        or not secrets.compare_digest(given.encode(), expected.encode())
    ):
        raise RefusedError(
            "csrf",
            text("staff.refused.out_of_date"),
            status=403,
        )


async def _typed(request: Request) -> str:
    """The long text of a form that could not be taken, so that it is not lost."""
    if request.method in SAFE:
        return ""
    try:
        form = await request.form()
    except Exception:
        return ""
    return next(
        (
            value
            for name in ("text", "reason", "draft")
            if isinstance(value := form.get(name), str) and value.strip()
        ),
        "",
    )


async def _to_sign_in(request: Request, why: str) -> Response:
    """To the sign-in page and from there back; a text that was typed goes along."""
    if is_fragment(request):
        return JSONResponse(
            {"error": "signed_out", "message": text("staff.refused.signed_out")}, status_code=401
        )
    path = request.url.path
    if request.method in SAFE and not path.startswith(UNATTENDED):
        back = path + (f"?{request.url.query}" if request.url.query else "")
    else:
        parts = path.split("/")
        back = "/".join(parts[:4]) if parts[2:3] == ["conversations"] else "/staff/"
    kept = await _typed(request)
    if kept:
        return sign_in_page(request, why=why, back=back, kept=kept, status=401)
    return RedirectResponse(
        f"{SIGN_IN}?next={quote(back, safe='/')}" + (f"&why={why}" if why != "none" else ""), status_code=303
    )


def sign_in_page(
    request: Request,
    *,
    why: str = "",
    back: str = "/staff/",
    kept: str = "",
    problem: str | None = None,
    email: str = "",
    status: int = 200,
    empty: bool = False,
) -> Response:
    """The sign-in page with a fresh token of its own."""
    token = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
    # A link from an e-mail comes without the cookie (SameSite=Strict), although the person may be signed in.
    elsewhere = request.headers.get("sec-fetch-site") == "cross-site"
    said = {
        "why": why,
        "back": back,
        "kept": kept,
        "problem": problem,
        "email": email,
        "empty": empty,
        "elsewhere": elsewhere,
    }
    made = page(request, "sign_in.html", status=status, **{**said, "csrf": token})
    made.set_cookie(
        FORM_COOKIE, token, path="/staff", httponly=True, samesite="strict", secure=settings().secure_cookies
    )
    return made


def safe_path(path: str) -> str:
    """``path`` if it is a page of the console, otherwise the queue; never another site."""
    parts = urlsplit(path)
    if (
        parts.scheme
        or parts.netloc
        or not path.startswith("/staff/")
        or "\\" in path
        or any(ord(sign) < 33 for sign in path)
    ):
        return "/staff/"
    return "/staff/" if parts.path.startswith(SIGN_IN) else path
