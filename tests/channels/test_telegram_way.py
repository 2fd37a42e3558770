"""The whole way of a message on Telegram: in by polling or webhook, answered, out by sendMessage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import updates
from tests.support.bot_api import BotApi
from tests.support.telegram_rig import House

CHAT = 77


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi() as server:
        yield server


@pytest.fixture(params=["polling", "webhook"])
def house(request: pytest.FixtureRequest, tmp_path: Path, api: BotApi) -> Iterator[House]:
    made = House(tmp_path, api, webhook=request.param == "webhook").start()
    yield made
    made.stop()


def test_a_message_is_kept_until_consent_then_answered(house: House, api: BotApi) -> None:
    api.push(updates.text(CHAT, "why do my legs itch"))
    api.wait_for(lambda: len(api.to(CHAT)) == 1)
    intro = api.to(CHAT)[0]
    assert "not a doctor" in intro.text and "not end-to-end encrypted" in intro.text and "kept your message" in intro.text
    assert [data for _, data in intro.buttons] == ["consent_yes", "consent_no"]
    assert house.brain.asked == []

    api.push(updates.press(CHAT, "consent_yes"))
    api.wait_for(lambda: len(api.to(CHAT)) == 3)
    assert [m.text for m in api.to(CHAT)[1:]] == ["Thank you.", "You said: why do my legs itch"]
    assert house.brain.asked == ["why do my legs itch"]
    assert api.violations == []
