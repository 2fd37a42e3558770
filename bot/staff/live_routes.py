"""What the page's script asks for: a stream that says "there is news", and the parts of the page to fetch
then.

The stream carries no names and no text. It does not keep anybody signed in.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import FileResponse, Response, StreamingResponse

from bot.content.texts import text
from bot.errors import RefusedError
from bot.staff import desk, labels
from bot.staff.auth.access import router
from bot.staff.auth.sessions import SignedIn, SignedOutError, find
from bot.staff.booking_cards import newest_request
from bot.staff.canned import canned
from bot.staff.conversation_page import read_conversation
from bot.staff.dependencies import Console, Database, Parts, Who
from bot.staff.pages import COOKIE, FILES, STATIC, page
from bot.staff.queue import list_name, read_queue
from bot.staff.transcript import read_lines
from bot.staff.unread import read_news
from bot.store.engine import Store
from bot.work.notifier import STAFF

_LOOK_EVERY = 10.0  # seconds; a missed notification and an ended session are found by then
_GATHER = 0.2  # seconds; several notifications in a row are one piece of news
_LONGEST = 600.0  # seconds; then the browser connects again
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@router.get("/static/{version}/{name}")
def static(version: str, name: str) -> Response:
    """One of the page's own files; kept by the browser if it asks for the one that we have."""
    path = FILES.get(name)
    if path is None:
        raise RefusedError("gone", text("staff.refused.no_such_file"), status=404)
    headers = {"Content-Type": _TYPES[path.suffix]}
    if STATIC.endswith(f"/{version}"):
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return FileResponse(path, headers=headers)


@router.get("/fragments/queue")
def queue(request: Request, store: Database, who: Who, view: str = "", open: str = "") -> Response:
    """A list of the queue."""
    name = list_name(view)
    with store.read() as session:
        listed, counts = read_queue(session, name, who.staff), read_news(session, who.staff)
    return page(
        request, "_queue.html", view=name, views=labels.lists(), listed=listed, counts=counts, open_id=open
    )


@router.get("/fragments/counts")
def counts(store: Database, who: Who) -> dict[str, Any]:
    """For pages without the queue: its numbers, and the newest booking request that nobody has answered."""
    with store.read() as session:
        return read_news(session, who.staff) | {"newest": newest_request(session)}


@router.get("/fragments/lines")
def lines(
    request: Request, store: Database, who: Who, conversation: str, after: Annotated[int, Query(ge=0)] = 0
) -> Response:
    """The messages of a conversation after a sequence number."""
    _note_reading(store, who, conversation)
    with store.read() as session:
        return page(request, "_lines.html", lines=read_lines(session, conversation, after))


@router.get("/fragments/conversation")
def parts(request: Request, store: Database, who: Who, conversation: str, view: str = "") -> Response:
    """What stands round the messages of a conversation: its head, the reply box and the side."""
    _note_reading(store, who, conversation)
    with store.read() as session:
        talk = read_conversation(session, conversation, who.staff)
    return page(request, "_parts.html", talk=talk, view=list_name(view), canned=canned(), kept={})


@router.get("/events")
async def events(request: Request, console: Console, who: Who) -> StreamingResponse:
    """The stream of news, as server-sent events."""
    return StreamingResponse(
        stream(request, console), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


async def stream(request: Request, console: Parts) -> AsyncIterator[str]:
    """``news`` after each change, ``signed-out`` once the session has ended; a comment now and then keeps
    the connection open."""
    token = request.cookies.get(COOKIE, "")
    until = time.monotonic() + _LONGEST
    event = console.notifier.subscribe(STAFF)
    number = 0
    try:
        yield "retry: 3000\nevent: ready\ndata: 0\n\n"
        while (
            time.monotonic() < until and not console.notifier.closing and not await request.is_disconnected()
        ):
            notified = False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY):
                    await event.wait()
                notified = True
                await asyncio.sleep(_GATHER)
            event.clear()
            try:
                await asyncio.to_thread(_check, console.store, token)
            except SignedOutError:
                yield "event: signed-out\ndata: 0\n\n"
                return
            number += notified
            yield f"event: news\ndata: {number}\n\n" if notified else ": still here\n\n"
    finally:
        console.notifier.unsubscribe(STAFF, event)


def _note_reading(store: Store, who: SignedIn, conversation_id: str) -> None:
    """Write down that a conversation was read, unless that stands in the history already: a page that is
    open fetches its parts often."""
    with store.read() as session:
        noted = desk.has_opened(session, conversation_id, who.staff)
    if not noted:
        with store.write() as session:
            desk.opened(session, conversation_id, who.staff, look=False)


def _check(store: Store, token: str) -> None:
    with store.read() as session:
        find(session, token)
