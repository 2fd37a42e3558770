"""The page of all booking requests, and what staff do with a request."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from bot.staff import desk, labels, visits
from bot.staff.acting import act
from bot.staff.auth import trail
from bot.staff.auth.access import router
from bot.staff.booking_cards import PAGE, booking_counts, newest_request, read_bookings
from bot.staff.dependencies import Console, Database, Field, Number, Who
from bot.staff.lookups import booking_of
from bot.staff.pages import go, page
from bot.staff.private_page import send_page
from bot.staff.queue import read_counts
from bot.store import audit

BOOKING = "/conversations/{conversation_id}/bookings/{booking_id}"


@router.get("/bookings")
def bookings(
    request: Request,
    store: Database,
    who: Who,
    state: str = "",
    before: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> Response:
    """The requests of a state, or all, the newest first.

    Args:
        before: the id of the last one on the page before; 0 is the first page.
    """
    state = state if state in labels.booking_states() else ""
    with store.read() as session:
        found, by_state = read_bookings(session, state, who.staff, before=before), booking_counts(session)
        counts, newest = read_counts(session, who.staff), newest_request(session)
    return page(
        request,
        "bookings.html",
        section="bookings",
        bookings=found[:PAGE],
        older=found[PAGE - 1].booking.id if len(found) > PAGE else None,
        first=not before,
        newest=newest,
        by_state=by_state,
        state=state,
        counts=counts,
        views=labels.lists(),
        view="bookings",
    )


@router.post(BOOKING + "/state")
def booking_state(
    request: Request,
    console: Console,
    who: Who,
    conversation_id: str,
    booking_id: Number,
    state: Field = "",
    version: Annotated[int, Form()] = 0,
    back: Field = "",
) -> Response:
    """Move a request on.

    Args:
        version: the request's version on the page, so that the slower of two people is told.
        back: ``bookings`` to return to the page of all requests.
    """

    def work(session: Session) -> None:
        booking = booking_of(session, conversation_id, booking_id)
        visits.refuse_by_hand(session, booking_id)
        desk.set_booking(session, booking, who.staff, state, version=version)

    return _back(act(request, console, who, conversation_id, work, "booking"), back, "booking")


@router.post(BOOKING + "/contact")
def booking_contact(
    request: Request, console: Console, who: Who, conversation_id: str, booking_id: Number, back: Field = ""
) -> Response:
    """Show the contact details for a while; who looked is written down."""

    def work(session: Session) -> None:
        desk.show_contact(session, booking_of(session, conversation_id, booking_id), who.staff)
        on = audit.of_conversation(conversation_id)
        trail.note(session, request, who, "contact_read", on=on, detail=f"request {booking_id}")

    return _back(act(request, console, who, conversation_id, work, "contact"), back, "contact")


@router.post(BOOKING + "/page")
def new_page(
    request: Request,
    console: Console,
    who: Who,
    conversation_id: str,
    booking_id: Number,
    client_id: Field = "",
) -> Response:
    """Send the patient a new private page for the contact details; the same ``client_id`` again sends
    none."""

    def work(session: Session) -> None:
        send_page(session, conversation_id, booking_id, who.staff, client_id=client_id[:64] or None)

    return act(request, console, who, conversation_id, work, "page")


def _back(made: Response, back: str, done: str) -> Response:
    """To the page of all requests, if it was done there."""
    return go("/staff/bookings", done) if back == "bookings" and made.status_code == 303 else made
