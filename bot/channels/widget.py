"""The website's channel: JSON over HTTP for the widget, with long polling and server-sent events.

The token that ``POST /api/conversations`` gives out is the only key to a conversation; we keep its hash alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable
from functools import lru_cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import PlainTextResponse, StreamingResponse
from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, model_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.limits import Limits
from bot.clock import now
from bot.content.answers import answers
from bot.content.clinic import clinic
from bot.conversation import urgent
from bot.conversation.erasure import erase
from bot.conversation.intake import Guard, accept, prepare
from bot.conversation.messages import add_message, as_json, messages_after
from bot.conversation.text import MAX_CHARACTERS
from bot.errors import RefusedError
from bot.store.engine import Store
from bot.store.models import Conversation, Inbound, Message, Staff
from bot.work.notifier import Notifier

MAX_WAIT = 25.0  # seconds that a call is held at most
_HEARTBEAT = 15.0
_MAX_SEQ = 2**31 - 1  # what the column holds
_TOKENS = 10_000  # that are remembered
_CALL = re.compile(
    r"\[([^\]\n]+)\]\((?:tel|sms):[^)\s]*\)"
)  # a link to call, of which plain text keeps the words


class Begin(BaseModel):
    """A visitor agrees and begins."""

    consent: bool
    locale: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,16}$")] = "en"


def _whole(value: Any) -> Any:
    """A text box may cut an emoji in two; what is left is no character, and the message is kept all the same."""
    return (
        value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if isinstance(value, str)
        else value
    )


class Say(BaseModel):
    """A message: free text, or the key of a button."""

    client_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{8,64}$")] = Field(
        description="A UUID made by the browser. The same one again changes nothing and gets the same answer."
    )
    text: Annotated[str | None, BeforeValidator(_whole)] = Field(
        None, description=f"At most {MAX_CHARACTERS} characters."
    )
    choice: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")] | None = None

    @model_validator(mode="after")
    def _one(self) -> Say:
        if (self.text is None) == (self.choice is None):
            raise ValueError("send either text or choice")
        return self


class Choice(BaseModel):
    key: str
    label: str


class SourceLink(BaseModel):
    title: str
    url: str


class Line(BaseModel):
    """One line of the conversation."""

    seq: int
    sender: Literal["patient", "assistant", "staff", "system"] = Field(alias="from")
    name: str | None = Field(description="The staff member's name, where one speaks.")
    text: str
    choices: list[Choice]
    sources: list[SourceLink]
    urgent: bool
    client_id: str | None
    at: str


class News(BaseModel):
    """The state of a conversation and the lines after a number."""

    mode: Literal["assistant", "waiting", "staff", "closed"]
    staff: str | None = Field(description="Who of the clinic has the conversation, in mode `staff`.")
    typing: bool = Field(description="Whether an answer of the assistant is on its way.")
    messages: list[Line]


class Begun(News):
    token: str


class Taken(BaseModel):
    seq: int


class Problem(BaseModel):
    error: str
    message: str


PROBLEMS: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem} for code in (400, 401, 413, 415, 422, 429, 503)
}


def make_router(
    store: Store, guard: Guard, notifier: Notifier, kick: Callable[[str], None], limits: Limits
) -> APIRouter:
    """The widget's API as a router, on the given parts of the house."""
    router = APIRouter(prefix="/api", tags=["widget"], responses=PROBLEMS)

    def who(authorization: Annotated[str, Header()] = "") -> str:
        """The id of the conversation that the token opens."""
        return opened_by(_hash(authorization.removeprefix("Bearer ").strip()))

    def opened_by(token_hash: str) -> str:
        with store.read() as session:
            found = session.scalar(select(Conversation.id).where(Conversation.token_hash == token_hash))
        if found is None:
            raise RefusedError(
                "gone", "This conversation has ended or was deleted. Please start a new one.", status=401
            )
        return found

    # A token never opens another conversation, so who writes again is known; whether it still exists, intake sees itself.
    known = lru_cache(maxsize=_TOKENS)(opened_by)

    @router.get("/clinic", summary="Who we are, and what to say before consent")
    def about() -> dict[str, Any]:
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
    def begin(body: Begin, request: Request) -> Begun:
        limits.check("begin", _address(request))
        if not body.consent:
            raise RefusedError(
                "consent", "Without your consent we cannot keep a conversation. You can call us instead."
            )
        token = secrets.token_urlsafe(32)
        with store.write() as session:
            conversation = Conversation(
                channel="widget", token_hash=_hash(token), locale=body.locale, consent_at=now()
            )
            session.add(conversation)
            session.flush()
            greeting = answers()["greet"]
            add_message(
                session,
                conversation,
                "assistant",
                clinic().fill(greeting.text),
                choices=answers().choices(greeting.follow_ups),
                answer_id="greet",
            )
            news = _news(session, conversation.id, 0)
        return Begun(token=token, **news)

    @router.post("/messages", status_code=202, summary="Say something, or press a button")
    async def say(body: Say, request: Request, authorization: Annotated[str, Header()] = "") -> Taken:
        conversation_id, seq = await asyncio.to_thread(_say, body, authorization, _address(request))
        notifier.notify(conversation_id)
        kick(conversation_id)
        return Taken(seq=seq)

    def _say(body: Say, authorization: str, address: str) -> tuple[str, int]:
        conversation_id = known(_hash(authorization.removeprefix("Bearer ").strip()))
        try:
            limits.check("say", conversation_id, address)
            refusal = None
        except RefusedError as error:
            if body.text is None and body.choice != urgent.YES:
                raise
            refusal = error
        prepare(guard, body.text or "")
        with store.write() as session:
            receipt = accept(
                session,
                guard,
                conversation_id,
                external_id=f"{conversation_id}:{body.client_id}",
                text=body.text,
                choice=body.choice,
                client_id=body.client_id,
            )
            # A red flag is never behind that limit, but behind one that no patient reaches: each costs staff an alarm.
            # The answer to a repeat is never behind any. What is refused is rolled back.
            if refusal and not receipt.repeated:
                if not receipt.urgent:
                    raise refusal
                limits.check("urgent", conversation_id, address)
        return conversation_id, receipt.seq

    @router.get("/messages", summary="The lines after a number; waits for news if asked to")
    async def messages(
        conversation_id: str = Depends(who),
        after: Annotated[int, Query(ge=0, le=_MAX_SEQ)] = 0,
        wait: Annotated[
            float,
            Query(
                ge=0,
                le=MAX_WAIT,
                allow_inf_nan=False,
                description="Seconds to hold the call until there is news.",
            ),
        ] = 0,
        mode: Annotated[
            str, Query(description="The mode that the caller knows; another one is news too.")
        ] = "",
        typing: Annotated[
            bool | None, Query(description="What the caller shows as typing; a change is news too.")
        ] = None,
    ) -> News:
        until = time.monotonic() + wait
        event = notifier.subscribe(conversation_id)
        try:
            while True:
                event.clear()
                news = await asyncio.to_thread(_read, conversation_id, after)
                changed = (
                    bool(news["messages"])
                    or (mode and news["mode"] != mode)
                    or (typing is not None and news["typing"] != typing)
                )
                left = until - time.monotonic()
                if changed or left <= 0:
                    return News(**news)
                await _news_or(event, left)
        finally:
            notifier.unsubscribe(conversation_id, event)

    @router.get("/events", summary="The same as server-sent events", response_class=StreamingResponse)
    async def events(
        request: Request,
        conversation_id: str = Depends(who),
        after: Annotated[int, Query(ge=0, le=_MAX_SEQ)] = 0,
        last_event_id: Annotated[int | None, Header(ge=0, le=_MAX_SEQ)] = None,
    ) -> StreamingResponse:
        return StreamingResponse(
            _stream(conversation_id, last_event_id if last_event_id is not None else after, request),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def _stream(conversation_id: str, after: int, request: Request) -> AsyncIterator[str]:
        known: dict[str, Any] = {}
        beat = time.monotonic()
        event = notifier.subscribe(conversation_id)
        try:
            while not await request.is_disconnected():
                event.clear()
                try:
                    news = await asyncio.to_thread(_read, conversation_id, after)
                except RefusedError:
                    yield "event: gone\ndata: {}\n\n"
                    return
                for line in news["messages"]:
                    after = line["seq"]
                    yield f"id: {after}\nevent: message\ndata: {json.dumps(line)}\n\n"
                for key in ("mode", "staff", "typing"):
                    if known.get(key) != news[key]:
                        known[key] = news[key]
                        yield f"event: {key}\ndata: {json.dumps(news[key])}\n\n"
                if time.monotonic() - beat > _HEARTBEAT:
                    beat = time.monotonic()
                    yield ": still here\n\n"
                if not news["messages"]:  # there may be more of them than one reading gives
                    await _news_or(event, 5.0)
        finally:
            notifier.unsubscribe(conversation_id, event)

    def _read(conversation_id: str, after: int) -> dict[str, Any]:
        with store.read() as session:
            return _news(session, conversation_id, after)

    @router.get("/transcript", summary="The patient's own copy, as text", response_class=PlainTextResponse)
    def transcript(conversation_id: str = Depends(who)) -> PlainTextResponse:
        with store.read() as session:
            lines = session.scalars(
                select(Message).where(Message.conversation_id == conversation_id).order_by(Message.seq)
            ).all()
        names = {"patient": "You", "assistant": "Assistant", "system": "Notice"}
        zone = clinic().time_zone
        parts = [
            f"Your conversation with the assistant of {clinic().name}. Times are those of the clinic ({zone}).",
            "",
        ]
        for line in lines:
            at = line.at.astimezone(ZoneInfo(zone))
            said = line.text if line.sender == "patient" else _CALL.sub(r"\1", line.text)
            parts += [f"[{at:%Y-%m-%d %H:%M}] {line.staff_name or names.get(line.sender, 'Staff')}:", said]
            parts += [f"  Source: {source['title']}, {source['url']}" for source in line.sources]
            parts.append("")
        return PlainTextResponse(
            "\n".join(parts), headers={"Content-Disposition": 'attachment; filename="conversation.txt"'}
        )

    @router.delete("/conversations", status_code=204, summary="Erase the conversation everywhere")
    def delete(conversation_id: str = Depends(who)) -> Response:
        erase(store, conversation_id)
        notifier.notify(conversation_id)
        return Response(status_code=204)

    return router


def _news(session: Session, conversation_id: str, after: int) -> dict[str, Any]:
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        raise RefusedError("gone", "This conversation no longer exists. Please start a new one.", status=401)
    holder = session.get(Staff, conversation.claimed_by) if conversation.mode == "staff" else None
    pending = session.scalar(
        select(Inbound.id)
        .where(Inbound.conversation_id == conversation_id, Inbound.state == "pending")
        .limit(1)
    )
    return {
        "mode": conversation.mode,
        "staff": holder.name if holder else None,
        "typing": pending is not None and conversation.mode != "staff" and not conversation.told_late,
        "messages": [as_json(line) for line in messages_after(session, conversation_id, after)],
    }


async def _news_or(event: asyncio.Event, seconds: float) -> None:
    """Wait for news, but look again now and then: a notification from another process may be missed."""
    try:
        async with asyncio.timeout(min(seconds, 5.0)):  # wait_for of 3.11 can swallow a cancellation
            await event.wait()
    except TimeoutError:
        return


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _address(request: Request) -> str:
    return request.client.host if request.client else "?"
