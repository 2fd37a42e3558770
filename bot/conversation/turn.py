"""Answering what was taken in: one message of a conversation at a time, in order, under a lease.

Taking a message leases its conversation. Rasa is asked outside any transaction; then one transaction stores
the answer and the end of the message. If the process dies in between, the lease runs out and another front
door begins the same message again. If Rasa had answered already, it gives the same answer
(``bot/rasa_server/rasa_channel.py``).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import structlog
from sqlalchemy import ColumnElement, bindparam, func, or_, select, update
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import now
from bot.content.reply import Reply
from bot.conversation import under_flag
from bot.conversation.inbox import end, hold
from bot.conversation.messages import add_message, locked
from bot.conversation.outage import failed_try, hand_over_if_asked, tell_late
from bot.conversation.text import clean, plain
from bot.errors import BrainUnavailable
from bot.store.engine import Store
from bot.store.models import Conversation, Event, Inbound
from bot.work.lease import Lease
from bot.work.notifier import Notifier
from bot.work.worker import Worker

log = structlog.get_logger(__name__)

_SWEEP_SECONDS = 1.0
_AT_ONCE = 16  # turns that run side by side
_THREADS = (
    2  # for their work on the database: few, so that taking messages in always comes before answering them
)
_THINK_SECONDS = 24.0  # a turn with all its calls; a patient is told something within 25

#: The next message to answer. Made once: putting a statement together costs as much as running it.
_OLDEST = (
    select(Inbound)
    .where(
        Inbound.conversation_id == bindparam("conversation"),
        Inbound.state == "pending",
        Inbound.id > bindparam("after"),
    )
    .order_by(Inbound.id)
    .limit(1)
)


class Brain(Protocol):
    """The Rasa server as a turn sees it."""

    async def ask(
        self, conversation_id: str, text: str, *, inbound_id: int, channel: str, reset: int | None = None
    ) -> list[Reply]: ...
    async def ready(self) -> bool: ...


@dataclass(frozen=True)
class _Taken:
    """A message under our lease."""

    inbound: Inbound
    channel: str
    reset: bool  # Rasa must forget a running form first
    version: int  # of the conversation, to see whether somebody changed its mode while we thought
    begun: float  # by the clock that only rises


class TurnRunner(Worker[_Taken, "Sequence[Reply] | str"]):
    """Runs the turns of this process. A turn ends in replies, or in the reason why there are none."""

    name = "turn"

    def __init__(
        self, store: Store, brain: Brain, notifier: Notifier, *, lease_seconds: float = 30.0
    ) -> None:
        self._lease = Lease(Conversation, lease_seconds)
        super().__init__(store, look_seconds=_SWEEP_SECONDS, lease=self._lease, threads=_THREADS)
        self._brain, self._notifier = brain, notifier
        self._think_seconds = min(_THINK_SECONDS, lease_seconds * 0.8)  # never longer than the lease
        self._slots = asyncio.Semaphore(_AT_ONCE)

    def _give_up(self, leases: ColumnElement[bool]) -> None:
        """Free the conversations: what was being answered there is begun again."""
        held = update(Conversation).where(Conversation.lease_owner.is_not(None), leases)
        with self._store.write() as session:
            session.execute(held.values(lease_owner=None, lease_until=None))

    async def _round(self) -> float:
        """Find what nobody works on: left by a crash, or waiting for its next try."""
        for conversation_id in await self._in_thread(self._due):
            if conversation_id not in self._running:
                self.kick(conversation_id)
        for conversation_id in await self._in_thread(tell_late, self._store):
            self._notifier.notify(conversation_id)
        return self._look_seconds

    def _due(self) -> list[str]:
        """The conversations whose oldest open message is due and that nobody else works on."""
        moment = now()
        oldest = (
            select(func.min(Inbound.id)).where(Inbound.state == "pending").group_by(Inbound.conversation_id)
        )
        with self._store.read() as session:
            return list(
                session.scalars(
                    select(Inbound.conversation_id)
                    .join(Conversation, Conversation.id == Inbound.conversation_id)
                    .where(
                        Inbound.id.in_(oldest),
                        or_(Inbound.not_before.is_(None), Inbound.not_before <= moment),
                        self._lease.may_take(moment),
                    )
                    .order_by(Inbound.id)
                    .limit(200)
                )
            )

    async def _work(self, key: str, job: _Taken | None = None) -> None:
        async with self._slots:
            await super()._work(key, job)

    async def _try(self, job: _Taken) -> Sequence[Reply] | str:
        """Ask Rasa, within the time that a patient should have to wait."""
        try:
            async with asyncio.timeout(self._think_seconds):
                return await self._think(job)
        except BrainUnavailable as error:
            return str(error)
        except TimeoutError:
            return "too slow"
        except (
            Exception
        ) as error:  # an answer of a form that nobody thought of must not stop the conversation
            return self._junk(job, error)

    async def _settle(self, job: _Taken, result: Sequence[Reply] | str) -> bool:
        more, reason = False, result if isinstance(result, str) else ""
        if not isinstance(result, str):
            try:
                more = await self._in_thread(self._answered, job, result)
            except SQLAlchemyError as error:
                if not isinstance(error, (DataError, IntegrityError)):
                    raise  # the database, not the answer
                reason = "not storable"
            except Exception as error:
                reason = self._junk(job, error)
        conversation_id, seconds = job.inbound.conversation_id, round(time.monotonic() - job.begun, 3)
        if reason:
            well = await self._brain.ready()
            attempt = job.inbound.attempts
            log.warning("brain_unavailable", conversation=conversation_id, reason=reason, attempt=attempt)
            more = await self._in_thread(self._failed, conversation_id, job.inbound.id, well)
        else:
            log.info("turn", conversation=conversation_id, seconds=seconds, replies=len(result))
        self._notifier.notify(conversation_id)
        return more

    @staticmethod
    def _junk(job: _Taken, error: Exception) -> str:
        log.error("turn_failed", conversation=job.inbound.conversation_id, error=type(error).__name__)
        return "junk"

    async def _think(self, taken: _Taken) -> list[Reply]:
        """What the brain says, made fit to be stored."""
        inbound = taken.inbound
        wish = taken.version if taken.reset else None
        replies = await self._brain.ask(
            inbound.conversation_id,
            _for_brain(inbound),
            inbound_id=inbound.id,
            channel=taken.channel,
            reset=wish,
        )
        replies = [
            replace(reply, text=clean(reply.text), answer_id=clean(reply.answer_id or "")[:64] or None)
            for reply in replies
        ]
        if not any(reply.text for reply in replies):
            raise BrainUnavailable("empty answer")
        return [reply for reply in replies if reply.text]

    def _take(self, key: str) -> _Taken | None:
        """Lease the conversation ``key`` for its oldest open message; ``None`` if there is nothing to do
        now."""
        moment, conversation_id = now(), key
        with self._store.write() as session:
            conversation = locked(session, conversation_id)
            if conversation is None:
                return None
            if self._lease.is_taken(conversation, moment):
                return None
            while (inbound := self._oldest(session, conversation_id)) is not None:
                if conversation.mode == "staff":
                    end(inbound, "for_staff")  # staff came between: they have it before their eyes
                elif inbound.attempts == 0 or not hand_over_if_asked(session, conversation):
                    break
                session.flush()
            if inbound is None:
                _rest(conversation)
                return None
            if conversation.consent_at is None:
                hold(session, conversation_id)  # whatever let it loose: nothing is answered before consent
            if inbound.not_before and inbound.not_before > moment:
                Lease.give_back(conversation)
                return None
            inbound.attempts += 1
            self._lease.take(conversation)
            reset, version = conversation.reset_brain, conversation.version
            return _Taken(inbound, conversation.channel, reset, version, begun=time.monotonic())

    @staticmethod
    def _oldest(session: Session, conversation_id: str, *, after: int = 0) -> Inbound | None:
        return session.scalars(_OLDEST, {"conversation": conversation_id, "after": after}).first()

    def _mine(
        self, session: Session, conversation_id: str, inbound_id: int
    ) -> tuple[Conversation, Inbound] | None:
        """Both rows, if the lease is still ours and the message still open; otherwise nothing may be
        changed."""
        conversation = locked(session, conversation_id)
        inbound = session.get(Inbound, inbound_id)
        if conversation is None or inbound is None or inbound.state != "pending":
            return None
        return (conversation, inbound) if self._lease.is_ours(conversation) else None

    def _answered(self, taken: _Taken, replies: Sequence[Reply]) -> bool:
        conversation_id, inbound_id = taken.inbound.conversation_id, taken.inbound.id
        with self._store.write() as session:
            mine = self._mine(session, conversation_id, inbound_id)
            if mine is None:
                return False
            conversation, inbound = mine
            more = self._oldest(session, conversation_id, after=inbound_id) is not None
            end(inbound, "answered")
            if not more:
                _rest(conversation)
            if taken.reset and taken.inbound.attempts == 1 and conversation.version == taken.version:
                # Otherwise Rasa must be told once more to forget the form. Either a red flag or staff came
                # between. Or Rasa may have repeated its answer to an earlier try, and we do not know whether
                # that try forgot it.
                conversation.reset_brain = False
            if conversation.mode == "staff":
                # Staff claimed it while the assistant was thinking: two voices at once would confuse.
                session.add(
                    Event(
                        conversation_id=conversation_id,
                        kind="reply_withheld",
                        actor="assistant",
                        data={"seq": inbound.seq},
                    )
                )
                return more
            for reply in under_flag.put(session, conversation, inbound, replies):
                add_message(
                    session,
                    conversation,
                    "assistant",
                    reply.text,
                    choices=reply.choices,
                    sources=reply.sources,
                    answer_id=reply.answer_id,
                    inbound_id=inbound_id,
                )
            return more

    def _failed(self, conversation_id: str, inbound_id: int, well: bool) -> bool:
        with self._store.write() as session:
            mine = self._mine(session, conversation_id, inbound_id)
            if mine is None:
                return False
            conversation, inbound = mine
            Lease.give_back(conversation)
            return failed_try(session, conversation, inbound, well=well)


def _for_brain(inbound: Inbound) -> str:
    """The message as Rasa gets it: a button as its intent, a ``say_`` button as if its words had been
    typed."""
    if inbound.choice and not inbound.choice.startswith("say_"):
        return f"/{inbound.choice}"
    return plain(inbound.text)


def _rest(conversation: Conversation) -> None:
    """Everything has been answered: the lease is free, and a next outage is told again."""
    Lease.give_back(conversation)
    conversation.told_late = False
