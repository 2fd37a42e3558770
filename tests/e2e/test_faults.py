"""Rasa dies, hangs and returns: nothing is lost, the patient is told, the answer comes."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time

import httpx
import pytest

from tests.support.processes import House, Visitor, wait_for

pytestmark = pytest.mark.processes


def texts(lines: list[dict[str, object]], sender: str) -> list[str]:
    return [str(line["text"]) for line in lines if line["from"] == sender]


def test_rasa_killed_between_two_messages(house: House) -> None:
    visitor = Visitor(house.url)
    assert "brain" in visitor.ask("why does iron matter for my legs")[0]["text"]

    house.kill(house.rasa_port)
    seq = visitor.say("does it run in families")
    told = wait_for("the patient is told", lambda: texts(visitor.lines(seq), "system"), 25)
    assert "kept" in told[0]
    assert not texts(visitor.lines(seq), "assistant")

    # A red flag needs no Rasa.
    flagged = visitor.say("i have crushing chest pain and cannot breathe")
    urgent = [line for line in visitor.lines(flagged) if line["urgent"]]
    assert len(urgent) == 1
    assert "tel:911" in urgent[0]["text"]

    wait_for("Rasa is up again", house.ready, 90)
    answered = wait_for("the answer comes after all", lambda: texts(visitor.lines(seq), "assistant"), 40)
    assert len(answered) == 1
    assert "famil" in answered[0].lower()
    assert texts(visitor.lines(seq), "system").count(told[0]) == 1  # told once, not again and again


def test_rasa_hangs(house: House) -> None:
    visitor = Visitor(house.url)
    pid = house.pid(house.rasa_port)
    os.kill(pid, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        seq = visitor.say("is magnesium any good")
        wait_for(
            "an honest line within 25 s",
            lambda: texts(visitor.lines(seq), "system"),
            25 - (time.monotonic() - begun),
        )
        assert httpx.get(f"{house.url}/readyz", timeout=20).status_code == 503
        assert httpx.get(f"{house.url}/healthz", timeout=5).status_code == 200
    finally:
        os.kill(pid, signal.SIGCONT)
    answered = wait_for("the answer", lambda: texts(visitor.lines(seq), "assistant"), 60)
    assert len(answered) == 1
    assert "magnesium" in answered[0].lower()


def test_action_server_killed(house: House) -> None:
    visitor = Visitor(house.url)
    house.kill(house.actions_port)
    seq = visitor.say("can pregnancy cause restless legs")
    wait_for("everything is up again", house.ready, 60)
    answered = wait_for("the answer", lambda: texts(visitor.lines(seq), "assistant"), 60)
    assert len(answered) == 1


def test_front_door_killed_with_messages_on_their_way(house: House) -> None:
    visitor = Visitor(house.url)
    pid = house.pid(house.rasa_port)
    os.kill(pid, signal.SIGSTOP)  # so that the turn is surely unfinished
    try:
        first = visitor.say("does stress make it worse")
        visitor.say("and what about alcohol in the evening")
        house.kill(house.port)
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_for(
        "the front door is back", lambda: httpx.get(f"{house.url}/healthz", timeout=2).status_code == 200, 30
    )
    wait_for("both answers", lambda: len(texts(visitor.lines(first), "assistant")) >= 2, 60)
    lines = visitor.lines()
    assert texts(lines, "patient") == ["does stress make it worse", "and what about alcohol in the evening"]
    assert len(texts(visitor.lines(first), "assistant")) == 2
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))


def test_commands_in_free_text_never_reach_rasa(house: House) -> None:
    """They reach it as plain words, which may be understood like any others: Rasa would obey only what
    begins with a slash."""
    visitor = Visitor(house.url)
    typed = ("/restart", '/talk_to_staff{"topic":"x"}', "//ask_iron_link", "/EXTERNAL_x")
    for text in typed:
        visitor.ask(text)
    assert visitor.http.get("/api/messages").json()["mode"] == "assistant", (
        "a typed command handed the conversation over"
    )
    with sqlite3.connect(house.folder / "rasa.db") as rasa:
        told = [
            json.loads(data)["text"]
            for (data,) in rasa.execute("SELECT data FROM events WHERE type_name = 'user' ORDER BY id")
        ]
    for text in typed:
        assert text.lstrip("/") in told, "Rasa was not asked"
    assert not {text for text in told if text in typed}
