"""Several front doors on one PostgreSQL: the same update at the same moment, and one outbox for all."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from bot.channels.telegram import TRAITS
from bot.channels.telegram.polling import PollingBot
from bot.channels.telegram.receive import Receiver
from bot.channels.telegram.send import TelegramSender
from bot.clock import now
from bot.conversation.delivery import Delivery, Outcome
from bot.conversation.messages import add_message, locked
from bot.store.engine import Store, make_engine
from bot.store.models import Base, Conversation, Inbound, Message, Outbox
from bot.work.notifier import Notifier
from bot.work.pacing import Pace
from tests.support import updates
from tests.support.bot_api import TOKEN, BotApi
from tests.support.telegram_rig import Rules

CHATS = range(600, 612)


@pytest.fixture
def store(postgres: Any) -> Iterator[Store]:
    """PostgreSQL, where writers do not wait for each other."""
    url = postgres.new(empty=True)
    engine = make_engine(url)
    Base.metadata.create_all(engine)
    yield Store(engine)
    engine.dispose()
    postgres.drop(url)


def say(store: Store, *texts: str, chats: Iterable[int] = CHATS) -> None:
    """The same lines to every chat."""
    with store.write() as session:
        for chat in chats:
            conversation = Conversation(channel="telegram", external_id=str(chat), consent_at=now())
            session.add(conversation)
            session.flush()
            locked(session, conversation.id)
            for text in texts:
                add_message(session, conversation, "assistant", text)


async def all_sent(store: Store) -> None:
    for _ in count():
        await asyncio.sleep(0.05)
        with store.read() as session:
            if not session.scalars(select(Outbox.id).where(Outbox.state.in_(("queued", "sending")))).first():
                return


def test_a_hundred_copies_at_once_on_four_front_doors_are_one_message(store: Store) -> None:
    doors = [Receiver(store, Rules(), PollingBot(TOKEN), bot_id="4242") for _ in range(4)]
    start = threading.Barrier(8)
    errors: list[Exception] = []

    def flood(door: Receiver, first: int) -> None:
        for chat in CHATS:
            start.wait()
            for number in (first, 1 - first):  # so that two updates race to begin the same conversation, too
                try:
                    door.take({**updates.text(chat, f"words {number}"), "update_id": chat * 10 + number})
                except Exception as error:
                    errors.append(error)

    threads = [threading.Thread(target=flood, args=(doors[index % 4], index % 2)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with store.read() as session:
        rows = session.scalars(select(Inbound).order_by(Inbound.external_id)).all()
        assert [row.text for row in rows] == ["words 0", "words 1"] * len(CHATS)
        assert {row.state for row in rows} == {"pending"}
        assert len(session.scalars(select(Conversation)).all()) == len(CHATS)
        assert [line.sender for line in session.scalars(select(Message))].count("system") == len(CHATS)


def test_the_database_itself_refuses_a_second_row_of_one_update(store: Store) -> None:
    with store.write() as session:
        conversation = Conversation(channel="telegram", external_id="1")
        session.add(conversation)
        session.flush()
        identifier = conversation.id

    def insert() -> None:
        with store.write() as session:
            session.add(
                Inbound(conversation_id=identifier, channel="telegram", external_id="4242:1", text="x", seq=1)
            )

    insert()
    with pytest.raises(IntegrityError):
        insert()
    with pytest.raises(IntegrityError), store.write() as session:
        session.add(Conversation(channel="telegram", external_id="1"))


def test_three_senders_on_one_outbox_send_each_line_once_in_order_and_at_one_pace(store: Store) -> None:
    lines = [str(number) for number in range(7)]
    say(store, *lines)

    with BotApi() as api:
        asyncio.run(asyncio.wait_for(send_from_three(store, api), 30))
        for chat in CHATS:
            assert [message.text for message in api.to(chat)] == lines
        overall, each = api.peaks()
        assert overall <= 30 and each <= 3 and api.violations == []


def test_three_senders_together_stay_below_what_telegram_takes_in_a_second(store: Store) -> None:
    chats = range(1000, 1090)
    say(store, "hello", chats=chats)
    with BotApi() as api:
        asyncio.run(asyncio.wait_for(send_from_three(store, api), 30))
        assert len(api.sent) == len(chats) and api.peaks()[0] <= 30 and api.violations == []


async def send_from_three(store: Store, api: BotApi) -> None:
    """Three front doors send what there is, and stop."""
    bots = [PollingBot(TOKEN, base_url=f"{api.url}/bot") for _ in range(3)]
    deliveries = [Delivery(store, Notifier(), {"telegram": TelegramSender(bot)}) for bot in bots]
    for delivery in deliveries:
        await delivery.start()
    await all_sent(store)
    for delivery in deliveries:
        await delivery.stop()


class _Quick:
    """A channel that answers at once, and says what reached it."""

    def __init__(self, outcome: Outcome | None = None) -> None:
        self.sent: list[str] = []
        self.outcome = outcome or Outcome("sent")

    def parts(self, line: Message) -> list[str]:
        return [line.text]

    async def send(self, address: str, part: str) -> Outcome:
        self.sent.append(address)
        return self.outcome

    async def close(self) -> None:
        return None


def states(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.scalars(select(Outbox.state).order_by(Outbox.id)))


def test_a_stop_while_a_row_is_leased_loses_no_line(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    say(store, "hello", chats=range(5))
    channel, leased, real = _Quick(), threading.Event(), Delivery._take_head

    def take(self: Delivery, head: Any) -> Any:
        made = real(self, head)
        leased.set()
        time.sleep(0.3)  # the row is leased, and the event loop does not know it yet
        return made

    monkeypatch.setattr(Delivery, "_take_head", take)

    async def begin_and_end() -> None:
        delivery = Delivery(store, Notifier(), {"telegram": channel})
        await delivery.start()
        await asyncio.to_thread(leased.wait, 5)
        await asyncio.wait_for(delivery.stop(5), 10)

    asyncio.run(begin_and_end())
    assert len(channel.sent) == 1 and sorted(states(store)) == ["queued"] * 4 + ["sent"]


def test_what_was_surely_not_sent_is_not_forgotten_while_the_database_is_away(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(store, "hello", chats=[1])
    channel, real, away = _Quick(Outcome("later", wait=0.1)), Delivery._finish, time.monotonic() + 7

    def finish(self: Delivery, *args: Any) -> None:
        if time.monotonic() < away:
            raise OperationalError("", {}, Exception("away"))
        channel.outcome = Outcome("sent")
        real(self, *args)

    monkeypatch.setattr(Delivery, "_finish", finish)

    async def send() -> None:
        delivery = Delivery(store, Notifier(), {"telegram": channel})
        await delivery.start()
        await asyncio.wait_for(all_sent(store), 20)
        await delivery.stop()

    asyncio.run(send())
    assert states(store) == ["sent"] and len(channel.sent) == 2


def test_a_chat_that_another_front_door_was_told_to_wait_for_waits(store: Store) -> None:
    say(store, "hello", chats=[1])
    delivery = Delivery(store, Notifier(), {"telegram": _Quick()})
    (head,), _ = delivery._look()
    with store.write() as session:
        session.execute(update(Outbox).values(not_before=now() + timedelta(seconds=30)))
    assert delivery._take_head(head) is None and states(store) == ["queued"]


def test_a_clock_that_was_put_back_does_not_stop_the_channel(store: Store) -> None:
    chats = range(40)
    say(store, "an hour ahead", chats=chats)
    with store.write() as session:
        session.execute(update(Outbox).values(state="sent", updated_at=now() + timedelta(hours=1)))
    with store.read() as session:
        assert Pace.read(session, "telegram", TRAITS.rates).wait("anybody") == 0


class _Failing:
    """A channel that is down at the first try of each chat, which it notices late."""

    def __init__(self) -> None:
        self.tried: list[str] = []

    def parts(self, line: Message) -> list[str]:
        return [line.text]

    async def send(self, address: str, part: str) -> Outcome:
        self.tried.append(address)
        if self.tried.count(address) > 1:
            return Outcome("sent")
        await asyncio.sleep(0.6)
        return Outcome("later", channel_down=True)

    async def close(self) -> None:
        return None


def test_many_that_notice_the_same_outage_do_not_make_the_rest_longer(store: Store) -> None:
    say(store, "hello")

    async def send() -> None:
        delivery = Delivery(store, Notifier(), {"telegram": _Failing()})
        await delivery.start()
        await asyncio.wait_for(all_sent(store), 12)
        await delivery.stop()

    asyncio.run(send())
