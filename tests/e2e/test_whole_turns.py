"""Rasa takes a turn whole or not at all, and each message once, whatever its action server does in the
middle of it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from tests.support.processes import House, Visitor, wait_for

pytestmark = pytest.mark.processes


@contextmanager
def actions_that_break_off(house: House) -> Iterator[list[str]]:
    """In the action server's place: every action fails, but for one that says something and changes
    nothing."""
    called: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            name = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["next_action"]
            called.append(name)
            good = name == "action_begin_check"
            body = json.dumps(
                {"events": [], "responses": [{"text": "half of an answer"}]} if good else {"error": "no"}
            ).encode()
            self.send_response(200 if good else 500)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            return

    assert house.process
    os.kill(house.process.pid, signal.SIGSTOP)  # or the supervisor would start the real one again
    try:
        house.kill(house.actions_port)
        server = wait_for("the port is free", lambda: _bound(house.actions_port, Handler), 10)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield called
        server.shutdown()
        server.server_close()
    finally:
        os.kill(house.process.pid, signal.SIGCONT)


def _bound(port: int, handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    return ThreadingHTTPServer(("127.0.0.1", port), handler)


def test_half_an_answer_is_none_and_the_form_still_begins(house: House) -> None:
    visitor = Visitor(house.url)
    with actions_that_break_off(house) as called:
        seq = visitor.say("can you check my symptoms with a few questions")
        wait_for("the second action failed", lambda: len(set(called)) >= 2, 30)
        assert [line for line in visitor.lines(seq) if line["from"] == "assistant"] == []
    wait_for("everything is up again", house.ready, 60)
    said = wait_for(
        "the whole answer",
        lambda: [line["text"] for line in visitor.lines(seq) if line["from"] == "assistant"],
        60,
    )
    assert len(said) == 2, said  # what the questions are, and the first one
    assert "half of an answer" not in said
    assert (
        "rest" in visitor.ask("yes")[0]["text"].lower()
    )  # the second question: the form took the first answer


def to_rasa(house: House, body: dict[str, Any], **headers: str) -> httpx.Response:
    """As the front door speaks to Rasa."""
    token = (house.folder / "rasa_token").read_text().strip()
    address = f"http://127.0.0.1:{house.rasa_port}/webhooks/rest/webhook"
    sent = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **headers}
    return httpx.post(address, content=json.dumps(body), headers=sent, timeout=20)


def test_neither_rasa_nor_the_actions_listen_to_a_stranger(house: House) -> None:
    body = {"sender": "stranger", "message": "hello", "metadata": {"inbound_id": 1}}
    for wrong in ("", "Bearer", "Bearer x", "Basic x"):
        assert to_rasa(house, body, Authorization=wrong).status_code == 401
    # What a page of another site can send without asking first.
    assert to_rasa(house, body, **{"Content-Type": "text/plain"}).status_code == 401
    with sqlite3.connect(house.folder / "rasa.db") as rasa:
        told = rasa.execute("SELECT count(*) FROM events WHERE sender_id = 'stranger'").fetchone()
    assert told == (0,)
    actions = f"http://127.0.0.1:{house.actions_port}"
    token = (house.folder / "rasa_token").read_text().strip()
    for headers, status in (
        ({}, 401),
        ({"Authorization": "Bearer x"}, 401),
        ({"Authorization": f"Bearer {token}"}, 415),
    ):
        answer = httpx.post(
            f"{actions}/webhook", content="{}", headers={"Content-Type": "text/plain", **headers}
        )
        assert answer.status_code == status
    for path, status in (("/actions", 401), ("/health", 200)):
        answer = httpx.get(actions + path, headers={"Origin": "https://evil.example"})
        assert answer.status_code == status
        assert "access-control-allow-origin" not in answer.headers


def test_a_message_that_comes_twice_is_taken_once_and_gets_its_answer_again(house: House) -> None:
    body = {
        "sender": "twice",
        "message": "why does iron matter for my legs",
        "metadata": {"inbound_id": 987_654_321},
    }
    first, second = (to_rasa(house, body).json() for _ in range(2))
    assert first
    assert [line["custom"] for line in second] == [line["custom"] for line in first]
    with sqlite3.connect(house.folder / "rasa.db") as rasa:
        assert rasa.execute(
            "SELECT count(*) FROM events WHERE sender_id = 'twice' AND type_name = 'user'"
        ).fetchone() == (1,)


def test_what_runs_is_forgotten_on_a_wish_and_never_what_a_repeated_message_began(house: House) -> None:
    """The wish comes with the message and is fulfilled under Rasa's lock: once, and not before an answer
    that is only repeated."""

    def told(number: int, text: str, **wish: int) -> list[str]:
        body = {
            "sender": "forgets",
            "message": text,
            "metadata": {"inbound_id": 876_543_210 + number, **wish},
        }
        lines = to_rasa(house, body).json()
        return [line["custom"]["answer"] for line in lines]

    check = "can you check my symptoms with a few questions"
    assert "check_urge" in told(1, check)
    assert told(2, "yes", reset=5) == [
        "affirm"
    ]  # a red flag came between: this yes answers no question of the form
    begun = told(3, check, reset=6)
    assert "check_urge" in begun
    assert told(3, check, reset=6) == begun  # its first answer never arrived
    assert told(4, "yes", reset=6) == [
        "check_rest"
    ]  # the form still runs, though the front door does not know and asks once more
    assert "check_movement" not in told(5, "yes", reset=7)
