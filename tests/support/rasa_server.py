"""A server that speaks Rasa's REST webhook and status, and misbehaves on demand.

For faults alone: the real Rasa is tested elsewhere. It listens on a real port, can be stopped and started
again there, and keeps a tracker a sender as ours does (``bot/rasa_server/rasa_channel.py``): written once,
when a turn ends; a message that is in it gets its old answer again, and a wish to forget is fulfilled once.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Literal

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

Way = Literal["answer", "hang", "drip", "500", "junk", "text", "empty", "cut"]


@dataclass(frozen=True)
class Asked:
    """One call of the webhook."""

    sender: str
    message: str
    metadata: dict[str, Any] = field(default_factory=dict)


class RasaServer:
    """``with RasaServer() as rasa``; ``rasa.way`` says what it does with a message, ``rasa.script`` for
    one text alone."""

    def __init__(self) -> None:
        self.way: Way = "answer"
        self.script: dict[str, Way | list[dict[str, Any]]] = {}
        self.loaded = True
        self.asked: list[Asked] = []
        self.resets: list[str] = []  # senders of whom something was forgotten
        self.overlaps: list[str] = []  # senders that were asked while they were being answered
        self.trackers: dict[str, list[dict[str, Any]]] = {}
        self.port = 0
        self._busy: list[str] = []
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._news = threading.Condition()
        self._gate = threading.Event()
        self._gate.set()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    # -- for the test

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def texts(self) -> list[str]:
        return [one.message for one in self.asked]

    def hold(self) -> None:
        """Every answer from now on waits for ``release``."""
        self._gate.clear()

    def release(self) -> None:
        self._gate.set()

    async def until_asked(self, count: int, seconds: float = 10.0) -> None:
        """Return when the webhook has been called ``count`` times."""

        def wait() -> bool:
            with self._news:
                return self._news.wait_for(lambda: len(self.asked) >= count, seconds)

        assert await asyncio.to_thread(wait), f"Rasa was asked {len(self.asked)} times, not {count}"

    def start(self) -> RasaServer:
        self._locks.clear()  # they belong to the event loop
        app = Starlette(
            routes=[
                Route("/webhooks/rest/webhook", self._webhook, methods=["POST"]),
                Route("/status", self._status),
            ]
        )
        config = uvicorn.Config(
            app, host="127.0.0.1", port=self.port, log_level="critical", lifespan="off", ws="none"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the server did not start"
            self._thread.join(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        return self

    def stop(self) -> None:
        """As if killed: open calls are cut, and the port refuses from now on."""
        if self._server and self._thread:
            self._server.should_exit = self._server.force_exit = True
            self._thread.join(10)
            self._server = None

    def __enter__(self) -> RasaServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.release()
        self.stop()

    # -- for the client

    async def _webhook(self, request: Request) -> Response:
        body = await request.json()
        asked = Asked(body["sender"], body["message"], body.get("metadata") or {})
        with self._news:
            self.asked.append(asked)
            self._news.notify_all()
        if asked.sender in self._busy:
            self.overlaps.append(asked.sender)
        self._busy.append(asked.sender)
        try:
            return await self._do(asked)
        finally:
            self._busy.remove(asked.sender)

    async def _do(self, asked: Asked) -> Response:
        async with self._locks[asked.sender]:  # one after the other, in the order in which they came
            await asyncio.to_thread(self._gate.wait, 60)
            said = self._said(asked)
            if said:
                return self._send(said)
            wish, known = asked.metadata.get("reset"), self.trackers.get(asked.sender, [])
            if wish is not None and not any(turn["metadata"].get("reset") == wish for turn in known):
                self.resets.append(asked.sender)
            way = self.script.get(asked.message, self.way)
            if way == "answer":
                way = [{"recipient_id": asked.sender, "text": f"re: {asked.message}"}]
            if isinstance(way, list):
                return self._say(asked, way)
        match way:
            case "hang":
                await asyncio.sleep(3600)
            case "drip":
                return StreamingResponse(_drops(), media_type="application/json")
            case "500":
                return PlainTextResponse("boom", status_code=500)
            case "junk":
                return JSONResponse({"surprise": [1, None]})
            case "text":
                return PlainTextResponse("<html>", status_code=200)
            case "cut":
                return Response(b"[", headers={"Content-Length": "9"})
        return JSONResponse([])

    def _say(self, asked: Asked, replies: list[dict[str, Any]]) -> Response:
        self.trackers.setdefault(asked.sender, []).append(
            {"text": asked.message, "metadata": asked.metadata, "said": replies}
        )
        return self._send(replies)

    def _said(self, asked: Asked) -> list[dict[str, Any]]:
        """What was said to this very message in an earlier turn."""
        known = self.trackers.get(asked.sender, [])
        return next(
            (
                turn["said"]
                for turn in known
                if turn["metadata"].get("inbound_id") == asked.metadata.get("inbound_id")
            ),
            [],
        )

    @staticmethod
    def _send(replies: list[dict[str, Any]]) -> Response:
        # Not JSONResponse: a lone surrogate must go out escaped, as a careless server would send it.
        return Response(json.dumps(replies), media_type="application/json")

    async def _status(self, _: Request) -> Response:
        return JSONResponse({"model_file": "models/test.tar.gz" if self.loaded else None})


async def _drops() -> AsyncIterator[bytes]:
    """Never silent for long enough to time out, never done."""
    while True:
        yield b" "
        await asyncio.sleep(0.05)
