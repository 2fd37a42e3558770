"""The page of all booking requests, and the admins' page of accounts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from bot.errors import RefusedError
from bot.staff import desk
from bot.staff.auth import accounts
from bot.staff.auth.sessions import SignedIn
from bot.staff.conversation_page import VIEWS, booking_counts, read_bookings
from bot.staff.labels import BOOKING_STATES
from bot.staff.pages import Admin, Console, Who, go, page
from bot.store.models import Staff

Text = Annotated[str, Form()]


def add_routes(router: APIRouter, console: Console) -> None:
    def show_staff(
        request: Request,
        who: SignedIn,
        *,
        status: int = 200,
        problem: str | None = None,
        kept: dict[str, str] | None = None,
    ) -> Response:
        with console.store.read() as session:
            people = accounts.everyone(session)
        return page(
            request,
            "staff.html",
            status=status,
            section="staff",
            people=people,
            problem=problem,
            kept=kept or {},
        )

    @router.get("/bookings")
    def bookings(request: Request, who: Who, state: str = "") -> Response:
        state = state if state in BOOKING_STATES else ""
        with console.store.read() as session:
            found, by_state, counts = (
                read_bookings(session, state, who.staff),
                booking_counts(session),
                desk.counts(session, who.staff),
            )
        return page(
            request,
            "bookings.html",
            section="bookings",
            bookings=found,
            by_state=by_state,
            state=state,
            counts=counts,
            views=VIEWS,
            view="bookings",
        )

    @router.get("/people")
    def people(request: Request, who: Admin) -> Response:
        return show_staff(request, who)

    @router.post("/people")
    def add(
        request: Request,
        who: Admin,
        email: Text = "",
        name: Text = "",
        role: Text = "staff",
        password: Text = "",
    ) -> Response:
        try:
            with console.store.write() as session:
                accounts.add_staff(session, email, name, role, password)
        except RefusedError as error:
            return show_staff(
                request,
                who,
                status=error.status,
                problem=error.message,
                kept={"email": email, "name": name, "role": role},
            )
        return go("/staff/people", "added")

    @router.post("/people/{staff_id}/off")
    def switch_off(request: Request, who: Admin, staff_id: int) -> Response:
        return switch(request, who, staff_id, True)

    @router.post("/people/{staff_id}/on")
    def switch_on(request: Request, who: Admin, staff_id: int) -> Response:
        return switch(request, who, staff_id, False)

    def switch(request: Request, who: SignedIn, staff_id: int, off: bool) -> Response:
        try:
            with console.store.write() as session:
                accounts.set_disabled(session, staff_id, off, by=who.staff)
        except RefusedError as error:
            return show_staff(request, who, status=error.status, problem=error.message)
        return go("/staff/people", "off" if off else "on")

    @router.post("/people/{staff_id}/password")
    def reset(request: Request, who: Admin, staff_id: int, password: Text = "") -> Response:
        try:
            with console.store.write() as session:
                person = session.get(Staff, staff_id)
                if person is None:
                    raise RefusedError("gone", "This account is no longer there.", status=404)
                accounts.set_password(session, person, password, keep=who.token_hash)
        except RefusedError as error:
            return show_staff(request, who, status=error.status, problem=error.message)
        return go("/staff/people", "reset")
