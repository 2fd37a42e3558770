"""The queue, a conversation, and everything staff do in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from anyio import from_thread
from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from bot.errors import RefusedError
from bot.staff import desk
from bot.staff.auth.sessions import SignedIn
from bot.staff.canned import canned, filled
from bot.staff.conversation_page import VIEWS, read_conversation
from bot.staff.pages import Console, Who, go, is_fragment, page, problem_page
from bot.staff.private_page import send_page

Text = Annotated[str, Form()]


def add_routes(router: APIRouter, console: Console) -> None:
    def show(
        request: Request,
        who: SignedIn,
        conversation_id: str,
        *,
        status: int = 200,
        problem: str | None = None,
        kept: dict[str, str] | None = None,
    ) -> Response:
        """The page of a conversation, with the queue beside it."""
        view = list_name(request.query_params.get("view", ""))
        with console.store.read() as session:
            talk = read_conversation(
                session, conversation_id, who.staff, every_line="all" in request.query_params
            )
            rows, counts = desk.queue(session, view, who.staff), desk.counts(session, who.staff)
        return page(
            request,
            "desk.html",
            status=status,
            section="queue",
            view=view,
            views=VIEWS,
            rows=rows,
            counts=counts,
            talk=talk,
            open_id=conversation_id,
            canned=canned(),
            problem=problem,
            kept=kept or {},
        )

    def act(
        request: Request,
        who: SignedIn,
        conversation_id: str,
        work: Callable[[Session], object],
        done: str,
        *,
        kept: dict[str, str] | None = None,
    ) -> Response:
        """Do ``work`` in one transaction; if it is refused, say so on the page and give back what was typed."""
        try:
            with console.store.write() as session:
                work(session)
        except RefusedError as error:
            if is_fragment(request) or error.status == 404:
                return problem_page(request, error, kept=next(iter((kept or {}).values()), ""))
            return show(request, who, conversation_id, status=error.status, problem=error.message, kept=kept)
        console.notifier.notify(conversation_id)
        if is_fragment(request):
            return Response(status_code=204)
        return go(
            f"/staff/conversations/{conversation_id}?view={list_name(request.query_params.get('view', ''))}",
            done,
        )

    @router.get("/")
    def queue(request: Request, who: Who, view: Annotated[str, Query()] = "") -> Response:
        view = list_name(view)
        with console.store.read() as session:
            rows, counts = desk.queue(session, view, who.staff), desk.counts(session, who.staff)
        return page(
            request,
            "desk.html",
            section="queue",
            view=view,
            views=VIEWS,
            rows=rows,
            counts=counts,
            talk=None,
            open_id="",
            canned=(),
            kept={},
        )

    @router.get("/conversations/{conversation_id}")
    def conversation(request: Request, who: Who, conversation_id: str) -> Response:
        if not request.headers.get("sec-purpose", "").startswith(
            "prefetch"
        ):  # a browser's guess is nobody's look
            with console.store.write() as session:
                looked = desk.opened(session, conversation_id, who.staff)
            if looked:
                console.notifier.notify(conversation_id)
        return show(request, who, conversation_id)

    @router.post("/conversations/{conversation_id}/claim")
    def claim(request: Request, who: Who, conversation_id: str) -> Response:
        return act(
            request,
            who,
            conversation_id,
            lambda session: desk.claim(session, conversation_id, who.staff),
            "claimed",
        )

    @router.post("/conversations/{conversation_id}/take-over")
    def take_over(request: Request, who: Who, conversation_id: str, reason: Text = "") -> Response:
        return act(
            request,
            who,
            conversation_id,
            lambda session: desk.take_over(session, conversation_id, who.staff, reason),
            "taken",
            kept={"take_over": reason},
        )

    @router.post("/conversations/{conversation_id}/reply")
    def reply(
        request: Request,
        who: Who,
        conversation_id: str,
        text: Text = "",
        client_id: Text = "",
        ready: Text = "",
        insert: Text = "",
    ) -> Response:
        if insert:  # without a script: the chosen canned reply goes into the box
            text = "\n\n".join(part for part in (text.rstrip(), filled(ready, who.staff.name)) if part)
            return show(request, who, conversation_id, kept={"reply": text})

        def say(session: Session) -> None:
            desk.reply(session, conversation_id, who.staff, text, client_id=client_id[:64] or None)
            desk.see_alerts(session, conversation_id, who.staff)

        return act(request, who, conversation_id, say, "sent", kept={"reply": text})

    @router.post("/conversations/{conversation_id}/note")
    def note(request: Request, who: Who, conversation_id: str, text: Text = "") -> Response:
        return act(
            request,
            who,
            conversation_id,
            lambda session: desk.add_note(session, conversation_id, who.staff, text),
            "noted",
            kept={"note": text},
        )

    @router.post("/conversations/{conversation_id}/return")
    def give_back(request: Request, who: Who, conversation_id: str) -> Response:
        done = act(
            request,
            who,
            conversation_id,
            lambda session: desk.give_back(session, conversation_id, who.staff),
            "returned",
        )
        if done.status_code in (204, 303):
            from_thread.run_sync(
                console.kick, conversation_id
            )  # it starts a task, which must happen on the event loop
        return done

    @router.post("/conversations/{conversation_id}/close")
    def close(request: Request, who: Who, conversation_id: str, reason: Text = "") -> Response:
        return act(
            request,
            who,
            conversation_id,
            lambda session: desk.close(session, conversation_id, who.staff, reason=reason),
            "closed",
            kept={"close": reason},
        )

    @router.post("/conversations/{conversation_id}/seen")
    def seen(request: Request, who: Who, conversation_id: str) -> Response:
        return act(
            request,
            who,
            conversation_id,
            lambda session: desk.see_alerts(session, conversation_id, who.staff),
            "seen",
        )

    @router.post("/conversations/{conversation_id}/outbox/{outbox_id}/again")
    def send_again(request: Request, who: Who, conversation_id: str, outbox_id: int) -> Response:
        return act(
            request,
            who,
            conversation_id,
            lambda session: desk.resend(session, outbox_id, actor=who.staff.name),
            "again",
        )

    @router.post("/conversations/{conversation_id}/alerts/{alert_id}/close")
    def close_alert(
        request: Request, who: Who, conversation_id: str, alert_id: int, reason: Text = ""
    ) -> Response:
        def finish(session: Session) -> None:
            if alert_id not in {alert.id for alert in desk.open_alerts(session, conversation_id)}:
                raise RefusedError("gone", "This red flag is closed already.", status=409)
            desk.close_alert(session, alert_id, who.staff, reason)

        return act(request, who, conversation_id, finish, "alert", kept={f"alert-{alert_id}": reason})

    @router.post("/conversations/{conversation_id}/bookings/{booking_id}/state")
    def booking_state(
        request: Request,
        who: Who,
        conversation_id: str,
        booking_id: int,
        state: Text = "",
        version: Annotated[int, Form()] = 0,
        back: Text = "",
    ) -> Response:
        done = act(
            request,
            who,
            conversation_id,
            lambda session: desk.set_booking(session, booking_id, who.staff, state, version=version),
            "booking",
        )
        return go("/staff/bookings", "booking") if back == "bookings" and done.status_code == 303 else done

    @router.post("/conversations/{conversation_id}/bookings/{booking_id}/contact")
    def booking_contact(
        request: Request, who: Who, conversation_id: str, booking_id: int, back: Text = ""
    ) -> Response:
        done = act(
            request,
            who,
            conversation_id,
            lambda session: desk.show_contact(session, booking_id, who.staff),
            "contact",
        )
        return go("/staff/bookings", "contact") if back == "bookings" and done.status_code == 303 else done

    @router.post("/conversations/{conversation_id}/bookings/{booking_id}/page")
    def new_page(
        request: Request, who: Who, conversation_id: str, booking_id: int, client_id: Text = ""
    ) -> Response:
        return act(
            request,
            who,
            conversation_id,
            lambda session: send_page(
                session, conversation_id, booking_id, who.staff, client_id=client_id[:64] or None
            ),
            "page",
        )


def list_name(view: str) -> str:
    """The name of a list; anything else is the list that staff work from."""
    return view if view in VIEWS else "waiting"
