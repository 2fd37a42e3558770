"""In from Telegram over HTTP: the webhook's answers, its registration, and long polling's offset."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from bot.channels.telegram.channel import Telegram
from bot.errors import ConfigError
from bot.store.models import Inbound, KeyValue, Message
from tests.support import updates
from tests.support.bot_api import TOKEN, BotApi
from tests.support.telegram_rig import SECRET, House

CHAT = 77


@pytest.fixture
def hooked(house_with: Callable[..., House], api: BotApi) -> House:
    house = house_with(webhook=True).start()
    api.wait_for(lambda: api.called("setWebhook"))
    return house


def post(house: House, body: object, secret: str | None = SECRET) -> httpx.Response:
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret is not None else {}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.post(
        f"http://127.0.0.1:{house.port}/telegram/webhook", content=content, headers=headers, timeout=30
    )


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET[:-1], "é"])
def test_a_wrong_secret_is_401_and_leaves_no_row(hooked: House, secret: str | None) -> None:
    headers = {b"X-Telegram-Bot-Api-Secret-Token": secret.encode()} if secret is not None else {}
    body = {"update_id": 1, **updates.text(CHAT, "x")}
    assert (
        httpx.post(f"http://127.0.0.1:{hooked.port}/telegram/webhook", json=body, headers=headers).status_code
        == 401
    )
    assert hooked.rows(Inbound) == []


def test_a_webhook_without_a_secret_is_refused_at_the_start(house_with: Callable[..., House]) -> None:
    house = house_with(webhook=True)
    config = house.settings().model_copy(update={"telegram_webhook_secret": ""})
    with pytest.raises(ConfigError, match="TELEGRAM_WEBHOOK_SECRET"):
        Telegram(house.store, house.rules, None, print, config)  # type: ignore[arg-type]


def test_200_means_committed(hooked: House) -> None:
    assert post(hooked, {"update_id": 1, **updates.text(CHAT, "one")}).status_code == 200
    assert [row.text for row in hooked.inbox(CHAT)] == ["one"]


def test_a_database_that_is_down_is_503_and_the_update_comes_again(
    house_with: Callable[..., House], api: BotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.engine.BUSY_SECONDS", 1)  # a short patience, so that the test is short
    hooked = house_with(webhook=True).start()
    post(hooked, {"update_id": 1, **updates.text(CHAT, "before")})
    blocker = sqlite3.connect(tmp_path / "house.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    answer = post(hooked, {"update_id": 2, **updates.text(CHAT, "during")})
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "5"
    number = api.push(updates.text(CHAT, "kept by Telegram"))
    api.wait_for(lambda: (number, 503) in api.webhook_answers, 25)
    blocker.execute("ROLLBACK")
    blocker.close()
    api.wait_for(lambda: (number, 200) in api.webhook_answers, 25)
    assert [row.text for row in hooked.inbox(CHAT)] == ["before", "kept by Telegram"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"null", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"update_id": 1' + b"0" * 5000 + b"}"]
)
def test_junk_is_200_and_leaves_nothing(hooked: House, body: bytes) -> None:
    assert post(hooked, body).status_code == 200
    assert hooked.rows(Inbound) == []


@pytest.mark.parametrize(
    "words",
    [
        "nul\x00l",
        "lone \ud83d half",
        "x" * 4096,
        "👨‍👩‍👧‍👦" * 300,
        "'; DROP TABLE inbox; --",
        "<script>alert(1)</script>",
        "{{7*7}}",
    ],
)
def test_words_of_every_kind_are_taken(hooked: House, words: str) -> None:
    from bot.conversation.text import clean

    assert post(hooked, {"update_id": 9, **updates.text(CHAT, words)}).status_code == 200
    assert [row.text for row in hooked.inbox(CHAT)] == [clean(words)]


def test_too_long_a_text_gets_a_kind_line(hooked: House, api: BotApi) -> None:
    assert post(hooked, {"update_id": 9, **updates.text(CHAT, "y" * 100_000)}).status_code == 200
    assert hooked.inbox(CHAT)[0].note == "too_long"


def test_the_webhook_is_set_once_a_deployment(house_with: Callable[..., House], api: BotApi) -> None:
    house = house_with(webhook=True)
    api.fault("setWebhook", "429", times=2, seconds=1)
    began = time.monotonic()
    house.start()
    assert time.monotonic() - began < 1  # the front door does not wait for Telegram
    api.wait_for(lambda: len(api.called("setWebhook")) == 3)
    api.wait_for(lambda: house.rows_of_facts())
    call = api.called("setWebhook")[-1]
    assert call["secret_token"] == SECRET and call["allowed_updates"] == [
        "message",
        "edited_message",
        "callback_query",
        "my_chat_member",
    ]
    house.stop()
    house.start()
    time.sleep(0.5)
    assert len(api.called("setWebhook")) == 3
    assert all(SECRET not in fact.value for fact in house.rows_of_facts())


def test_a_webhook_that_telegram_no_longer_knows_is_set_again(
    house_with: Callable[..., House], api: BotApi
) -> None:
    """Another API server, or somebody else with the token; without it the bot would be deaf and say
    nothing of it."""
    house = house_with(webhook=True).start()
    api.wait_for(lambda: house.rows_of_facts())
    house.stop()
    httpx.post(f"{api.url}/bot{TOKEN}/deleteWebhook").raise_for_status()
    house.start()
    api.wait_for(lambda: len(api.called("setWebhook")) == 2)
    api.push(updates.text(CHAT, "hello"))
    api.wait_for(lambda: house.inbox(CHAT))


def test_polling_takes_over_from_a_webhook_and_back(house_with: Callable[..., House], api: BotApi) -> None:
    house = house_with(webhook=True).start()
    api.wait_for(lambda: house.rows_of_facts())
    house.stop()
    house.webhook = False
    house.start()
    api.push(updates.text(CHAT, "by polling"))
    api.wait_for(lambda: api.to(CHAT))
    house.stop()
    house.webhook = True
    house.start()
    api.wait_for(lambda: len(api.called("setWebhook")) == 2)
    api.push(updates.text(CHAT, "by webhook"))
    api.wait_for(lambda: len(house.inbox(CHAT)) == 2)


def test_polling_does_not_confirm_what_is_not_stored(house: House, api: BotApi, tmp_path: Path) -> None:
    api.push(updates.text(CHAT, "one"))
    api.wait_for(lambda: api.confirmed >= 1000)
    taken = house.telegram.receiver.take
    tries: list[int] = []

    def fail(raw, *, polled=False):  # type: ignore[no-untyped-def]
        tries.append(raw["update_id"])
        if len(tries) < 3:
            raise sqlite_error()
        return taken(raw, polled=polled)

    house.telegram.receiver.take = fail  # type: ignore[method-assign]
    number = api.push(updates.text(CHAT, "two"))
    api.wait_for(lambda: len(tries) == 2)
    assert api.confirmed < number
    api.wait_for(lambda: api.confirmed == number)
    assert tries == [number] * 3 and [row.text for row in house.inbox(CHAT)] == ["one", "two"]


def sqlite_error() -> Exception:
    from sqlalchemy.exc import OperationalError

    return OperationalError("INSERT", {}, sqlite3.OperationalError("database is locked"))


def test_what_was_stored_but_not_confirmed_comes_again_and_changes_nothing(house: House, api: BotApi) -> None:
    """As after a kill between our commit and the next call: the server offers the same updates again."""
    number = api.push(updates.text(CHAT, "once"))
    api.wait_for(lambda: api.confirmed == number)
    house.stop()
    api.push(updates.text(CHAT, "once"), update_id=number)
    with house.store.write() as session:
        session.query(KeyValue).delete()
    house.start()
    api.push(updates.text(CHAT, "twice"))
    api.wait_for(lambda: len(house.inbox(CHAT)) == 2)
    assert [line.text for line in house.rows(Message, Message.sender == "patient")] == ["once", "twice"]


@pytest.mark.parametrize("kind", ["500", "cut", "429", "junk"])
def test_polling_survives_a_bad_answer(house: House, api: BotApi, kind: str) -> None:
    api.fault("getUpdates", kind)
    api.push(updates.text(CHAT, "hello"))
    api.wait_for(lambda: api.to(CHAT))
    api.push(updates.text(CHAT, "again"))
    api.wait_for(lambda: len(house.inbox(CHAT)) == 2)


def test_one_poison_update_does_not_hide_its_neighbours(house: House, api: BotApi) -> None:
    house.stop()
    api.push(updates.text(CHAT, "before"))
    api.push({"message": {**updates.message(CHAT, text="poison"), "entities": 5}})
    api.push(updates.text(CHAT, "after"))
    house.start()
    api.wait_for(lambda: len(house.inbox(CHAT)) == 3)
    assert [row.state for row in house.inbox(CHAT)] == ["pending", "set_aside", "pending"]
