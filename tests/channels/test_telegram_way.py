"""The whole way of a message on Telegram: in by polling or webhook, answered, out by sendMessage."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.content.reply import Reply
from tests.support import updates
from tests.support.bot_api import BotApi
from tests.support.telegram_rig import House

CHAT = 77


@pytest.fixture(params=["polling", "webhook"])
def house(request: pytest.FixtureRequest, house_with: Callable[..., House]) -> House:
    return house_with(webhook=request.param == "webhook").start()


def agree(api: BotApi, chat: int) -> None:
    """Go through the first contact."""
    api.push(updates.text(chat, "/start"))
    api.wait_for(lambda: len(api.to(chat)) == 1)
    api.push(updates.press(chat, "consent_yes"))
    api.wait_for(lambda: len(api.to(chat)) == 2)


def test_a_message_is_kept_until_consent_then_answered(house: House, api: BotApi) -> None:
    api.push(updates.text(CHAT, "why do my legs itch"))
    api.wait_for(lambda: len(api.to(CHAT)) == 1)
    intro = api.to(CHAT)[0]
    assert (
        "not a doctor" in intro.text
        and "not end-to-end encrypted" in intro.text
        and "kept your message" in intro.text
    )
    assert [data for _, data in intro.buttons] == ["consent_yes", "consent_no"]
    assert house.brain.asked == []

    api.push(updates.press(CHAT, "consent_yes"))
    api.wait_for(lambda: len(api.to(CHAT)) == 3)
    assert [m.text for m in api.to(CHAT)[1:]] == ["Thank you.", "You said: why do my legs itch"]
    assert house.brain.asked == ["why do my legs itch"]
    assert api.violations == []


def test_buttons_sources_and_typing(house: House, api: BotApi) -> None:
    agree(api, CHAT)
    house.brain.delay = 1.2
    house.brain.script["iron?"] = [
        Reply(
            "About iron.",
            choices=[{"key": "ask_iron", "label": "More"}],
            sources=[{"title": "A guide", "url": "https://x.example/g"}],
        )
    ]
    api.push(updates.text(CHAT, "iron?"))
    api.wait_for(lambda: len(api.to(CHAT)) == 3)
    said = api.to(CHAT)[2]
    assert said.text == "About iron.\n\nSources: A guide"
    assert said.links == [("A guide", "https://x.example/g")] and said.buttons == [("More", "ask_iron")]
    assert [call["chat_id"] for call in api.called("sendChatAction")] == [CHAT]

    api.push(updates.press(CHAT, "ask_iron", query="q1"))
    api.wait_for(lambda: len(api.to(CHAT)) == 4)
    assert house.brain.asked[-1] == "/ask_iron"
    assert [call["callback_query_id"] for call in api.called("answerCallbackQuery")].count("q1") == 1


def test_twenty_chats_at_once_with_every_update_doubled_and_shuffled(house: House, api: BotApi) -> None:
    api.duplicates, api.shuffle = 1.0, True
    chats = range(100, 120)
    for chat in chats:
        api.push(updates.text(chat, "one"))
    api.wait_for(lambda: all(api.to(chat) for chat in chats))
    for chat in chats:
        api.push(updates.press(chat, "consent_yes"))
        api.push(updates.text(chat, "two"))
    api.wait_for(lambda: all(len(api.to(chat)) == 4 for chat in chats), 30)
    for chat in chats:
        assert [m.text for m in api.to(chat)[1:]] == ["Thank you.", "You said: one", "You said: two"]
        assert len(house.inbox(chat)) == 3
    answered = [call["callback_query_id"] for call in api.called("answerCallbackQuery")]
    assert len(answered) == len(set(answered)) == len(chats)
    assert len(house.brain.asked) == 40 and api.violations == []


def test_staff_lines_carry_the_name(house: House, api: BotApi) -> None:
    from bot.conversation.messages import add_message, locked
    from bot.store.models import Staff

    agree(api, CHAT)

    def say(session):  # type: ignore[no-untyped-def]
        staff = Staff(email="ann@clinic.example", name="Ann", password_hash="x")
        session.add(staff)
        session.flush()
        add_message(
            session,
            locked(session, house.conversation(CHAT).id),
            "staff",
            "Hello [x](https://y.example)",
            staff=staff,
        )

    house.change(say)
    api.wait_for(lambda: len(api.to(CHAT)) == 3)
    assert api.to(CHAT)[2].text == "Ann (clinic staff):\nHello [x](https://y.example)"
