"""Answering what was taken in: one worker a conversation, in order, under a lease in the database.

A worker takes the lease, asks the brain, and stores the answer together with the end of the message in one
transaction. If the process dies, the lease runs out and another worker begins the same message again; a brain that had
answered it already gives the same answer once more (``bot/rasa_server/rasa_channel.py``).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any, Protocol, TypeVar

import structlog
from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import now
from bot.content.reply import Reply
from bot.conversation.inbox import end, hold
from bot.conversation.messages import add_message, locked
from bot.conversation.outage import failed_try, grant, tell_late
from bot.conversation.text import clean, plain
from bot.errors import BrainUnavailable
from bot.store.engine import Store
from bot.store.models import Conversation, Event, Inbound
from bot.work.notifier import Notifier

log = structlog.get_logger(__name__)
_T = TypeVar("_T")

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


class TurnRunner:
    """Runs the turns of this process."""

    def __init__(
        self, store: Store, brain: Brain, notifier: Notifier, *, lease_seconds: float = 30.0
    ) -> None:
        self._store, self._brain, self._notifier = store, brain, notifier
        self._lease = timedelta(seconds=lease_seconds)
        self._think_seconds = min(_THINK_SECONDS, lease_seconds * 0.8)  # never longer than the lease
        self._owner = uuid.uuid4().hex
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="turn")
        self._sweeper: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        if self._store.is_sqlite:
            # One front door alone writes this file, so every lease found at its start is a dead one's.
            await self._in_thread(self._free, everyone=True)
        self._sweeper = asyncio.create_task(self._sweep(), name="turn-sweeper")

    async def stop(self, drain_seconds: float) -> None:
        """Take no new turns, let the running ones end, then cut them; what is cut is begun again at the next start."""
        if self._stopping:
            return
        self._stopping = True
        if self._sweeper:
            self._sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sweeper
        running = list(self._tasks.values())
        if running:
            _, pending = await asyncio.wait(running, timeout=drain_seconds)
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)
        with contextlib.suppress(SQLAlchemyError):
            await self._in_thread(self._free)
        self._threads.shutdown(wait=False)

    async def _in_thread(self, work: Callable[..., _T], *args: Any, **more: Any) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *args, **more))

    def _free(self, *, everyone: bool = False) -> None:
        """Give back our leases, or everyone's."""
        held = Conversation.lease_owner.is_not(None) if everyone else Conversation.lease_owner == self._owner
        with self._store.write() as session:
            session.execute(update(Conversation).where(held).values(lease_owner=None, lease_until=None))

    def kick(self, conversation_id: str) -> None:
        """There is something to answer in this conversation. Call on the event loop."""
        if self._stopping:
            return
        if conversation_id in self._tasks:
            self._again.add(conversation_id)
            return
        task = asyncio.create_task(self._run(conversation_id), name=f"turn-{conversation_id[:8]}")
        self._tasks[conversation_id] = task
        task.add_done_callback(lambda _: self._ended(conversation_id))

    def _ended(self, conversation_id: str) -> None:
        self._tasks.pop(conversation_id, None)
        if conversation_id in self._again:
            self._again.discard(conversation_id)
            self.kick(conversation_id)

    async def _sweep(self) -> None:
        """Find what nobody works on: left by a crash, or waiting for its next try."""
        while True:
            try:
                for conversation_id in await self._in_thread(self._due):
                    if conversation_id not in self._tasks:
                        self.kick(conversation_id)
                for conversation_id in await self._in_thread(tell_late, self._store):
                    self._notifier.notify(conversation_id)
            except Exception as error:  # whatever it was, the next round tries again
                log.warning("sweep_failed", error=type(error).__name__)
            await asyncio.sleep(_SWEEP_SECONDS)

    def _due(self) -> list[str]:
        """Conversations whose oldest open message may be worked on: unleased, or leased by us without a worker."""
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
                        or_(
                            Conversation.lease_until.is_(None),
                            Conversation.lease_until < moment,
                            Conversation.lease_owner == self._owner,
                        ),
                    )
                    .order_by(Inbound.id)
                    .limit(200)
                )
            )

    async def _run(self, conversation_id: str) -> None:
        async with self._slots:
            try:
                while not self._stopping and await self._one(conversation_id):
                    pass
            except SQLAlchemyError as error:
                log.warning("turn_database", conversation=conversation_id, error=type(error).__name__)
            except Exception as error:
                log.error("turn_failed", conversation=conversation_id, error=type(error).__name__)

    async def _one(self, conversation_id: str) -> bool:
        """One message from taking to storing its answer. Returns whether it is worth looking for the next."""
        taken = await self._in_thread(self._take, conversation_id)
        if taken is None:
            return False
        inbound, started = taken.inbound, time.monotonic()
        reason = ""
        try:
            async with asyncio.timeout(self._think_seconds):
                replies = await self._think(taken)
            more = await self._in_thread(self._answered, taken, replies)
            log.info(
                "turn",
                conversation=conversation_id,
                seconds=round(time.monotonic() - started, 3),
                replies=len(replies),
            )
        except BrainUnavailable as error:
            reason = str(error)
        except TimeoutError:
            reason = "too slow"
        except SQLAlchemyError as error:
            if not isinstance(error, (DataError, IntegrityError)):
                raise  # the database, not the answer
            reason = "not storable"
        except (
            Exception
        ) as error:  # an answer of a form that nobody thought of must not stop the conversation
            log.error("turn_failed", conversation=conversation_id, error=type(error).__name__)
            reason = "junk"
        if reason:
            well = await self._brain.ready()
            log.warning(
                "brain_unavailable", conversation=conversation_id, reason=reason, attempt=inbound.attempts
            )
            more = await self._in_thread(self._failed, conversation_id, inbound.id, well)
        self._notifier.notify(conversation_id)
        return more

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

    def _take(self, conversation_id: str) -> _Taken | None:
        """Lease the conversation and its oldest open message; ``None`` if there is nothing to do here now."""
        moment = now()
        with self._store.write() as session:
            conversation = locked(session, conversation_id)
            if conversation is None:
                return None
            if (
                conversation.lease_until
                and conversation.lease_until > moment
                and conversation.lease_owner != self._owner
            ):
                return None
            while (inbound := self._oldest(session, conversation_id)) is not None:
                if conversation.mode == "staff":
                    end(inbound, "for_staff")  # staff came between: they have it before their eyes
                elif inbound.attempts == 0 or not grant(session, conversation):
                    break
                session.flush()
            if inbound is None:
                _rest(conversation)
                return None
            if conversation.consent_at is None:
                hold(session, conversation_id)  # whatever let it loose: nothing is answered before consent
            if inbound.not_before and inbound.not_before > moment:
                conversation.lease_owner = conversation.lease_until = None
                return None
            inbound.attempts += 1
            conversation.lease_owner, conversation.lease_until = self._owner, moment + self._lease
            return _Taken(inbound, conversation.channel, conversation.reset_brain, conversation.version)

    @staticmethod
    def _oldest(session: Session, conversation_id: str, *, after: int = 0) -> Inbound | None:
        return session.scalars(_OLDEST, {"conversation": conversation_id, "after": after}).first()

    def _mine(
        self, session: Session, conversation_id: str, inbound_id: int
    ) -> tuple[Conversation, Inbound] | None:
        """Both rows, if the lease is still ours and the message still open. A worker that lost its lease changes nothing."""
        conversation = locked(session, conversation_id)
        inbound = session.get(Inbound, inbound_id)
        if conversation is None or inbound is None or inbound.state != "pending":
            return None
        return (conversation, inbound) if conversation.lease_owner == self._owner else None

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
                # Otherwise a red flag or staff came between, and Rasa must forget again; or Rasa may have repeated the answer of
                # an earlier try, and only Rasa knows whether that one had forgotten: the wish, by its number, goes out once more.
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
            for reply in replies:
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
            conversation.lease_owner = conversation.lease_until = None
            return failed_try(session, conversation, inbound, well=well)


def _for_brain(inbound: Inbound) -> str:
    """The message as Rasa gets it: a button as its intent, a ``say_`` button as if its words had been typed."""
    if inbound.choice and not inbound.choice.startswith("say_"):
        return f"/{inbound.choice}"
    return plain(inbound.text)


def _rest(conversation: Conversation) -> None:
    """Everything has been answered: the lease is free, and a next outage is told again."""
    conversation.lease_owner = conversation.lease_until = None
    conversation.told_late = False
