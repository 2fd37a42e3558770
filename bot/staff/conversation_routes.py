"""The queue, a conversation, and what staff do in it."""

from __future__ import annotations

from typing import Annotated

from anyio import from_thread
from fastapi import Form, Query, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import now
from bot.content import texts
from bot.content.clinic import clinic
from bot.conversation.reminders import set_reminder
from bot.conversation.transcript import as_text
from bot.errors import RefusedError
from bot.staff import desk, labels
from bot.staff.acting import act, show, succeeded
from bot.staff.auth import trail
from bot.staff.auth.access import router
from bot.staff.canned import filled
from bot.staff.dependencies import Console, Database, Field, Number, Who
from bot.staff.pages import page
from bot.staff.queue import list_name, read_queue
from bot.staff.unread import read_news
from bot.store import audit
from bot.store.models import Conversation, Message

CONVERSATION = "/conversations/{conversation_id}"


@router.get("/")
def queue(request: Request, store: Database, who: Who, view: Annotated[str, Query()] = "") -> Response:
    """A list of conversations, with none open beside it."""
    name = list_name(view)
    with store.read() as session:
        listed, counts = read_queue(session, name, who.staff), read_news(session, who.staff)
    return page(
        request,
        "desk.html",
        section="queue",
        view=name,
        views=labels.lists(),
        listed=listed,
        counts=counts,
        talk=None,
        open_id="",
        canned=(),
        kept={},
    )


@router.get(CONVERSATION)
def conversation(request: Request, console: Console, who: Who, conversation_id: str) -> Response:
    """A conversation; that it was opened is written down. Its red flags count as seen, unless the browser
    only fetches it ahead on a guess."""
    guess = request.headers.get("sec-purpose", "").startswith("prefetch")
    with console.store.write() as session:
        looked = desk.opened(session, conversation_id, who.staff, look=not guess)
    if looked:
        console.notifier.notify(conversation_id)
    return show(request, console, who, conversation_id)


@router.get(CONVERSATION + "/transcript.txt")
def transcript(request: Request, store: Database, who: Who, conversation_id: str) -> Response:
    """The conversation as a text file; that it was saved is an entry of the audit."""
    with store.write() as session:
        desk.opened(session, conversation_id, who.staff, look=False)
        talk = session.get_one(Conversation, conversation_id)
        query = select(Message).where(Message.conversation_id == conversation_id).order_by(Message.seq)
        title = texts.text(
            "staff.transcript.title",
            code=talk.short_name,
            channel=labels.channel(talk.channel),
            name=who.staff.name,
            at=labels.full_time(now()),
            zone=clinic().time_zone,
        )
        made = as_text(session.scalars(query), title, texts.table("staff.speakers"))
        on = audit.of_conversation(conversation_id)
        trail.note(session, request, who, "conversation_exported", on=on)
    # The visitor's code and not the name: the names of files are seen by many.
    headers = {"Content-Disposition": f'attachment; filename="conversation-{talk.id[:4]}.txt"'}
    return Response(made, media_type="text/plain; charset=utf-8", headers=headers)


@router.post(CONVERSATION + "/claim")
def claim(request: Request, console: Console, who: Who, conversation_id: str) -> Response:
    """Take a conversation."""

    def work(session: Session) -> None:
        desk.claim(session, conversation_id, who.staff)

    return act(request, console, who, conversation_id, work, "claimed")


@router.post(CONVERSATION + "/take-over")
def take_over(
    request: Request, console: Console, who: Who, conversation_id: str, reason: Field = ""
) -> Response:
    """Take a conversation from a colleague."""

    def work(session: Session) -> None:
        desk.take_over(session, conversation_id, who.staff, reason)

    return act(request, console, who, conversation_id, work, "taken", kept={"take_over": reason})


@router.post(CONVERSATION + "/hand")
def hand(
    request: Request,
    console: Console,
    who: Who,
    conversation_id: str,
    to: Annotated[int, Form(ge=0, le=2**31 - 1)] = 0,
    note: Field = "",
) -> Response:
    """Give a conversation to a colleague.

    Args:
        to: the colleague's id.
        note: what it is about, for them.
    """

    def work(session: Session) -> None:
        desk.hand(session, conversation_id, who.staff, to, note)

    return act(request, console, who, conversation_id, work, "handed", kept={"hand": note})


@router.post(CONVERSATION + "/reply")
def reply(
    request: Request,
    console: Console,
    who: Who,
    conversation_id: str,
    text: Field = "",
    client_id: Field = "",
    ready: Field = "",
    insert: Field = "",
) -> Response:
    """Say something to the patient; without a script, also put a canned reply into the box.

    Args:
        client_id: the same again says nothing twice.
        ready: the id of a canned reply.
        insert: set if that reply is only to be put into the box.
    """
    if insert:
        text = "\n\n".join(part for part in (text.rstrip(), filled(ready, who.staff.name)) if part)
        return show(request, console, who, conversation_id, kept={"reply": text})

    def work(session: Session) -> None:
        desk.reply(session, conversation_id, who.staff, text, client_id=client_id[:64] or None)

    return act(request, console, who, conversation_id, work, "sent", kept={"reply": text})


@router.post(CONVERSATION + "/note")
def note(request: Request, console: Console, who: Who, conversation_id: str, text: Field = "") -> Response:
    """Write a note for colleagues."""

    def work(session: Session) -> None:
        desk.add_note(session, conversation_id, who.staff, text)

    return act(request, console, who, conversation_id, work, "noted", kept={"note": text})


@router.post(CONVERSATION + "/remind")
def remind(
    request: Request, console: Console, who: Who, conversation_id: str, at: Field = "", text: Field = ""
) -> Response:
    """Let a conversation come up again.

    Args:
        at: when, by the clinic's clock, such as ``2026-12-03T09:00``.
        text: what for; a note for colleagues.
    """

    def work(session: Session) -> None:
        when = labels.clinic_time(at)
        if when is None:
            raise RefusedError("time", texts.text("staff.refused.reminder_time"))
        set_reminder(session, conversation_id, who.staff, when)
        words = texts.text("staff.reminder", when=labels.clock(when), text=text.strip())
        desk.add_note(session, conversation_id, who.staff, words)

    return act(request, console, who, conversation_id, work, "remind", kept={"remind": text})


@router.post(CONVERSATION + "/read")
def read(
    console: Console, who: Who, conversation_id: str, seq: Annotated[int, Form(ge=0, le=2**31 - 1)]
) -> Response:
    """Note up to which line the holder has read; it rings for nothing before that any more."""
    with console.store.write() as session:
        desk.read(session, conversation_id, who.staff, seq)
    return Response(status_code=204)


@router.post(CONVERSATION + "/return")
def give_back(request: Request, console: Console, who: Who, conversation_id: str) -> Response:
    """Return a conversation to the assistant, which then answers what is still open."""

    def work(session: Session) -> None:
        desk.give_back(session, conversation_id, who.staff)

    made = act(request, console, who, conversation_id, work, "returned")
    if succeeded(made):
        # It starts a task, which must happen on the event loop; handlers run in threads.
        from_thread.run_sync(console.kick, conversation_id)
    return made


@router.post(CONVERSATION + "/close")
def close(request: Request, console: Console, who: Who, conversation_id: str, reason: Field = "") -> Response:
    """End a conversation."""

    def work(session: Session) -> None:
        desk.close(session, conversation_id, who.staff, reason=reason)

    return act(request, console, who, conversation_id, work, "closed", kept={"close": reason})


@router.post(CONVERSATION + "/phoned")
def phoned(request: Request, console: Console, who: Who, conversation_id: str) -> Response:
    """Say that one has phoned the patient about the red flags of a conversation."""

    def work(session: Session) -> None:
        desk.phoned(session, conversation_id, who.staff)

    return act(request, console, who, conversation_id, work, "phoned")


@router.post(CONVERSATION + "/outbox/{outbox_id}/again")
def send_again(
    request: Request, console: Console, who: Who, conversation_id: str, outbox_id: Number
) -> Response:
    """Send a message again that may not have arrived."""

    def work(session: Session) -> None:
        desk.resend(session, conversation_id, outbox_id, actor=who.staff.name)

    return act(request, console, who, conversation_id, work, "again")


@router.post(CONVERSATION + "/alerts/{alert_id}/close")
def close_alert(
    request: Request, console: Console, who: Who, conversation_id: str, alert_id: Number, reason: Field = ""
) -> Response:
    """Close a red flag with a reason."""

    def work(session: Session) -> None:
        if alert_id not in {alert.id for alert in desk.open_alerts(session, conversation_id)}:
            raise RefusedError("gone", texts.text("staff.refused.alert_closed"), status=409)
        desk.close_alert(session, alert_id, who.staff, reason)

    return act(request, console, who, conversation_id, work, "alert", kept={f"alert-{alert_id}": reason})
