"""A stop that was asked for, and a database that is away, are no bugs: nothing in the log looks like one,
and held calls end well."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from bot.http import answer_errors, check_requests
from bot.settings import ROOT
from bot.staff.live_routes import stream
from bot.work.notifier import Notifier
from tests.conftest import Postgres
from tests.support.processes import Visitor, free_ports, wait_for

#: What stands in the log where our code is at fault.
BUGS = (
    "unexpected",
    "work_failed",
    "turn_failed",
    "page_failed",
    "sender_failed",
    "Exception in ASGI",
    "Traceback",
    "never",
)


class Door:
    """``python -m bot serve`` and its log."""

    def __init__(self, folder: Path, **settings: str) -> None:
        (port,) = free_ports(1)
        self.url, self.log = f"http://127.0.0.1:{port}", folder / "web.log"
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", "serve"],
                cwd=ROOT,
                env={**os.environ, "RLA_PORT": str(port), **settings},
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        wait_for("the door is open", lambda: httpx.get(f"{self.url}/healthz").status_code == 200, 120)

    def stop(self) -> None:
        """Ask it to stop, and wait until it has."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def faults(self) -> list[str]:
        """The lines of level error, and whatever looks like a bug."""
        lines = self.log.read_text().splitlines()
        return [line for line in lines if '"level": "error"' in line or any(bug in line for bug in BUGS)]


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[Any]:
    open_ones: list[Door] = []

    def make(**settings: str) -> Door:
        open_ones.append(Door(tmp_path, **settings))
        return open_ones[-1]

    yield make
    for door in open_ones:
        door.process.kill()


class Held(threading.Thread):
    """A call that is held until there is news; ``ended`` is how it ended."""

    def __init__(self, visitor: Visitor, path: str) -> None:
        super().__init__(daemon=True)
        self._visitor, self._path, self.ended, self.begun = visitor, path, "", threading.Event()
        self.start()

    def run(self) -> None:
        try:
            with self._visitor.http.stream("GET", self._path, timeout=60) as answer:
                self.begun.set()
                body = "".join(answer.iter_text())
            self.ended = f"{answer.status_code}, {len(body)} signs"
        except httpx.HTTPError as error:
            self.ended = repr(error)


@pytest.mark.processes
def test_a_stop_ends_held_calls_and_streams_and_logs_no_fault(doors: Any) -> None:
    door = doors()
    visitor = Visitor(door.url)
    held = [Held(visitor, "/api/events?after=0") for _ in range(3)]
    held.append(Held(Visitor(door.url), f"/api/messages?after={visitor.seen}&wait=25"))
    assert all(one.begun.wait(30) for one in held[:3])
    time.sleep(0.5)
    door.stop()
    for one in held:
        one.join(30)
    assert [one.ended.split(",")[0] for one in held] == ["200"] * 4, [one.ended for one in held]
    # Had it waited for them, the server would say that it cancelled them, and each would look like a fault.
    assert [line for line in door.faults() if "red_flag_classifier" not in line] == []


@pytest.mark.processes
def test_a_database_that_is_away_is_said_as_such(doors: Any, postgres: Postgres) -> None:
    url = postgres.new()
    door = doors(RLA_DATABASE_URL=url)
    visitor = Visitor(door.url)
    held = Held(visitor, "/api/events?after=0")
    assert held.begun.wait(30)
    postgres.drop(url)
    assert visitor.http.get("/api/messages", params={"after": 0}).status_code == 503
    wait_for("the stream has ended", lambda: held.ended, 40)
    assert held.ended.startswith("200")
    door.stop()
    faults = [json.loads(line) for line in door.faults() if "red_flag_classifier" not in line]
    assert {line["event"] for line in faults} == {"database_error"}
    assert all(line["error"] == "OperationalError" and ".py:" in line["at"] for line in faults)


async def test_the_staffs_stream_ends_with_the_front_door() -> None:
    notifier = Notifier()

    async def here() -> bool:
        return False

    request: Any = SimpleNamespace(cookies={}, is_disconnected=here)
    lines = stream(request, SimpleNamespace(notifier=notifier, store=None))  # type: ignore[arg-type]
    assert "ready" in await anext(lines)
    notifier.close()
    with pytest.raises(StopAsyncIteration):
        async with asyncio.timeout(2):
            await anext(lines)


def app_that(fail: Exception) -> TestClient:
    """A front door with one stream that fails once it has begun."""
    app = FastAPI()

    async def lines() -> AsyncIterator[str]:
        yield "data: 1\n\n"
        raise fail

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(lines(), media_type="text/event-stream")

    check_requests(app, (), larger={})
    answer_errors(app)
    return TestClient(app, raise_server_exceptions=True)


def test_a_stream_whose_database_is_lost_ends_and_says_so() -> None:
    with structlog.testing.capture_logs() as lines:
        answer = app_that(OperationalError("SELECT", {}, Exception("gone"))).get("/stream")
    assert answer.text == "data: 1\n\n"
    (line,) = lines
    assert (line["event"], line["error"], line["path"]) == ("database_error", "OperationalError", "/stream")
    assert line["at"].startswith(f"{__file__}:")


def test_a_stream_with_a_bug_still_says_that_it_is_one() -> None:
    with structlog.testing.capture_logs() as lines, pytest.raises(KeyError):
        app_that(KeyError("x")).get("/stream")
    assert [(line["event"], line["error"]) for line in lines] == [("unexpected", "KeyError")]
    assert lines[0]["at"].startswith(f"{__file__}:")
