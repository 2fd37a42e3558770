"""The whole front door on a real port, in a thread of its own, with a browser's view of the widget API."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from bot.app import make_app
from bot.settings import settings
from bot.store.engine import Store


class FrontDoor:
    """``with FrontDoor(store) as door``; settings come from the environment of the test."""

    def __init__(self, store: Store) -> None:
        self.app: FastAPI = make_app(settings(), store)
        config = uvicorn.Config(
            self.app,
            host="127.0.0.1",
            port=0,
            log_config=None,
            access_log=False,
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> FrontDoor:
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the front door did not start"
            self._thread.join(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.http = httpx.Client(base_url=self.url, timeout=30)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()
        self._server.should_exit = True
        self._thread.join(20)

    def visitor(self) -> Visitor:
        """Somebody who agreed and began."""
        answer = self.http.post("/api/conversations", json={"consent": True})
        assert answer.status_code == 201, answer.text
        return Visitor(self, answer.json())


class Visitor:
    """One browser with its token."""

    def __init__(self, door: FrontDoor, begun: dict[str, Any]) -> None:
        self.door, self.begun, self.token = door, begun, begun["token"]
        self.headers = {"Authorization": f"Bearer {self.token}"}

    def post(self, body: dict[str, Any], **headers: str) -> httpx.Response:
        return self.door.http.post("/api/messages", json=body, headers=self.headers | headers)

    def say(self, text: str, client_id: str | None = None) -> httpx.Response:
        return self.post({"client_id": client_id or str(uuid.uuid4()), "text": text})

    def news(self, after: int = 0, **query: Any) -> httpx.Response:
        return self.door.http.get("/api/messages", params={"after": after, **query}, headers=self.headers)

    def lines(self) -> list[tuple[str, str]]:
        return [(line["from"], line["text"]) for line in self.news().json()["messages"]]

    def until(self, sender: str, count: int = 1) -> list[dict[str, Any]]:
        """All lines, once ``sender`` has said ``count`` after the greeting; by long poll, as the widget
        does."""
        seen = list(self.begun["messages"])
        for _ in range(20):
            if sum(line["from"] == sender for line in seen[1:]) >= count:
                return seen
            seen += self.news(seen[-1]["seq"], wait=10).json()["messages"]
        raise AssertionError(f"{sender} did not say {count} lines")

    def events(self, **headers: str) -> Iterator[tuple[str, str, str]]:
        """Server-sent events as ``(id, event, data)``."""
        with self.door.http.stream("GET", "/api/events", headers=self.headers | headers) as stream:
            assert stream.status_code == 200
            assert stream.headers["content-type"].startswith("text/event-stream")
            fields: dict[str, str] = {}
            for line in stream.iter_lines():
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif fields:
                    yield fields.get("id", ""), fields.get("event", ""), fields.get("data", "")
                    fields = {}
