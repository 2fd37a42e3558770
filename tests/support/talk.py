"""A conversation in a database, for tests: begin it, say something in it, read what stands there."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select

from bot.clock import now
from bot.conversation.intake import Receipt, accept
from bot.safety import Finding
from bot.store.engine import Store
from bot.store.models import Conversation, Inbound, Message, Staff

_numbers = itertools.count(1)


class Rules:
    """Red-flag rules of two words: ``chest pain``, and ``calf`` with ``swollen`` in the messages before."""

    broken = False
    tier = "emergency"

    def prepare(self, text: str) -> None:
        pass

    def crisis_line(self, text: str) -> str:
        return ""

    def check(self, text: str, earlier: Sequence[str] = ()) -> Finding | None:
        if self.broken:
            raise RuntimeError("a bug in a rule")
        whole = " ".join([*earlier, text]).lower()
        if "chest pain" in text.lower() or ("calf" in text.lower() and "swollen" in whole):
            return Finding(("R2",), self.tier, "Call [{emergency_number}](tel:{emergency_number}) now.")
        return None


class Talk:
    """One conversation."""

    def __init__(self, store: Store, *, channel: str = "widget", rules: Rules | None = None) -> None:
        self.store, self.rules = store, rules or Rules()
        with store.write() as session:
            conversation = Conversation(
                channel=channel, external_id=f"chat-{next(_numbers)}", consent_at=now()
            )
            session.add(conversation)
        self.id = conversation.id

    def say(self, text: str | None = None, *, choice: str | None = None, key: str | None = None) -> Receipt:
        with self.store.write() as session:
            return accept(
                session,
                self.rules,
                self.id,
                external_id=key or f"message-{next(_numbers)}",
                text=text,
                choice=choice,
                client_id=key,
            )

    @property
    def row(self) -> Conversation:
        return self.rows(Conversation, Conversation.id == self.id)[0]

    @property
    def inbox(self) -> list[Inbound]:
        return self.rows(Inbound, Inbound.conversation_id == self.id)

    @property
    def lines(self) -> list[tuple[str, str]]:
        """Who said what, in order."""
        with self.store.read() as session:
            found = session.scalars(
                select(Message).where(Message.conversation_id == self.id).order_by(Message.seq)
            ).all()
        assert [line.seq for line in found] == list(range(1, len(found) + 1))
        return [(line.sender, line.text) for line in found]

    def said(self, sender: str) -> list[str]:
        return [text for who, text in self.lines if who == sender]

    def rows(self, model: Any, *where: Any) -> list[Any]:
        with self.store.read() as session:
            return list(session.scalars(select(model).where(*where).order_by(model.id)))

    def change(self, **values: Any) -> None:
        with self.store.write() as session:
            row = session.get(Conversation, self.id)
            for name, value in values.items():
                setattr(row, name, value)


def person(store: Store, name: str = "Ann") -> Staff:
    with store.write() as session:
        staff = Staff(email=f"{name.lower()}{next(_numbers)}@clinic.example", name=name, password_hash="x")
        session.add(staff)
    return staff


async def until(true: Callable[[], Any], seconds: float = 15.0) -> None:
    """Return when ``true()`` is; it looks into a database, so it runs in a thread."""
    end = time.monotonic() + seconds
    while not await asyncio.to_thread(true):
        assert time.monotonic() < end, "this never came true"
        await asyncio.sleep(0.02)
