"""What every request to the console passes: headers, session, CSRF, and errors in plain words.

It is a route class and not a dependency, so a route cannot forget it: whoever adds a page gets it all.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

import structlog
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from bot.errors import RefusedError
from bot.logs import fault
from bot.settings import settings
from bot.staff.auth.sessions import SignedIn, SignedOutError, find, touch
from bot.staff.pages import COOKIE, Console, is_fragment, page, problem_page

log = structlog.get_logger(__name__)

FORM_COOKIE = "rla_staff_form"
SIGN_IN = "/staff/sign-in"
#: Open to everyone: the door itself, and its style.
PUBLIC = frozenset({SIGN_IN, "/staff/static/{name}"})
#: The page's script asks for these by itself, so they do not show that a person is there.
QUIET = ("/staff/fragments/", "/staff/events")
MAX_BODY = 100_000  # bytes; a reply of 4,000 characters, each of four bytes and percent-encoded, is 48,000
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": with that, browsers send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}


class StaffRoute(APIRoute):
    """A route behind the gate. ``console`` is set by :func:`route_class`."""

    console: ClassVar[Console]

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            response = await self._answer(request, inner)
            response.headers.update(HEADERS)
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
                request.state.who = await run_in_threadpool(self._who, request)
            if request.method not in SAFE:
                await _check_token(request)
            return await inner(request)
        except SignedOutError as error:
            return await _to_sign_in(request, error.why)
        except RefusedError as error:
            return problem_page(request, error, kept=await _typed(request))
        except RequestValidationError:
            return problem_page(
                request,
                RefusedError("form", "The form was not complete. Please go back and try again."),
                kept=await _typed(request),
            )
        except SQLAlchemyError as error:
            log.error("database_error", path=self.path, **fault(error))
            return problem_page(
                request,
                RefusedError(
                    "database",
                    "The database cannot be reached just now, so nothing was saved. Please try again in a moment.",
                    status=503,
                ),
                kept=await _typed(request),
            )
        except Exception as error:
            log.error("page_failed", path=self.path, **fault(error))
            return problem_page(
                request,
                RefusedError("error", "Something went wrong on our side. Please try again.", status=500),
                kept=await _typed(request),
            )

    def _who(self, request: Request) -> SignedIn:
        with self.console.store.read() as session:
            who = find(session, request.cookies.get(COOKIE, ""))
        if not self.path.startswith(QUIET):
            touch(self.console.store, who)
        return who


def route_class(console: Console) -> type[StaffRoute]:
    return type("Route", (StaffRoute,), {"console": console})


def _check_size(request: Request) -> None:
    length = request.headers.get("content-length", "0")
    if "transfer-encoding" in request.headers or not length.isdigit():
        raise RefusedError("length", "The request did not say how long it is.", status=411)
    if int(length) > MAX_BODY:
        raise RefusedError("too_long", "That was too much text at once.", status=413)


def _check_origin(request: Request) -> None:
    """The form must come from our own page, as the browser tells us."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    ours = {request.headers.get("host", ""), urlsplit(settings().public_url).netloc}
    if site not in ("same-origin", "none") or (
        origin is not None and urlsplit(origin).netloc not in ours - {""}
    ):
        raise RefusedError(
            "origin", "This form did not come from the console, so nothing was done.", status=403
        )


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
            "This page was out of date, so nothing was done. Please reload it and try again.",
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
        return JSONResponse({"error": "signed_out", "message": "You are signed out."}, status_code=401)
    path = request.url.path
    if request.method in SAFE and not path.startswith(QUIET):
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
