"""Pages on which staff propose times for a request, and book, move or cancel an appointment.

They are pages of their own, because a card beside the chat is drawn anew whenever something happens, and what
is typed there would be gone.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from bot.bookings.appointment_form import LONGEST_MINUTES, MOST, read_plan, warnings
from bot.content.clinic import clinic
from bot.content.texts import text
from bot.conversation import appointments as chat
from bot.errors import RefusedError
from bot.staff import visits
from bot.staff.acting import act
from bot.staff.auth.access import router
from bot.staff.auth.sessions import SignedIn
from bot.staff.booking_routes import BOOKING
from bot.staff.dependencies import Console, Number, Parts, Who
from bot.staff.lookups import booking_of
from bot.staff.pages import go, page
from bot.store.appointments import of_booking
from bot.store.models import Conversation

_PROPOSE = BOOKING + "/appointments"
_ONE = _PROPOSE + "/{appointment_id}"
_FIELDS = [
    *(f"{name}{number}" for number in range(1, MOST + 1) for name in ("day", "time")),
    *("minutes", "place", "person", "agreed", "stage", "text", "reason", "client_id", "back"),
]


async def _typed(request: Request) -> dict[str, str]:
    """What a form holds, by name; "" where a field is missing or no text."""
    form = await request.form()
    given = {name: form.get(name) for name in _FIELDS}
    return {name: value if isinstance(value, str) else "" for name, value in given.items()}


Typed = Annotated[dict[str, str], Depends(_typed)]


def _show(
    request: Request, console: Parts, who: SignedIn, ids: tuple[str, int], template: str, **context: Any
) -> Response:
    with console.store.read() as session:
        booking = booking_of(session, *ids)
        talk = session.get_one(Conversation, booking.conversation_id)
        standing = of_booking(session, booking.id)
    base = {
        "booking": booking,
        "name": booking.name or talk.short_name,
        "mine": talk.mode == "staff" and talk.claimed_by == who.staff.id,
        "back": f"/staff/conversations/{talk.id}",
        "at": f"/staff/conversations/{talk.id}/bookings/{booking.id}/appointments",
        "booked": next((one for one in standing if one.state == "booked"), None),
        "most": MOST,
        "longest": LONGEST_MINUTES,
    }
    return page(request, template, **{**base, **context})


@router.get(_PROPOSE)
def form(request: Request, console: Console, who: Who, conversation_id: str, booking_id: Number) -> Response:
    """The empty form, with length, place and person as they were last time."""
    with console.store.read() as session:
        standing = of_booking(session, booking_of(session, conversation_id, booking_id).id)
    last = standing[-1] if standing else None
    kept = {
        "minutes": str(last.minutes) if last else "30",
        "place": last.place if last else clinic().address,
        "person": last.person if last else who.staff.name,
    }
    return _show(request, console, who, (conversation_id, booking_id), "propose.html", kept=kept, plan=None)


@router.post(_PROPOSE)
def propose(
    request: Request, console: Console, who: Who, conversation_id: str, booking_id: Number, typed: Typed
) -> Response:
    """Look at the message (``stage`` is ``look``), go back to the form, or send it."""
    ids = (conversation_id, booking_id)
    empty: dict[str, Any] = {"kept": typed, "plan": None}
    if typed["stage"] == "edit":
        return _show(request, console, who, ids, "propose.html", **empty)
    agreed = bool(typed["agreed"])
    try:
        plan = read_plan(typed)
        if typed["stage"] == "send":
            with console.store.write() as session:
                booking = booking_of(session, *ids)
                key = typed["client_id"][:64] or None
                visits.propose(session, booking, who.staff, plan, typed["text"], agreed=agreed, client_id=key)
            console.notifier.notify(conversation_id)
            return go(f"/staff/conversations/{conversation_id}", "proposed")
        with console.store.read() as session:
            booking = booking_of(session, *ids)
            visits.check(session, plan, booking, agreed=agreed)
            look = warnings(session, plan, booking.id)
            words = visits.words_for(plan, booking, agreed=agreed)
    except RefusedError as error:
        if error.status == 404:
            raise
        if typed["stage"] == "send" and typed["text"].strip():
            # What was written must not be lost for a reason that lies outside it.
            empty = {"kept": typed, "plan": None, "words": typed["text"]}
        return _show(
            request, console, who, ids, "propose.html", status=error.status, problem=error.message, **empty
        )
    labels = [clinic().time_text(start) for start, _ in plan.spans]
    words = typed["text"] if typed["text"].strip() else words
    return _show(
        request,
        console,
        who,
        ids,
        "propose.html",
        kept=typed,
        plan=plan,
        times=labels,
        look=look,
        words=words,
    )


@router.get(_ONE + "/{what}")
def look(
    request: Request,
    console: Console,
    who: Who,
    conversation_id: str,
    booking_id: Number,
    appointment_id: Number,
    what: str,
) -> Response:
    """The page of a step, with the words that the patient will read."""
    if what not in visits.STEPS:
        raise RefusedError("not_found", text("staff.refused.no_such_page"), status=404)
    return _step_page(request, console, who, (conversation_id, booking_id), appointment_id, what)


@router.post(_ONE + "/{what}")
def step(
    request: Request,
    console: Console,
    who: Who,
    conversation_id: str,
    booking_id: Number,
    appointment_id: Number,
    what: str,
    typed: Typed,
) -> Response:
    """Take a step; or note that the patient came, or did not."""
    ids = (conversation_id, booking_id)

    def work(session: Session) -> None:
        one = visits.find_appointment(session, *ids, appointment_id)
        if what in visits.NOTES:
            visits.note(session, one, who.staff, what)
        else:
            key = typed["client_id"][:64] or None
            visits.step(
                session, one, who.staff, what, typed["text"], reason=typed["reason"][:200], client_id=key
            )

    if what in visits.NOTES:
        made = act(request, console, who, conversation_id, work, "appointment")
        return go("/staff/bookings", "appointment") if _from_list(made, typed) else made
    try:
        with console.store.write() as session:
            work(session)
    except RefusedError as error:
        if error.status == 404:
            raise
        return _step_page(request, console, who, ids, appointment_id, what, error=error, typed=typed)
    console.notifier.notify(conversation_id)
    return go(f"/staff/conversations/{conversation_id}", "appointment")


def _from_list(made: Response, typed: dict[str, str]) -> bool:
    return made.status_code == 303 and typed["back"] == "bookings"


def _step_page(
    request: Request,
    console: Parts,
    who: SignedIn,
    ids: tuple[str, int],
    appointment_id: int,
    what: str,
    *,
    error: RefusedError | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    with console.store.read() as session:
        one = visits.find_appointment(session, *ids, appointment_id)
    words = (typed or {}).get("text", "") or chat.confirmation(one, visits.STEPS[what])
    return _show(
        request,
        console,
        who,
        ids,
        "appointment_step.html",
        status=error.status if error else 200,
        problem=error.message if error else None,
        one=one,
        what=what,
        words=words,
        reason=(typed or {}).get("reason", ""),
        time=clinic().time_text(one.starts_at),
    )
