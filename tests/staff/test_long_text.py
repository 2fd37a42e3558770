"""A text that is too long, over real HTTP: through all that stands before the console, staff get the page
that keeps it."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest

from bot.clock import now
from bot.settings import settings
from bot.staff.auth.accounts import add_staff
from bot.store.engine import Store, make_engine
from bot.store.models import Base, Conversation
from tests.staff.conftest import PASSWORD, token_in
from tests.support.front_door import FrontDoor


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FrontDoor]:
    monkeypatch.setenv("RLA_RASA_PORT", "9")
    settings.cache_clear()
    engine = make_engine(f"sqlite:///{tmp_path / 'door.db'}")
    Base.metadata.create_all(engine)
    with FrontDoor(Store(engine)) as made:
        yield made
    engine.dispose()


@pytest.fixture
def reply(door: FrontDoor, tmp_path: Path) -> str:
    """Where a member of staff, signed in with ``door.http``, sends a reply to."""
    store = Store(make_engine(f"sqlite:///{tmp_path / 'door.db'}"))
    with store.write() as session:
        add_staff(session, "ana@clinic.example", "Ana Ruiz", "receptionist", PASSWORD)
        session.add(talk := Conversation(channel="widget", consent_at=now()))
        session.flush()
        path = f"/staff/conversations/{talk.id}"
    store.engine.dispose()
    form = {
        "csrf": token_in(door.http.get("/staff/sign-in").text),
        "email": "ana@clinic.example",
        "password": PASSWORD,
    }
    assert door.http.post("/staff/sign-in", data=form).status_code == 303
    door.http.post(f"{path}/claim", data={"csrf": csrf(door)})
    return f"{path}/reply"


def csrf(door: FrontDoor) -> str:
    return token_in(door.http.get("/staff/account").text)


def kept(page: str) -> str:
    return "".join(
        unescape(text) for text in re.findall(r"<textarea[^>]*>\n?(.*?)</textarea>", page, re.DOTALL)
    )


@pytest.mark.parametrize("length", [5_000, 70_000, 150_000, 900_000])
def test_a_text_of_any_length_that_a_person_can_paste_is_given_back(
    door: FrontDoor, reply: str, length: int
) -> None:
    text = "a very long word " * (length // 17)
    answer = door.http.post(reply, data={"csrf": csrf(door), "text": text})
    assert answer.status_code == 413
    assert answer.headers["content-type"].startswith("text/html")
    assert text.strip() in kept(answer.text)


def test_what_no_person_types_is_refused_before_it_is_read(door: FrontDoor) -> None:
    host, port = door.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as wire:
        wire.sendall(
            b"POST /staff/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        )
        wire.sendall(b"Content-Length: 5000000000\r\n\r\ntext=")
        assert wire.recv(100).startswith(b"HTTP/1.1 413 ")  # nothing more of it was sent


def test_a_body_without_a_length_is_not_read_without_end(door: FrontDoor) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(300):
            yield b"text=" + b"x" * 10_000

    try:
        answer = door.http.post("/staff/sign-in", content=endless())
    except httpx.WriteError:  # it hung up
        return
    assert answer.status_code == 413
