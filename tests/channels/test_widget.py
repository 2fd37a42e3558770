"""The widget's API over real HTTP: what a visitor's browser can and cannot do."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text

from bot.settings import settings
from bot.store.engine import Store
from bot.store.models import Base, Conversation, Inbound, Message
from tests.support.front_door import FrontDoor, Visitor
from tests.support.rasa_server import RasaServer

FLAG = "my calf is swollen and hot on one side"
CANARY = "canary-7f3a"


def refusal(answer: object, status: int, code: str) -> dict[str, str]:
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"error", "message"}
    assert body["error"] == code
    assert body["message"][0].isupper()
    assert body["message"].endswith(".")
    return body


def test_without_consent_nothing_is_kept(door: FrontDoor, store: Store) -> None:
    refusal(door.http.post("/api/conversations", json={"consent": False}), 400, "consent")
    refusal(door.http.post("/api/conversations", json={}), 422, "invalid")
    with store.read() as session:
        assert session.scalars(select(Conversation)).all() == []


def test_with_consent_a_greeting_and_a_token_that_is_stored_hashed(door: FrontDoor, store: Store) -> None:
    visitor = door.visitor()
    (greeting,) = visitor.begun["messages"]
    assert (greeting["seq"], greeting["from"], visitor.begun["mode"]) == (1, "assistant", "assistant")
    assert "not a doctor" in greeting["text"]
    assert len(visitor.token) >= 43
    with store.read() as session:
        row = session.scalars(select(Conversation)).one()
        assert row.consent_at
        assert visitor.token not in (row.token_hash, row.id)


def test_a_question_is_answered(visitor: Visitor) -> None:
    answer = visitor.say("why iron?")
    assert (answer.status_code, answer.json()) == (202, {"seq": 2})
    assert [(line["seq"], line["from"], line["text"]) for line in visitor.until("assistant")[1:]] == [
        (2, "patient", "why iron?"),
        (3, "assistant", "re: why iron?"),
    ]


def test_the_same_client_id_again_gets_the_same_answer_and_changes_nothing(
    visitor: Visitor, rasa: RasaServer
) -> None:
    key = str(uuid.uuid4())
    answers = [visitor.say("hello", key) for _ in range(3)]
    assert {(one.status_code, one.json()["seq"]) for one in answers} == {(202, 2)}
    visitor.until("assistant")
    assert rasa.texts == ["hello"]
    assert len(visitor.lines()) == 3


def test_two_visitors_may_use_the_same_client_id(door: FrontDoor) -> None:
    key = str(uuid.uuid4())
    for one in (door.visitor(), door.visitor()):
        assert one.say("hello", key).status_code == 202
        assert one.lines()[1] == ("patient", "hello")


@pytest.mark.parametrize(
    "body",
    [
        {"text": "x", "choice": "show_topics"},
        {},
        {"text": 7},
        {"text": "x", "client_id": "short"},
        {"text": "x", "client_id": "no spaces here"},
        {"choice": "UPPER"},
        {"choice": "/restart"},
        {"choice": "x" * 65},
    ],
)
def test_a_body_of_another_form_is_refused(body: dict[str, object], visitor: Visitor) -> None:
    refusal(visitor.post({"client_id": str(uuid.uuid4())} | body), 422, "invalid")
    assert len(visitor.lines()) == 1


def test_a_button_must_have_been_offered(visitor: Visitor) -> None:
    refusal(
        visitor.post({"client_id": str(uuid.uuid4()), "choice": "delete_everything"}), 400, "unknown_choice"
    )
    offered = visitor.begun["messages"][0]["choices"][0]
    assert visitor.post({"client_id": str(uuid.uuid4()), "choice": offered["key"]}).status_code == 202
    assert visitor.lines()[1] == ("patient", offered["label"])


def test_lengths(visitor: Visitor) -> None:
    assert visitor.say("x" * 2000).status_code == 202
    assert "2,001" in refusal(visitor.say("x" * 2001), 413, "too_long")["message"]
    refusal(visitor.say("x" * 9000), 413, "too_large")
    refusal(visitor.say("   \n "), 400, "empty")
    assert len([line for line in visitor.lines() if line[0] == "patient"]) == 1


def test_a_body_that_names_no_length_is_counted_too(visitor: Visitor) -> None:
    def pieces(size: int) -> Iterator[bytes]:
        yield b'{"client_id": "' + str(uuid.uuid4()).encode() + b'", "text": "'
        for _ in range(size // 100):
            yield b"x" * 100
        yield b'"}'

    headers = visitor.headers | {"Content-Type": "application/json"}
    refusal(visitor.door.http.post("/api/messages", content=pieces(9000), headers=headers), 413, "too_large")
    assert visitor.door.http.post("/api/messages", content=pieces(500), headers=headers).status_code == 202


def test_a_leading_slash_is_no_command(visitor: Visitor, rasa: RasaServer) -> None:
    visitor.say("/restart")
    visitor.until("assistant")
    assert rasa.texts == ["restart"]
    assert visitor.lines()[1] == ("patient", "/restart")


def test_half_an_emoji_does_not_cost_the_message(visitor: Visitor) -> None:
    body = json.dumps({"client_id": str(uuid.uuid4()), "text": "hm \ud83d ok\x00"}).encode()
    answer = visitor.door.http.post(
        "/api/messages", content=body, headers=visitor.headers | {"Content-Type": "application/json"}
    )
    assert answer.status_code == 202
    assert visitor.lines()[1] == ("patient", "hm \ufffd ok")


@pytest.mark.parametrize(
    "raw", [b"[" * 8000, b"\xff\xfe{}", b'{"client_id":', b"nonsense", b"", b'{"consent": {"a": NaN}}']
)
def test_no_body_breaks_the_door(raw: bytes, visitor: Visitor) -> None:
    for path in ("/api/messages", "/api/conversations"):
        answer = visitor.door.http.post(
            path, content=raw, headers=visitor.headers | {"Content-Type": "application/json"}
        )
        assert answer.status_code in (400, 422), answer.text
        assert set(answer.json()) == {"error", "message"}


@pytest.mark.parametrize(
    "query", ["after=-1", "after=9999999999999999999999", "after=x", "wait=26", "wait=nan", "wait=-1"]
)
def test_no_query_breaks_the_door(query: str, visitor: Visitor) -> None:
    refusal(visitor.door.http.get(f"/api/messages?{query}", headers=visitor.headers), 422, "invalid")


@pytest.mark.parametrize("seen", ["-1", "99999999999999999999", "x"])
def test_no_last_event_id_breaks_the_stream(seen: str, visitor: Visitor) -> None:
    refusal(
        visitor.door.http.get("/api/events", headers=visitor.headers | {"Last-Event-ID": seen}),
        422,
        "invalid",
    )


def test_a_refusal_never_repeats_what_was_sent(visitor: Visitor) -> None:
    said = [
        visitor.post({"client_id": CANARY * 9, "text": CANARY}),
        visitor.post({"client_id": str(uuid.uuid4()), "choice": "canary_7f3a"}),
        visitor.post({"client_id": str(uuid.uuid4()), "text": {CANARY: CANARY}}),
        visitor.say(CANARY * 300),
        visitor.door.http.post("/api/conversations", json={"consent": CANARY, "locale": CANARY * 9}),
        visitor.door.http.get(f"/api/{CANARY}"),
        visitor.door.http.get("/api/messages", params={"after": CANARY}, headers=visitor.headers),
        visitor.door.http.get("/api/messages", headers={"Authorization": f"Bearer {CANARY}"}),
    ]
    for answer in said:
        assert answer.status_code >= 400
        assert CANARY not in answer.text
        assert "canary" not in answer.text


# -- tokens


def closed_calls(door: FrontDoor) -> set[tuple[str, str]]:
    """Every call of the API that belongs to one conversation, from the route table itself."""
    calls = {
        (method.upper(), path)
        for path, methods in door.app.openapi()["paths"].items()
        if path.startswith("/api/")
        for method in methods
    }
    return calls - {("GET", "/api/clinic"), ("POST", "/api/conversations")}


def test_no_call_opens_without_its_token(door: FrontDoor, visitor: Visitor) -> None:
    calls = closed_calls(door)
    assert len(calls) >= 5
    body = {"client_id": str(uuid.uuid4()), "text": "hello"}
    wrong = [
        "",
        "Bearer",
        "Bearer x",
        f"Bearer {visitor.token[:-1]}",
        f"Bearer {visitor.token}x",
        "Basic x",
        "Bearer é",
    ]
    for method, path in sorted(calls):
        for header in wrong:
            answer = door.http.request(
                method,
                path,
                json=body if method == "POST" else None,
                headers=[(b"authorization", header.encode("latin-1"))],
            )
            refusal(answer, 401, "gone")
    assert len(visitor.lines()) == 1


def test_no_call_shows_or_changes_anothers_conversation(
    door: FrontDoor, visitor: Visitor, store: Store
) -> None:
    """With a stranger's valid token and every id of ours that a stranger could know or guess."""
    visitor.say(CANARY)
    visitor.until("assistant")
    with store.read() as session:
        ours = session.scalars(select(Inbound.conversation_id)).one()
    before = visitor.lines()
    stranger = door.visitor()
    for method, path in sorted(closed_calls(door) - {("GET", "/api/events")}):
        for extra in (
            {},
            {"conversation": ours, "conversation_id": ours, "token": visitor.token, "id": ours},
        ):
            body = {"client_id": str(uuid.uuid4()), "text": "mine", **extra} if method == "POST" else None
            answer = door.http.request(method, path, params=extra, json=body, headers=stranger.headers)
            assert CANARY not in answer.text
            if method == "DELETE":
                stranger = door.visitor()
    for _, _, data in stranger.events(**{"Last-Event-ID": "0"}):
        assert CANARY not in data
        if "assistant" in data:
            break
    assert visitor.lines() == before


# -- erasure


def test_delete_erases_every_table_and_rasas_events(visitor: Visitor, store: Store, tmp_path: Path) -> None:
    visitor.say(f"{CANARY} hello")
    visitor.until("assistant")
    visitor.say(f"{CANARY} {FLAG}")
    with store.read() as session:
        sender = session.scalars(select(Conversation.id)).one()
    engine = create_engine(settings().rasa_database)
    with engine.begin() as connection:
        connection.execute(
            text("CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id VARCHAR(255), data TEXT)")
        )
        connection.execute(
            text("INSERT INTO events (sender_id, data) VALUES (:s, :d)"), {"s": sender, "d": CANARY * 500}
        )
    answer = visitor.door.http.delete("/api/conversations", headers=visitor.headers)
    assert (answer.status_code, answer.content) == (204, b"")
    refusal(visitor.news(), 401, "gone")
    with store.read() as session:
        for table in Base.metadata.sorted_tables:
            assert CANARY not in str(session.execute(select(table)).all()), table.name
            if "conversation_id" in table.c:
                assert session.execute(select(table).where(table.c.conversation_id == sender)).all() == [], (
                    table.name
                )
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM events")).scalar() == 0
    engine.dispose()
    holding = [
        path.name for path in tmp_path.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()
    ]
    assert holding == []


def test_after_the_erasure_the_answer_that_was_on_its_way_goes_nowhere(
    visitor: Visitor, rasa: RasaServer, store: Store
) -> None:
    rasa.hold()
    visitor.say("hello")
    assert visitor.door.http.delete("/api/conversations", headers=visitor.headers).status_code == 204
    rasa.release()
    refusal(visitor.say("anybody there?"), 401, "gone")
    with store.read() as session:
        assert session.scalars(select(Message)).all() == []
