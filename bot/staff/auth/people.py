"""The admins' page of the people who work here and their accounts."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from bot.content.texts import text
from bot.errors import RefusedError
from bot.staff.auth import accounts, trail
from bot.staff.auth.access import router
from bot.staff.auth.sessions import SignedIn
from bot.staff.dependencies import Database, Field, Number, Who
from bot.staff.pages import go, page
from bot.store import audit
from bot.store.engine import Store
from bot.store.models import Staff

_PAGE = "/staff/people"


@router.get("/people")
def people(request: Request, store: Database, who: Who) -> Response:
    """All accounts."""
    return _show(request, store)


@router.post("/people")
def add(
    request: Request,
    store: Database,
    who: Who,
    email: Field = "",
    name: Field = "",
    role: Field = "receptionist",
    password: Field = "",
) -> Response:
    """Add an account; if that is refused, what was typed is shown again, but for the password."""
    try:
        with store.write() as session:
            made = accounts.add_staff(session, email, name, role, password)
            trail.note(session, request, who, "account_added", on=audit.of_staff(made.id), detail=made.role)
    except RefusedError as error:
        return _show(request, store, error, kept={"email": email, "name": name, "role": role})
    return go(_PAGE, "added")


@router.post("/people/{staff_id}/off")
def switch_off(request: Request, store: Database, who: Who, staff_id: Number) -> Response:
    """Switch an account off."""
    return _switch(request, store, staff_id, off=True, by=who)


@router.post("/people/{staff_id}/on")
def switch_on(request: Request, store: Database, who: Who, staff_id: Number) -> Response:
    """Switch an account on again."""
    return _switch(request, store, staff_id, off=False, by=who)


@router.post("/people/{staff_id}/role")
def change_role(request: Request, store: Database, who: Who, staff_id: Number, role: Field = "") -> Response:
    """Give an account another role."""
    try:
        with store.write() as session:
            before = accounts.set_role(session, staff_id, role, by=who.staff)
            change = f"{before} to {role}"
            trail.note(session, request, who, "role_changed", on=audit.of_staff(staff_id), detail=change)
    except RefusedError as error:
        return _show(request, store, error)
    return go(_PAGE, "role")


@router.post("/people/{staff_id}/password")
def reset(request: Request, store: Database, who: Who, staff_id: Number, password: Field = "") -> Response:
    """Give somebody a new password and end their sessions."""
    try:
        with store.write() as session:
            person = session.get(Staff, staff_id)
            if person is None:
                raise RefusedError("gone", text("staff.refused.account_gone"), status=404)
            accounts.set_password(session, person, password, keep=who.token_hash)
            trail.note(session, request, who, "password_reset", on=audit.of_staff(staff_id))
    except RefusedError as error:
        return _show(request, store, error)
    return go(_PAGE, "reset")


def _switch(request: Request, store: Store, staff_id: int, *, off: bool, by: SignedIn) -> Response:
    try:
        with store.write() as session:
            accounts.set_disabled(session, staff_id, off, by=by.staff)
            action = "account_off" if off else "account_on"
            trail.note(session, request, by, action, on=audit.of_staff(staff_id))
    except RefusedError as error:
        return _show(request, store, error)
    return go(_PAGE, "off" if off else "on")


def _show(
    request: Request, store: Store, error: RefusedError | None = None, *, kept: dict[str, str] | None = None
) -> Response:
    """The page, with why something was refused and what was typed, if so."""
    with store.read() as session:
        found = accounts.everyone(session)
    return page(
        request,
        "staff.html",
        status=error.status if error else 200,
        section="staff",
        people=found,
        problem=error.message if error else None,
        kept=kept or {},
    )
