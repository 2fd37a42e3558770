"""The whole dialogue in one process, for what runs at a desk: intake with its red flags, turns, Rasa and
the actions on a store of its own.

A message goes the way that it goes at a clinic, without HTTP between the processes and without delivery.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import select

from bot.clock import now
from bot.content.answers import answers
from bot.conversation.intake import Receipt, RedFlags, accept
from bot.conversation.messages import add_message, locked
from bot.conversation.turn import TurnRunner
from bot.errors import AssistantError
from bot.rasa_server.in_process import InProcessRasa
from bot.rasa_server.training import MODEL
from bot.safety import RedFlagCheck
from bot.settings import ROOT, settings
from bot.store.engine import Store, store
from bot.store.migrate import migrate
from bot.store.models import Alert, Conversation, Inbound, Message, TurnLog
from bot.work.notifier import Notifier

_SECONDS = 60.0  # for one turn, on a busy machine
_CHANNEL = "widget"


@dataclass(frozen=True)
class Said:
    """One turn.

    Args:
        text: what the patient wrote.
        replies: the messages that answered it, in their order; none where staff hold the conversation.
        decisions: what each action logged of it.
        parsed: what Rasa's components understood, as Rasa's parse data; empty where Rasa was not asked.
        alerts: the red flags that it raised.
    """

    text: str
    replies: list[Message] = field(default_factory=list)
    decisions: list[TurnLog] = field(default_factory=list)
    parsed: dict[str, Any] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)

    @property
    def answers(self) -> list[str]:
        """The ids of the answers that were said."""
        return [reply.answer_id for reply in self.replies if reply.answer_id]


class Dialogue:
    """Conversations with the assistant in this process. Made by ``in_process``."""

    def __init__(self, on: Store, red_flags: RedFlags, rasa: InProcessRasa) -> None:
        self._store, self._red_flags, self._rasa, self._notifier = on, red_flags, rasa, Notifier()
        self._runner = TurnRunner(on, rasa, self._notifier)

    async def start(self) -> None:
        await self._notifier.start()
        await self._runner.start()

    async def stop(self) -> None:
        await self._runner.stop(0)
        await self._notifier.stop()

    async def begin(self) -> str:
        """A new conversation, consented to; its id."""

        def work() -> str:
            with self._store.write() as session:
                session.add(made := Conversation(channel=_CHANNEL, consent_at=now()))
                session.flush()
                return made.id

        return await asyncio.to_thread(work)

    async def say(self, conversation_id: str, text: str) -> Said:
        """Write ``text`` and wait for the answer.

        Raises:
            AssistantError: the turn broke, or took more than a minute.
            RefusedError: intake refuses the text.
        """
        return await self._turn(conversation_id, text=text)

    async def press(self, conversation_id: str, choice: str) -> Said:
        """Press the button of an intent, as if it had been offered, and wait for the answer; raises as
        ``say``."""

        def offer() -> None:
            with self._store.write() as session:
                conversation = locked(session, conversation_id)
                assert conversation
                label = answers()[choice].title if choice in answers() else choice
                offered = [{"key": choice, "label": label}]
                add_message(session, conversation, "assistant", label, choices=offered)

        await asyncio.to_thread(offer)
        return await self._turn(conversation_id, choice=choice)

    async def _turn(
        self, conversation_id: str, *, text: str | None = None, choice: str | None = None
    ) -> Said:
        shown = text if text is not None else f"/{choice}"
        news = self._notifier.subscribe(conversation_id)
        try:
            receipt = await asyncio.to_thread(self._accept, conversation_id, text, choice)
            news.clear()
            self._runner.kick(conversation_id)
            async with asyncio.timeout(_SECONDS):
                while await asyncio.to_thread(self._is_open, receipt):
                    await news.wait()
                    news.clear()
                    if failure := self._rasa.failures.pop(conversation_id, None):
                        raise AssistantError(f"the turn broke at {shown!r}: {failure!r}") from failure
        except TimeoutError:
            raise AssistantError(f"no answer to {shown!r} within {_SECONDS:.0f} s") from None
        finally:
            self._notifier.unsubscribe(conversation_id, news)
        said = await asyncio.to_thread(self._said, receipt, shown)
        return Said(
            said.text,
            said.replies,
            said.decisions,
            await self._rasa.parsed(conversation_id) if said.decisions else {},
            said.alerts,
        )

    def _accept(self, conversation_id: str, text: str | None, choice: str | None) -> Receipt:
        self._red_flags.prepare(text or "")
        key = uuid.uuid4().hex
        with self._store.write() as session:
            return accept(
                session, self._red_flags, conversation_id, external_id=key, text=text, choice=choice
            )

    def _is_open(self, receipt: Receipt) -> bool:
        with self._store.read() as session:
            inbound = session.get(Inbound, receipt.inbound_id)
            return inbound is not None and inbound.state == "pending"

    def _said(self, receipt: Receipt, text: str) -> Said:
        with self._store.read() as session:
            replies = select(Message).where(
                Message.inbound_id == receipt.inbound_id, Message.sender != "patient"
            )
            decisions = select(TurnLog).where(TurnLog.inbound_id == receipt.inbound_id)
            alerts = select(Alert).where(Alert.inbound_id == receipt.inbound_id)
            return Said(
                text,
                list(session.scalars(replies.order_by(Message.seq))),
                list(session.scalars(decisions.order_by(TurnLog.id))),
                alerts=list(session.scalars(alerts)),
            )


@asynccontextmanager
async def in_process(model: Path | None = None) -> AsyncIterator[Dialogue]:
    """A dialogue with ``model`` (by default the one in ``models/``), on a database that is thrown away at
    the end.

    Raises:
        ConfigError: there is no trained model.
    """
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(50)
    )  # what is printed is the result
    with _own_folder():
        migrate(store().engine)
        rasa = InProcessRasa(model or ROOT / "models" / f"{MODEL}.tar.gz")
        dialogue = Dialogue(store(), RedFlagCheck.load(), rasa)
        await dialogue.start()
        try:
            yield dialogue
        finally:
            await dialogue.stop()
            store().engine.dispose()


@contextmanager
def _own_folder() -> Iterator[None]:
    """Settings of this process with a data folder of their own, so that nothing reaches the clinic's
    database; as before afterwards."""
    own = {"RLA_DATABASE_URL": "", "RLA_REDIS_URL": "", "RLA_PUBLIC_URL": ""}
    with tempfile.TemporaryDirectory(prefix="rla-dialogue-") as folder:
        own["RLA_DATA_DIR"] = folder
        before = {name: os.environ.get(name) for name in own}
        os.environ.update(own)
        _forget()
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name, None) if value is None else os.environ.update({name: value})
            _forget()


def _forget() -> None:
    settings.cache_clear()
    store.cache_clear()
