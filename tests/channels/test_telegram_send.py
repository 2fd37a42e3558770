"""Out to Telegram, with everything that goes wrong there: by a Bot API server over HTTP and a real
database file."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from bot.clock import now
from bot.conversation.messages import add_message, locked
from bot.errors import NotAllowedError, RefusedError
from bot.staff import desk
from bot.store.models import Conversation, Outbox, Staff
from tests.support import updates
from tests.support.bot_api import BotApi
from tests.support.telegram_rig import House

CHAT, OTHER = 77, 78


def known(house: House, *chats: int) -> House:
    """Patients who have agreed earlier."""
    with house.store.write() as session:
        for chat in chats:
            session.add(Conversation(channel="telegram", external_id=str(chat), consent_at=now()))
    return house


def say(
    house: House, chat: int, *texts: str, sender: str = "assistant", urgent: bool = False, **more: Any
) -> None:
    def work(session: Any) -> None:
        conversation = locked(session, house.conversation(chat).id)
        staff = (
            Staff(email=f"{time.monotonic()}@x.example", name="Ann", password_hash="x")
            if sender == "staff"
            else None
        )
        if staff:
            session.add(staff)
            session.flush()
        for text in texts:
            add_message(session, conversation, sender, text, urgent=urgent, staff=staff, **more)

    house.change(work)


def states(house: House, chat: int) -> list[str]:
    return [row.state for row in house.outbox(chat)]


def settled(house: House, chat: int) -> bool:
    return all(state not in ("queued", "sending") for state in states(house, chat))


def test_429_delays_that_chat_only(house: House, api: BotApi) -> None:
    known(house, CHAT, OTHER)
    api.fault("sendMessage", "429", chat=CHAT, seconds=2)
    began = time.monotonic()
    say(house, CHAT, "slow", "after it")
    api.wait_for(lambda: house.outbox(CHAT)[0].error == "429")
    asked = time.monotonic()
    say(house, OTHER, "quick")
    api.wait_for(lambda: api.to(OTHER))
    assert api.to(OTHER)[0].at - asked < 1 and api.to(CHAT) == []
    api.wait_for(lambda: len(api.to(CHAT)) == 2)
    assert api.to(CHAT)[0].at - began >= 2
    api.wait_for(lambda: settled(house, CHAT))
    assert [m.text for m in api.to(CHAT)] == ["slow", "after it"] and states(house, CHAT) == ["sent", "sent"]


def test_429_for_all_is_obeyed_and_nothing_is_lost(house: House, api: BotApi) -> None:
    chats = range(300, 310)
    known(house, *chats)
    api.fault("sendMessage", "429", times=6, seconds=1)
    for chat in chats:
        say(house, chat, "hello")
    api.wait_for(lambda: all(api.to(chat) for chat in chats), 20)
    assert all(len(api.to(chat)) == 1 for chat in chats)
    assert len(api.called("sendMessage")) == 16


def test_a_blocked_chat_is_marked_and_left_alone(house: House, api: BotApi) -> None:
    known(house, CHAT)
    api.fault("sendMessage", "403", chat=CHAT, times=99)
    say(house, CHAT, "one", "two", "three")
    api.wait_for(lambda: settled(house, CHAT))
    assert states(house, CHAT) == ["failed"] * 3
    assert house.conversation(CHAT).unreachable and len(house.events(CHAT, "unreachable")) == 1
    assert len(api.called("sendMessage")) == 1  # no storm of tries
    say(house, CHAT, "four")
    time.sleep(0.3)
    assert len(api.called("sendMessage")) == 1


def test_400_fails_with_an_event_and_the_next_line_goes(house: House, api: BotApi) -> None:
    known(house, CHAT)
    api.fault("sendMessage", "400")
    say(house, CHAT, "bad", "good")
    api.wait_for(lambda: settled(house, CHAT))
    assert states(house, CHAT) == ["failed", "sent"] and [m.text for m in api.to(CHAT)] == ["good"]
    assert house.events(CHAT, "not_delivered")[0].data["error"] == "Chat not found"


@pytest.mark.parametrize("fault", ["hang_after", "cut_after", "500_after", "junk_after"])
@pytest.mark.parametrize(("sender", "urgent"), [("assistant", False), ("staff", False), ("system", True)])
def test_an_unclear_outcome_is_one_copy_and_unknown(
    house_with: Callable[..., House], api: BotApi, fault: str, sender: str, urgent: bool
) -> None:
    house = house_with()
    house.read_timeout = 0.5
    known(house.start(), CHAT)
    api.fault("sendMessage", fault, seconds=1.5)
    say(house, CHAT, "once", sender=sender, urgent=urgent)
    api.wait_for(lambda: settled(house, CHAT))
    say(house, CHAT, "next")
    api.wait_for(lambda: len(api.to(CHAT)) == 2)
    api.wait_for(lambda: settled(house, CHAT))
    assert states(house, CHAT) == ["unknown", "sent"]
    assert [m.text.endswith(text) for m, text in zip(api.to(CHAT), ("once", "next"), strict=True)] == [
        True,
        True,
    ]
    told = house.events(CHAT, "delivery_unknown")
    assert len(told) == (0 if sender == "assistant" else 1)


def test_an_unreachable_server_is_tried_again_until_it_is_back(house: House, api: BotApi) -> None:
    known(house, CHAT)
    port = api.port
    api.stop()
    say(house, CHAT, "one", "two")
    time.sleep(1.5)
    assert states(house, CHAT) == ["queued", "queued"] and house.outbox(CHAT)[0].attempts >= 1
    api.start(port)
    api.wait_for(lambda: len(api.to(CHAT)) == 2)
    assert [m.text for m in api.to(CHAT)] == ["one", "two"]


def test_many_on_their_way_in_one_outage_do_not_make_the_rest_longer(house: House, api: BotApi) -> None:
    chats = range(700, 712)
    known(house, *chats)
    port = api.port
    api.stop()
    for chat in chats:
        say(house, chat, "hello")
    time.sleep(0.5)
    api.start(port)
    began = time.monotonic()
    api.wait_for(lambda: all(len(api.to(chat)) == 1 for chat in chats))
    assert time.monotonic() - began < 6


def test_a_crash_while_sending_is_unknown_and_never_sent_again(house: House, api: BotApi) -> None:
    known(house, CHAT)
    house.stop()
    with house.store.write() as session:
        conversation = locked(session, house.conversation(CHAT).id)
        add_message(session, conversation, "staff", "maybe out already")
        session.flush()
        row = session.query(Outbox).one()
        row.state, row.lease_owner, row.lease_until, row.attempts = "sending", "a dead process", now(), 1
    house.start()
    api.wait_for(lambda: settled(house, CHAT))
    assert states(house, CHAT) == ["unknown"] and api.to(CHAT) == []
    assert len(house.events(CHAT, "delivery_unknown")) == 1


def test_stopping_lets_what_is_on_its_way_arrive(house: House, api: BotApi) -> None:
    known(house, CHAT)
    api.fault("sendMessage", "delay", seconds=0.5)
    say(house, CHAT, "last words", "for the next start")
    api.wait_for(lambda: api.called("sendMessage"))
    house.stop()
    assert states(house, CHAT) == ["sent", "queued"]
    house.start()
    api.wait_for(lambda: len(api.to(CHAT)) == 2)
    assert [m.text for m in api.to(CHAT)] == ["last words", "for the next start"]


def test_pace_and_order_under_load(house: House, api: BotApi) -> None:
    chats = range(400, 440)
    known(house, *chats)

    def work(session: Any) -> None:
        for chat in chats:
            conversation = locked(session, house.conversation(chat).id)
            for number in range(3):
                add_message(session, conversation, "assistant", str(number))

    house.change(work)
    api.wait_for(lambda: len(api.sent) == 120, 20)
    for chat in chats:
        assert [m.text for m in api.to(chat)] == ["0", "1", "2"]
    overall, each = api.peaks()
    assert overall <= 30 and each <= 3 and api.violations == []


def test_a_red_flag_overtakes_other_chats(house: House, api: BotApi) -> None:
    chats = range(500, 560)
    known(house, *chats, CHAT)

    def work(session: Any) -> None:
        for chat in (*chats, CHAT):
            add_message(
                session, locked(session, house.conversation(chat).id), "system", "x", urgent=chat == CHAT
            )

    house.change(work)
    api.wait_for(lambda: len(api.sent) == 61, 20)
    assert api.sent.index(api.to(CHAT)[0]) < 5


def test_a_long_line_arrives_in_parts_with_the_buttons_on_the_last(house: House, api: BotApi) -> None:
    known(house, CHAT)
    text = " ".join(f"Sentence number {number} of many 👨‍👩‍👧‍👦." for number in range(300))
    say(house, CHAT, text, "after it", choices=[{"key": "more", "label": "More"}])
    api.wait_for(lambda: settled(house, CHAT) and len(api.to(CHAT)) >= 4, 20)
    *parts, last = api.to(CHAT)
    assert " ".join(m.text for m in parts) == text and last.text == "after it"
    assert [bool(m.buttons) for m in parts] == [False] * (len(parts) - 1) + [True]
    assert all(m.text.endswith(".") for m in parts) and api.violations == []


def test_a_crash_between_parts_goes_on_with_the_next_part(house: House, api: BotApi) -> None:
    known(house, CHAT)
    api.fault("sendMessage", "429", seconds=1)
    say(house, CHAT, "word " * 2000)
    api.wait_for(lambda: len(house.outbox(CHAT)) == 3)
    house.stop()
    house.start()
    api.wait_for(lambda: len(api.to(CHAT)) == 3)
    assert "".join(m.text for m in api.to(CHAT)).replace(" ", "") == "word" * 2000


def test_a_line_that_shows_nothing_fails_and_does_not_block(house: House, api: BotApi) -> None:
    known(house, CHAT)
    say(house, CHAT, "\u200d\u200b", "seen")
    api.wait_for(lambda: settled(house, CHAT))
    assert states(house, CHAT) == ["failed", "sent"] and api.violations == []


def test_resend_sends_a_marked_copy_once(house: House, api: BotApi) -> None:
    known(house, CHAT)
    api.fault("sendMessage", "cut_after")
    say(house, CHAT, "Please come at nine.", sender="staff")
    api.wait_for(lambda: states(house, CHAT) == ["unknown"])
    number = house.outbox(CHAT)[0].id
    talk = house.conversation(CHAT).id
    house.change(lambda session: desk.resend(session, talk, number, actor="Ann"))
    api.wait_for(lambda: len(api.to(CHAT)) == 2)
    assert api.to(CHAT)[1].text == "Ann (clinic staff):\n(sent again) Please come at nine."
    assert len(house.events(CHAT, "sent_again")) == 1
    api.wait_for(lambda: settled(house, CHAT))
    for outbox_id in (number, house.outbox(CHAT)[1].id):
        with pytest.raises(NotAllowedError):
            house.change(lambda session, row=outbox_id: desk.resend(session, talk, row, actor="Ann"))
    with pytest.raises(RefusedError):
        house.change(lambda session: desk.resend(session, talk, 999, actor="Ann"))


def test_a_deleted_conversation_says_goodbye_and_is_gone(house: House, api: BotApi) -> None:
    known(house, CHAT)
    api.push(updates.text(CHAT, "/delete"))
    api.wait_for(lambda: len(api.to(CHAT)) == 1)
    api.push(updates.press(CHAT, "delete_yes"))
    api.wait_for(lambda: len(api.to(CHAT)) == 2)
    assert "have been deleted" in api.to(CHAT)[1].text and house.rows(Conversation) == []
