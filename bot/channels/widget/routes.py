"""The widget's API: JSON over HTTP, with long polling and server-sent events."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import PlainTextResponse, StreamingResponse

from bot.channels.widget.schemas import PROBLEMS, Begin, Begun, News, Say, Taken
from bot.channels.widget.service import NAME, WidgetService
from bot.content.answers import answers
from bot.content.clinic import clinic
from bot.content.texts import text
from bot.errors import RefusedError

MAX_WAIT = 25.0  # seconds that a call is held at most
_MAX_SEQ = 2**31 - 1  # what the column holds

router = APIRouter(prefix="/api", tags=["widget"], responses=PROBLEMS)


def _service(request: Request) -> WidgetService:
    return cast(WidgetService, request.app.state.channels[NAME].service)


def _address(request: Request) -> str:
    return request.client.host if request.client else "?"


def _token(authorization: Annotated[str, Header()] = "") -> str:
    return authorization.removeprefix("Bearer ").strip()


Service = Annotated[WidgetService, Depends(_service)]
Address = Annotated[str, Depends(_address)]
Token = Annotated[str, Depends(_token)]


def _opened(service: Service, token: Token) -> str:
    return service.opened_by(token)


#: The id of the conversation that the caller's token opens.
ConversationId = Annotated[str, Depends(_opened)]
After = Annotated[int, Query(ge=0, le=_MAX_SEQ)]


@router.get("/clinic", summary="Who we are, and what to say before consent")
def about() -> dict[str, Any]:
    """What the widget shows of the clinic before anything is said."""
    place = clinic()
    return {
        "name": place.name,
        "phone": place.phone,
        "phone_href": place.phone_href,
        "hours_text": place.hours_text,
        "emergency": [
            {"label": line.label, "number": line.number, "href": line.href}
            for line in (place.lines.emergency, place.lines.crisis)
        ],
        "privacy_text": place.fill(answers()["ask_privacy"].text),
        "consent_text": place.fill(answers()["consent"].text),
    }


@router.post("/conversations", status_code=201, summary="Begin, with consent")
def begin(body: Begin, service: Service, address: Address) -> Begun:
    """Make a conversation, if consent was given."""
    service.limits.check("begin", address)
    if not body.consent:
        raise RefusedError("consent", text("widget.refused.consent"))
    token, news = service.begin()
    return Begun(token=token, **news)


@router.post("/messages", status_code=202, summary="Say something, or press a button")
async def say(body: Say, service: Service, address: Address, token: Token) -> Taken:
    """Take in a message; it is stored when this returns."""
    conversation_id, seq = await asyncio.to_thread(service.say, body, token, address)
    service.follow(conversation_id)
    return Taken(seq=seq)


@router.get("/messages", summary="The messages after a number; waits for news if asked to")
async def messages(
    service: Service,
    conversation_id: ConversationId,
    after: After = 0,
    wait: Annotated[
        float,
        Query(
            ge=0,
            le=MAX_WAIT,
            allow_inf_nan=False,
            description="Seconds to hold the call until there is news.",
        ),
    ] = 0,
    mode: Annotated[str, Query(description="The mode that the caller knows; another one is news too.")] = "",
    typing: Annotated[
        bool | None, Query(description="What the caller shows as typing; a change is news too.")
    ] = None,
) -> News:
    """The messages after a number, held open for `wait` seconds if there are none."""
    return News(**await service.news.wait(conversation_id, after, wait, mode=mode, typing=typing))


@router.get("/events", summary="The same as server-sent events", response_class=StreamingResponse)
async def events(
    request: Request,
    service: Service,
    conversation_id: ConversationId,
    after: After = 0,
    last_event_id: Annotated[int | None, Header(ge=0, le=_MAX_SEQ)] = None,
) -> StreamingResponse:
    """The same as server-sent events, resumed from `Last-Event-ID` where the browser sends one."""
    return StreamingResponse(
        service.news.stream(
            conversation_id, last_event_id if last_event_id is not None else after, request.is_disconnected
        ),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@router.get("/transcript", summary="The patient's own copy, as text", response_class=PlainTextResponse)
def transcript(service: Service, conversation_id: ConversationId) -> PlainTextResponse:
    """The patient's own copy, as plain text."""
    return PlainTextResponse(
        service.transcript(conversation_id),
        headers={"Content-Disposition": 'attachment; filename="conversation.txt"'},
    )


@router.delete("/conversations", status_code=204, summary="Erase the conversation everywhere")
def delete(service: Service, conversation_id: ConversationId) -> Response:
    """Erase the conversation everywhere."""
    service.erase(conversation_id)
    return Response(status_code=204)
