"""A patient in front of the receiver, on a real database file, without a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.telegram.entry import After
from bot.channels.telegram.polling import PollingBot
from bot.channels.telegram.receive import Receiver
from bot.content.clinic import clinic
from bot.conversation.messages import locked
from bot.store.engine import Store, make_engine
from bot.store.models import Base, Conversation, Event, Inbound, Message, Staff
from bot.store.modes import change_mode
from tests.support import updates
from tests.support.bot_api import TOKEN
from tests.support.telegram_rig import Rules

CHAT = 77


@dataclass
class Chat:
    """A patient in front of the receiver."""

    store: Store
    receiver: Receiver
    number: int = CHAT
    ids: Any = field(default_factory=lambda: count(1))

    def does(self, what: dict[str, Any], *, update_id: int | None = None, polled: bool = False) -> After:
        return self.receiver.take({**what, "update_id": update_id or next(self.ids)}, polled=polled)

    def writes(self, text: str, **more: Any) -> After:
        return self.does(updates.text(self.number, text, **more))

    def presses(self, key: str, **more: Any) -> After:
        return self.does(updates.press(self.number, key), **more)

    def agrees(self) -> Chat:
        self.writes("/start")
        self.presses("consent_yes")
        return self

    def rows(self, model: Any, *where: Any) -> list[Any]:
        with self.store.read() as session:
            return list(session.scalars(select(model).where(*where)))

    @property
    def conversation(self) -> Conversation:
        found = self.rows(Conversation, Conversation.external_id == str(self.number))
        assert len(found) == 1
        return found[0]

    @property
    def said(self) -> list[str]:
        """Everything that is on its way to the patient, in order."""
        return [line.text for line in self.rows(Message, Message.sender != "patient")]

    @property
    def typed(self) -> list[str]:
        """What staff see of the patient."""
        return [line.text for line in self.rows(Message, Message.sender == "patient")]

    def kinds(self) -> list[str]:
        return [event.kind for event in self.rows(Event)]

    def pending(self) -> list[str]:
        return [row.text for row in self.rows(Inbound, Inbound.state == "pending")]

    def change(self, work: Callable[[Session, Conversation], Any]) -> None:
        with self.store.write() as session:
            conversation = locked(session, self.conversation.id)
            assert conversation
            work(session, conversation)


def make_chat(folder: Path) -> Chat:
    engine = make_engine(f"sqlite:///{folder / 'house.db'}")
    Base.metadata.create_all(engine)
    store = Store(engine)
    return Chat(store, Receiver(store, Rules(), PollingBot(TOKEN), bot_id="4242"))


def filled(text: str) -> str:
    return clinic().fill(text)


def claimed(session: Session, conversation: Conversation) -> None:
    staff = Staff(email="a@b.example", name="Ann", password_hash="x")
    session.add(staff)
    session.flush()
    change_mode(session, conversation, "claim", actor="Ann", staff=staff)
