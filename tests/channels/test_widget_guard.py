"""What stands before the widget's API: limits, origins, headers, and a database that does not answer."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, select

from bot.channels.widget import limits
from bot.safety import Finding
from bot.settings import settings
from bot.store import engine as engines
from bot.store.engine import Store, make_engine
from bot.store.models import Alert, Conversation, Inbound, Message, Timer
from tests.channels.test_widget import FLAG, refusal
from tests.support.front_door import FrontDoor, Visitor

PARTNER = "https://clinic.example"


@pytest.fixture
def door(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[FrontDoor]:
    """Without a Rasa behind it: none of this needs one."""
    monkeypatch.setenv("RLA_RASA_PORT", "9")
    monkeypatch.setenv("RLA_ALLOWED_ORIGINS", f"{PARTNER}/ , https://other.example")
    settings.cache_clear()
    with FrontDoor(store) as made:
        yield made


@pytest.fixture
def visitor(door: FrontDoor) -> Visitor:
    return door.visitor()


@pytest.fixture
def two_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_RATES", {"begin": (10, 0), "say": (2, 120), "urgent": (3, 60)})


def patient_lines(visitor: Visitor) -> list[str]:
    return [text for sender, text in visitor.lines() if sender == "patient"]


def test_too_many_messages_are_refused_with_the_time_to_wait(two_a_minute: None, visitor: Visitor) -> None:
    for text in ("one", "two"):
        assert visitor.say(text).status_code == 202
    answer = visitor.say("three")
    refusal(answer, 429, "too_many")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert patient_lines(visitor) == ["one", "two"]


def test_a_red_flag_is_never_behind_a_limit(two_a_minute: None, visitor: Visitor, store: Store) -> None:
    for text in ("one", "two", "three"):
        visitor.say(text)
    assert visitor.say(FLAG).status_code == 202
    assert patient_lines(visitor) == ["one", "two", FLAG]
    assert visitor.news().json()["messages"][-1]["urgent"]
    with store.read() as session:
        assert len(session.scalars(select(Alert)).all()) == 1


def test_yes_it_is_happening_is_never_behind_a_limit(
    two_a_minute: None, visitor: Visitor, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks = Finding(("R1",), "today", "Please get help today.", ask=True)
    monkeypatch.setattr(
        "bot.safety.verdict.RedFlagCheck.check", lambda _, text, earlier: asks if "odd" in text else None
    )
    for text in ("hello", "my leg is odd"):
        assert visitor.say(text).status_code == 202
    refusal(visitor.post({"client_id": str(uuid.uuid4()), "choice": "talk_to_staff"}), 429, "too_many")
    assert visitor.post({"client_id": str(uuid.uuid4()), "choice": "flag_yes"}).status_code == 202
    with store.read() as session:
        assert len(session.scalars(select(Alert)).all()) == 1


def test_a_flood_of_red_flags_ends(two_a_minute: None, visitor: Visitor, store: Store) -> None:
    """They are one alarm to staff, and end at a limit that no patient reaches."""
    codes = [visitor.say(FLAG).status_code for _ in range(9)]
    assert codes == [202] * 5 + [429] * 4
    with store.read() as session:
        assert len(session.scalars(select(Alert)).all()) == 1


def test_a_repeat_is_answered_even_behind_the_limit(two_a_minute: None, visitor: Visitor) -> None:
    """The browser sends again what it did not see arrive; a refusal would make it say that it failed."""
    key = str(uuid.uuid4())
    first = visitor.say("one", key)
    visitor.say("two")
    refusal(visitor.say("three"), 429, "too_many")
    assert visitor.say("one", key).json() == first.json()


def test_a_bug_in_a_rule_breaks_neither_the_message_nor_the_limit(
    two_a_minute: None, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug in a rule")

    monkeypatch.setattr("bot.safety.rules.RedFlagRules.raised", broken)
    assert [visitor.say(text).status_code for text in ("one", "two", "three")] == [202, 202, 429]
    assert visitor.news().json()["mode"] == "waiting"  # staff look at what the rules could not


def test_beginning_is_limited_by_address(door: FrontDoor) -> None:
    answers = [door.http.post("/api/conversations", json={"consent": True}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [201] * 10 + [429]
    assert "Many chats were started" in answers[-1].json()["message"]  # nobody sent a message yet


def test_load_tests_can_switch_the_limits_off(
    store: Store, two_a_minute: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RLA_RATE_LIMITS", "false")
    settings.cache_clear()
    with FrontDoor(store) as door:
        visitor = door.visitor()
        assert {visitor.say(str(number)).status_code for number in range(5)} == {202}


# -- origins


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://clinic.example", "https://clinic.example.evil.example", "x"],
)
def test_a_foreign_site_is_refused(origin: str, visitor: Visitor) -> None:
    headers = visitor.headers | {"Origin": origin}
    for method, path in (
        ("GET", "/api/messages"),
        ("POST", "/api/messages"),
        ("GET", "/api/events"),
        ("OPTIONS", "/api/messages"),
    ):
        answer = visitor.door.http.request(method, path, headers=headers)
        refusal(answer, 403, "origin")
        assert "access-control-allow-origin" not in answer.headers
    refusal(
        visitor.door.http.post("/api/conversations", json={"consent": True}, headers={"Origin": origin}),
        403,
        "origin",
    )


def test_an_allowed_site_may_ask_and_read(visitor: Visitor) -> None:
    headers = visitor.headers | {"Origin": PARTNER}
    before = visitor.door.http.options(
        "/api/messages", headers={"Origin": PARTNER, "Access-Control-Request-Method": "POST"}
    )
    assert before.status_code == 204
    assert "Authorization" in before.headers["access-control-allow-headers"]
    answers = [
        before,
        visitor.say("hello"),
        visitor.post({"client_id": str(uuid.uuid4()), "text": "hello"}, Origin=PARTNER),
    ]
    answers.append(visitor.door.http.get("/api/messages", headers=headers))
    for answer in (answers[0], *answers[2:]):
        assert answer.headers["access-control-allow-origin"] == PARTNER
        assert answer.headers["vary"] == "Origin"


def test_an_allowed_site_can_read_refusals_too(two_a_minute: None, visitor: Visitor) -> None:
    """Otherwise the widget there could show nothing but a network error."""
    allowed = {"Origin": PARTNER}
    big = visitor.post({"client_id": str(uuid.uuid4()), "text": "x" * 9000}, **allowed)
    visitor.say("one")
    visitor.say("two")
    fast = visitor.post({"client_id": str(uuid.uuid4()), "text": "three"}, **allowed)
    assert (big.status_code, fast.status_code) == (413, 429)
    for answer in (big, fast):
        assert answer.headers["access-control-allow-origin"] == PARTNER
    assert "Retry-After" in fast.headers["access-control-expose-headers"]


def test_our_own_page_needs_no_setting(visitor: Visitor) -> None:
    assert (
        visitor.door.http.get(
            "/api/messages", headers=visitor.headers | {"Origin": visitor.door.url}
        ).status_code
        == 200
    )


# -- headers


def test_every_answer_has_the_safe_headers(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("played")

    http = visitor.door.http
    answers = [
        http.get("/"),
        http.get("/widget.js"),
        http.get("/nowhere"),
        http.get("/api/nowhere"),
        http.get("/api/clinic"),
        http.get("/api/messages"),
        http.get("/api/transcript", headers=visitor.headers),
        http.get("/api/clinic", headers={"Origin": "https://evil.example"}),
        visitor.say("x" * 9000),
    ]
    monkeypatch.setattr("bot.channels.widget.news.read_news", broken)
    answers.append(visitor.news())
    assert [answer.status_code for answer in answers] == [200, 200, 404, 404, 200, 401, 200, 403, 413, 500]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff", answer.url
        assert answer.headers["referrer-policy"] == "no-referrer", answer.url
        assert "server" not in answer.headers
        if answer.url.path.startswith("/api/"):
            assert answer.headers["cache-control"] == "no-store", answer.url
    assert "script-src 'self'" in answers[0].headers["content-security-policy"]
    assert set(answers[-1].json()) == {"error", "message"}
    assert "played" not in answers[-1].text


def test_an_odd_method_makes_no_new_metric(door: FrontDoor) -> None:
    door.http.request("CANARY", "/api/clinic")
    assert "CANARY" not in door.http.get("/metrics").text


# -- the database


@pytest.fixture
def hasty_door(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[FrontDoor]:
    """A front door with an engine of its own that waits a second for a lock, not ten."""
    monkeypatch.setattr(engines, "BUSY_SECONDS", 1)
    monkeypatch.setenv("RLA_RASA_PORT", "9")
    settings.cache_clear()
    own = make_engine(engine.url.render_as_string(hide_password=False))
    with FrontDoor(Store(own)) as made:
        yield made
    own.dispose()


def test_a_locked_database_is_a_503_with_nothing_half_written(hasty_door: FrontDoor, store: Store) -> None:
    visitor = hasty_door.visitor()
    key = str(uuid.uuid4())
    with store.write() as session:
        session.scalars(select(Conversation).with_for_update()).all()  # SQLite: the whole file
        answer = visitor.say(FLAG, key)
        refusal(answer, 503, "unavailable")
        assert answer.headers["Retry-After"] == "5"
        assert (
            "911" in answer.json()["message"]
        )  # no rule could look at it, so everybody is told whom to call
        if store.is_sqlite:
            refusal(hasty_door.http.post("/api/conversations", json={"consent": True}), 503, "unavailable")
        assert hasty_door.http.get("/healthz").status_code == 200
    with store.read() as session:
        for model in (Inbound, Alert, Timer):
            assert session.scalars(select(model)).all() == []
        assert len(session.scalars(select(Message)).all()) == 1  # the greeting
        assert len(session.scalars(select(Conversation)).all()) == 1
    again = visitor.say(FLAG, key)  # what the widget does
    assert (again.status_code, again.json()) == (202, {"seq": 2})
    assert [sender for sender, _ in visitor.lines()] == ["assistant", "patient", "system"]


def test_a_lost_database_is_a_503_and_not_ready(
    door: FrontDoor, visitor: Visitor, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    def lost(*_: object, **__: object) -> None:
        raise OperationalError("SELECT secret", {}, Exception("secret"))

    monkeypatch.setattr(engine.dialect, "do_execute", lost)
    answer = visitor.say("hello")
    refusal(answer, 503, "unavailable")
    assert "secret" not in answer.text
    assert door.http.get("/readyz").status_code == 503
    monkeypatch.undo()
    assert door.http.get("/healthz").status_code == 200
