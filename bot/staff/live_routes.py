"""What the page's script asks for: a stream that says "there is news", and the parts of the page to fetch then.

The stream carries no names and no text. It does not keep anybody signed in.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response, StreamingResponse
from sqlalchemy import func, select

from bot.errors import RefusedError
from bot.staff import desk
from bot.staff.auth.sessions import SignedOutError, find
from bot.staff.canned import canned
from bot.staff.conversation_page import VIEWS, read_conversation, read_lines
from bot.staff.conversation_routes import list_name
from bot.staff.pages import COOKIE, HERE, Console, Who, page
from bot.store.models import Booking
from bot.work.notifier import STAFF

_LOOK_EVERY = 10.0  # seconds; a missed notification and an ended session are found by then
_GATHER = 0.2  # seconds; several notifications in a row are one piece of news
_LONGEST = 600.0  # seconds; then the browser connects again
_STATIC = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


def add_routes(router: APIRouter, console: Console) -> None:
    @router.get("/static/{name}")
    def static(name: str) -> Response:
        if name not in _STATIC:
            raise RefusedError("gone", "There is no such file.", status=404)
        return FileResponse(HERE / "static" / name, headers={"Content-Type": _STATIC[name]})

    @router.get("/fragments/queue")
    def queue(request: Request, who: Who, view: str = "", open: str = "") -> Response:
        view = list_name(view)
        with console.store.read() as session:
            rows, counts = desk.queue(session, view, who.staff), desk.counts(session, who.staff)
        return page(request, "_queue.html", view=view, views=VIEWS, rows=rows, counts=counts, open_id=open)

    @router.get("/fragments/counts")
    def counts(who: Who) -> dict[str, int]:
        """For pages without the queue: its numbers, and the newest booking request that nobody has answered."""
        with console.store.read() as session:
            newest = session.scalar(select(func.max(Booking.id)).where(Booking.state == "requested"))
            return desk.counts(session, who.staff) | {"newest": newest or 0}

    @router.get("/fragments/lines")
    def lines(
        request: Request, who: Who, conversation: str, after: Annotated[int, Query(ge=0)] = 0
    ) -> Response:
        note_reading(who, conversation)
        with console.store.read() as session:
            return page(request, "_lines.html", lines=read_lines(session, conversation, after))

    @router.get("/fragments/conversation")
    def parts(request: Request, who: Who, conversation: str, view: str = "") -> Response:
        note_reading(who, conversation)
        with console.store.read() as session:
            talk = read_conversation(session, conversation, who.staff)
        return page(request, "_parts.html", talk=talk, view=list_name(view), canned=canned(), kept={})

    def note_reading(who: Who, conversation_id: str) -> None:
        """A part of a page that is open adds nothing to the history; one fetched past the page does."""
        with console.store.read() as session:
            noted = desk.has_opened(session, conversation_id, who.staff)
        if not noted:
            with console.store.write() as session:
                desk.opened(session, conversation_id, who.staff, look=False)

    @router.get("/events")
    async def events(request: Request, who: Who) -> StreamingResponse:
        return StreamingResponse(
            stream(request), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
        )

    async def stream(request: Request) -> AsyncIterator[str]:
        token = request.cookies.get(COOKIE, "")
        until = time.monotonic() + _LONGEST
        event = console.notifier.subscribe(STAFF)
        number = 0
        try:
            yield "retry: 3000\nevent: ready\ndata: 0\n\n"
            while time.monotonic() < until and not await request.is_disconnected():
                notified = False
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_EVERY):
                        await event.wait()
                    notified = True
                    await asyncio.sleep(_GATHER)
                event.clear()
                try:
                    await asyncio.to_thread(check, token)
                except SignedOutError:
                    yield "event: signed-out\ndata: 0\n\n"
                    return
                number += notified
                yield f"event: news\ndata: {number}\n\n" if notified else ": still here\n\n"
        finally:
            console.notifier.unsubscribe(STAFF, event)

    def check(token: str) -> None:
        with console.store.read() as session:
            find(session, token)
