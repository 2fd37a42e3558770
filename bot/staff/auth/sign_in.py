"""Signing in and out, and one's own account."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select

from bot.errors import RefusedError
from bot.settings import settings
from bot.staff.auth import accounts, sessions
from bot.staff.auth.access import FORM_COOKIE, SIGN_IN, safe_path, sign_in_page
from bot.staff.pages import COOKIE, Console, Who, go, page
from bot.store.models import Staff


def add_routes(router: APIRouter, console: Console) -> None:
    @router.get("/sign-in")
    def sign_in_form(request: Request, next: str = "/staff/", why: str = "") -> Response:
        with console.store.read() as session:
            empty = session.scalar(select(Staff.id).limit(1)) is None
        return sign_in_page(request, why=why, back=safe_path(next), empty=empty)

    @router.post("/sign-in")
    def sign_in(
        request: Request,
        email: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = "/staff/",
        draft: Annotated[str, Form()] = "",
    ) -> Response:
        back = safe_path(next)
        address = request.client.host if request.client else "?"
        old = request.cookies.get(COOKIE, "")
        try:
            token = sessions.sign_in(console.store, email, password, address=address, old_token=old)
        except RefusedError as error:
            made = sign_in_page(
                request, back=back, kept=draft, problem=error.message, email=email[:254], status=error.status
            )
            if error.retry_after:
                made.headers["Retry-After"] = str(round(error.retry_after))
            return made
        made = page(request, "kept.html", kept=draft, back=back) if draft.strip() else go(back)
        _set_cookie(made, token)
        made.delete_cookie(FORM_COOKIE, path="/staff")
        return made

    @router.post("/sign-out")
    def sign_out(who: Who) -> Response:
        with console.store.write() as session:
            sessions.sign_out(session, who)
        made = RedirectResponse(f"{SIGN_IN}?why=left", status_code=303)
        made.delete_cookie(COOKIE, path="/staff")
        return made

    @router.post("/alive")
    def alive(who: Who) -> Response:
        """The person is typing; the gate has already noted it."""
        return Response(status_code=204)

    @router.get("/account")
    def account(request: Request, who: Who) -> Response:
        return page(request, "account.html", section="account")

    @router.post("/account/password")
    def change_password(
        request: Request,
        who: Who,
        current: Annotated[str, Form()] = "",
        new: Annotated[str, Form()] = "",
        again: Annotated[str, Form()] = "",
    ) -> Response:
        try:
            if new != again:
                raise RefusedError("again", "The two new passwords are not the same.")
            accounts.check_password(new, email=who.staff.email, name=who.staff.name)
            # Counted like a sign-in, so that a browser left open is no way to guess on.
            address = request.client.host if request.client else "?"
            token = sessions.sign_in(console.store, who.staff.email, current, address=address)
            with console.store.write() as session:
                accounts.set_password(session, who.staff, new, keep=sessions.hashed(token))
        except RefusedError as error:
            words = "The current password is not right." if error.code == "wrong" else error.message
            return page(
                request,
                "account.html",
                status=400 if error.code == "wrong" else error.status,
                section="account",
                problem=words,
            )
        made = go("/staff/account", "password")
        _set_cookie(made, token)
        return made


def _set_cookie(response: Response, token: str) -> None:
    response.set_cookie(
        COOKIE, token, path="/staff", httponly=True, samesite="strict", secure=settings().secure_cookies
    )
