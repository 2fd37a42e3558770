"""Signing in and out, and one's own account."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select

from bot.content.texts import text
from bot.conversation.held import release_all
from bot.errors import RefusedError
from bot.settings import settings
from bot.staff.auth import accounts, sessions, trail
from bot.staff.auth.access import FORM_COOKIE, SIGN_IN, router, safe_path, sign_in_page
from bot.staff.dependencies import Console, Database, Field, Who
from bot.staff.pages import COOKIE, SEARCH_COOKIE, go, page
from bot.staff.queue import Queue, read_queue
from bot.store import audit
from bot.store.models import Staff


@router.get("/sign-in")
def sign_in_form(request: Request, store: Database, next: str = "/staff/", why: str = "") -> Response:
    """The sign-in page.

    Args:
        next: the page to go to afterwards.
        why: ``expired``, ``disabled`` or ``left``, if a session has just ended.
    """
    with store.read() as session:
        empty = session.scalar(select(Staff.id).limit(1)) is None
    return sign_in_page(request, why=why, back=safe_path(next), empty=empty)


@router.post("/sign-in")
def sign_in(
    request: Request,
    store: Database,
    email: Field = "",
    password: Field = "",
    next: Field = "/staff/",
    draft: Field = "",
) -> Response:
    """Begin a session; ``draft`` is a text that was typed before the last one ended, and comes along."""
    back, old = safe_path(next), request.cookies.get(COOKIE, "")
    try:
        token = sessions.sign_in(store, email, password, address=trail.address(request), old_token=old)
    except RefusedError as error:
        trail.note_sign_in(store, accounts.clean_email(email), error.code, address=trail.address(request))
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
def sign_out(request: Request, console: Console, who: Who, held: Field = "") -> Response:
    """End this browser's session; who holds conversations is asked first.

    Args:
        held: what becomes of them: ``release``, or ``keep`` for who comes back soon.
    """
    released: list[str] = []
    with console.store.write() as session:
        mine = read_queue(session, "mine", who.staff) if held not in ("release", "keep") else Queue()
        if mine.rows:
            return page(request, "leaving.html", rows=mine.rows, idle_minutes=settings().held_idle_minutes)
        if held == "release":
            released = release_all(session, who.staff, "left", actor=who.staff.name)
        sessions.sign_out(session, who)
        trail.note(session, request, who, "signed_out")
    for conversation_id in released:
        console.notifier.notify(conversation_id)
    made = RedirectResponse(f"{SIGN_IN}?why=left", status_code=303)
    made.delete_cookie(COOKIE, path="/staff")
    made.delete_cookie(SEARCH_COOKIE, path="/staff/search")
    return made


@router.post("/alive")
def alive(who: Who) -> Response:
    """The person is typing. Nothing is left to do: the route class has noted it already."""
    return Response(status_code=204)


@router.get("/account")
def account(request: Request, who: Who) -> Response:
    """The page of one's own account."""
    return page(request, "account.html", section="account")


@router.post("/account/password")
def change_password(
    request: Request, store: Database, who: Who, current: Field = "", new: Field = "", again: Field = ""
) -> Response:
    """Take a new password, and end all other sessions of this person."""
    try:
        if new != again:
            raise RefusedError("again", text("staff.refused.passwords_differ"))
        accounts.check_password(new, email=who.staff.email, name=who.staff.name)
        # Counted like a sign-in, so that nobody can go on guessing at a browser that was left open.
        address, where = trail.address(request), "account page"
        try:
            token = sessions.sign_in(store, who.staff.email, current, address=address, where=where)
        except RefusedError as error:
            trail.note_sign_in(store, who.staff.email, error.code, address=address, where=where)
            raise
        with store.write() as session:
            accounts.set_password(session, who.staff, new, keep=sessions.hashed(token))
            trail.note(session, request, who, "password_changed", on=audit.of_staff(who.staff.id))
    except RefusedError as error:
        wrong = error.code == "wrong"
        problem = text("staff.refused.current_password") if wrong else error.message
        status = 400 if wrong else error.status
        return page(request, "account.html", status=status, section="account", problem=problem)
    made = go("/staff/account", "password")
    _set_cookie(made, token)
    return made


def _set_cookie(response: Response, token: str) -> None:
    response.set_cookie(
        COOKIE, token, path="/staff", httponly=True, samesite="strict", secure=settings().secure_cookies
    )
