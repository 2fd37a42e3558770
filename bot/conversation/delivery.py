"""Sending messages on channels that must be sent to: each once, in order, at a pace that the channel allows.

Rows of the outbox go ``queued -> sending -> sent | failed | unknown``. A row is leased before it is sent, so
after a crash we know that it may have gone out. No channel offers a key that makes a repeat harmless, so such
a row becomes ``unknown`` and is never sent again by itself: staff see it and may send it again, marked as a
repeat.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any, Literal, Protocol

import structlog
from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.channels.base import rates_of
from bot.clock import now
from bot.conversation.messages import locked
from bot.store.engine import Store
from bot.store.models import Conversation, Event, Message, Outbox
from bot.work.backoff import wait_after
from bot.work.lease import Lease
from bot.work.notifier import STAFF, Notifier
from bot.work.pacing import Pace
from bot.work.worker import Worker

log = structlog.get_logger(__name__)

AGAIN = "(sent again)"
_LOOK_SECONDS = 1.0  # how often we look without being told; also how late a retry may be
_HEADS = 100  # conversations looked at in one round
#: Seconds that a channel rests while it cannot be reached.
_CHANNEL_DOWN = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
#: Seconds between the tries to store an outcome while the database is away.
_NOT_STORED = (0.2, 0.4, 0.8, 1.6, 3.2, 5.0)
_REFUSED_REST = 5.0


@dataclass(frozen=True)
class Outcome:
    """What became of one part.

    Args:
        kind: ``sent``; ``later`` (surely not sent, worth another try); ``refused`` (surely not sent, will
            never be); ``unreachable`` (the patient cannot be written to any more); ``unknown`` (may have been
            sent).
        wait: for ``later``, the seconds that this conversation rests.
        channel_down: the channel itself has trouble, so it rests as a whole.
    """

    kind: Literal["sent", "later", "refused", "unreachable", "unknown"]
    provider_id: str | None = None
    wait: float = 0.0
    error: str = ""
    channel_down: bool = False


class Sender(Protocol):
    """A channel as delivery sees it."""

    def parts(self, line: Message) -> Sequence[Any]:
        """The line as the parts it is sent in. The same line gives the same parts each time."""
        ...

    async def send(self, address: str, part: Any) -> Outcome:
        """Send one part to the patient whom the channel knows as ``address``."""
        ...

    async def close(self) -> None:
        """Nothing more will be sent."""
        ...


@dataclass(frozen=True)
class _Head:
    """The next unsent part of a conversation."""

    outbox_id: int
    conversation_id: str
    channel: str
    address: str
    urgent: bool


@dataclass(frozen=True)
class _Job:
    head: _Head
    part: Any


class Delivery(Worker[_Job, Outcome]):
    """Sends the outbox of this process's channels.

    Args:
        senders: by channel name, as the registry has it.
        lease_seconds: after this a row that is still ``sending`` was left by a crash; longer than any send
            may take.
    """

    name = "delivery"

    def __init__(
        self, store: Store, notifier: Notifier, senders: Mapping[str, Sender], *, lease_seconds: float = 60.0
    ) -> None:
        self._lease = Lease(Outbox, lease_seconds)
        super().__init__(store, look_seconds=_LOOK_SECONDS, lease=self._lease)
        self._notifier, self._senders = notifier, senders
        self._rates = {name: rates_of(name) for name in senders}
        self._rests_until = dict.fromkeys(senders, 0.0)  # by the clock that only rises
        self._failures = dict.fromkeys(senders, 0)  # in a row, by channel
        self._refusals = dict.fromkeys(senders, 0)

    async def start(self) -> None:
        """Begin to send, if there is a channel that must be sent to."""
        if not self._senders:
            return  # every notification would cost a look at an outbox that nobody sends from
        self._wake = self._notifier.subscribe(STAFF)  # staff are notified of every conversation
        await super().start()

    async def stop(self, drain_seconds: float = 10.0) -> None:
        """Begin nothing new and let what is on its way arrive; what does not is ``unknown``."""
        self._notifier.unsubscribe(STAFF, self._wake)
        await super().stop(drain_seconds)
        for sender in self._senders.values():
            await sender.close()

    def _give_up(self, leases: ColumnElement[bool]) -> None:
        """Rows that a crash left in ``sending`` may have gone out: nobody can say."""
        with self._store.read() as session:
            left = session.scalars(select(Outbox.id).where(Outbox.state == "sending", leases)).all()
        for outbox_id in left:
            with self._store.write() as session:
                row = session.get(Outbox, outbox_id, with_for_update=True)
                if row and row.state == "sending":
                    settle_row(session, row, Outcome("unknown", error="interrupted"))
            if row:
                self._notifier.notify(row.conversation_id)

    async def _round(self) -> float:
        """Start every send that may start now; returns the seconds until the next look."""
        await self._in_thread(self._give_up, self._lease.expired())
        wait = self._look_seconds
        heads, paces = await self._in_thread(self._look)
        for head in heads:
            if self._stopping:
                break
            if head.conversation_id in self._running:
                continue
            pace = paces[head.channel]
            pause = max(self._rest(head.channel), pace.wait(head.conversation_id, urgent=head.urgent))
            if pause <= 0:
                # One after the other and not in their tasks, so that each counts for the pace of the next.
                taken = await self._in_thread(self._take_head, head)
                if isinstance(taken, _Job):
                    pace.add(head.conversation_id)
                    self._begin(head.conversation_id, taken)
                    continue
                if taken is None:
                    self._notifier.notify(head.conversation_id)  # given up, or another process was quicker
                    continue
                pause = taken
            wait = min(wait, pause)
        return wait

    def _look(self) -> tuple[list[_Head], dict[str, Pace]]:
        """The first unsent part of each conversation if it is due, and what went out lately on each channel.

        Red flags come first, then the oldest.
        """
        place = func.row_number().over(
            partition_by=Outbox.conversation_id, order_by=(Message.seq, Outbox.part)
        )
        ranked = (
            select(Outbox.id, Outbox.state, Outbox.not_before, Message.urgent, place.label("place"))
            .join(Message, Message.id == Outbox.message_id)
            .where(Outbox.channel.in_(self._senders), Outbox.state.in_(("queued", "sending")))
            .subquery()
        )
        busy = list(self._running)
        with self._store.read() as session:
            rows = session.execute(
                select(
                    Outbox.id,
                    Outbox.conversation_id,
                    Outbox.channel,
                    Conversation.external_id,
                    ranked.c.urgent,
                )
                .join(ranked, ranked.c.id == Outbox.id)
                .join(Conversation, Conversation.id == Outbox.conversation_id)
                .where(
                    ranked.c.place == 1,
                    ranked.c.state == "queued",
                    or_(ranked.c.not_before.is_(None), ranked.c.not_before <= now()),
                    Outbox.conversation_id.not_in(busy),
                )
                .order_by(ranked.c.urgent.desc(), ranked.c.id)
                .limit(_HEADS)
            ).all()
            paces = (
                {channel: Pace.read(session, channel, self._rates[channel]) for channel in self._senders}
                if rows
                else {}
            )
        return [_Head(row[0], row[1], row[2], row[3] or "", row[4]) for row in rows], paces

    def _take_head(self, head: _Head) -> _Job | float | None:
        """Lease a row; ``None`` if another process was quicker or there is nothing to send in it.

        Other processes may have written meanwhile: if the pace does not allow one more, the seconds to wait.
        """
        with self._store.write() as session:
            pace = Pace.read(session, head.channel, self._rates[head.channel])
            if (pause := pace.wait(head.conversation_id, urgent=head.urgent)) > 0:
                return pause
            taken = session.execute(
                update(Outbox)
                .where(
                    Outbox.id == head.outbox_id,
                    Outbox.state == "queued",
                    or_(Outbox.not_before.is_(None), Outbox.not_before <= now()),
                )
                .values(
                    state="sending",
                    attempts=Outbox.attempts + 1,
                    updated_at=now(),
                    **self._lease.values(),
                )
            )
            row = session.get(Outbox, head.outbox_id, populate_existing=True)
            if taken.rowcount != 1 or row is None:  # type: ignore[attr-defined]
                return None
            message = session.get_one(Message, row.message_id)
            conversation = session.get_one(Conversation, row.conversation_id)
            if conversation.unreachable:
                settle_row(session, row, Outcome("refused", error="unreachable"))
                return None
            try:
                parts = self._senders[head.channel].parts(message)
            except Exception as error:  # a line that cannot be rendered must not hold up the next ones
                log.error("not_rendered", outbox=row.id, error=type(error).__name__)
                parts = ()
            if row.part >= len(parts):
                settle_row(session, row, Outcome("refused", error="nothing to send"))
                return None
            if row.part == 0 and row.attempts == 1:
                for part in range(1, len(parts)):
                    session.add(
                        Outbox(
                            message_id=message.id,
                            conversation_id=conversation.id,
                            part=part,
                            channel=row.channel,
                        )
                    )
            return _Job(head, parts[row.part])

    async def _try(self, job: _Job) -> Outcome:
        head = job.head
        try:
            outcome = await self._senders[head.channel].send(head.address, job.part)
        except Exception as error:  # a bug in a sender: the part may be out already
            log.error("sender_failed", outbox=head.outbox_id, error=type(error).__name__)
            outcome = Outcome("unknown", error=type(error).__name__)
        self._mind(head, outcome)
        return outcome

    async def _settle(self, job: _Job, result: Outcome) -> bool:
        """Store the outcome, however long the database is away.

        Lost, it could not be told apart from a crash.
        """
        outbox_id = job.head.outbox_id
        for failures in count(1):
            try:
                await self._in_thread(self._finish, outbox_id, result)
                break
            except SQLAlchemyError as error:
                log.warning("outcome_not_stored", outbox=outbox_id, error=type(error).__name__)
                await asyncio.sleep(wait_after(failures, _NOT_STORED))
        return False  # the next round takes the next part, at the channel's pace

    def _ended(self, key: str) -> None:
        self._wake.set()

    def _mind(self, head: _Head, outcome: Outcome) -> None:
        """Let a channel rest that has trouble; otherwise one line after the other would be tried on it."""
        rest = 0.0
        if outcome.channel_down:
            if self._rest(head.channel) > 0:
                return  # one trouble, noticed by several that were on their way
            self._failures[head.channel] += 1
            rest = max(outcome.wait, wait_after(self._failures[head.channel], _CHANNEL_DOWN))
            log.warning("channel_rests", channel=head.channel, seconds=rest, reason=outcome.error)
        elif outcome.kind == "sent":
            self._failures[head.channel] = self._refusals[head.channel] = 0
        elif outcome.kind == "later":
            # One chat that is too fast waits alone. Several in a row mean that the channel refuses everybody.
            self._refusals[head.channel] += 1
            if self._refusals[head.channel] >= 3:
                rest = min(outcome.wait, _REFUSED_REST)
        self._rests_until[head.channel] = max(self._rests_until[head.channel], time.monotonic() + rest)

    def _rest(self, channel: str) -> float:
        """The seconds that the channel still rests; 0 or less if it does not."""
        return self._rests_until[channel] - time.monotonic()

    def _finish(self, outbox_id: int, outcome: Outcome) -> None:
        news = False
        with self._store.write() as session:
            row = session.get(Outbox, outbox_id, with_for_update=True)
            # ``unknown`` is put right if we know better after all: our lease ran out, but the call came back.
            open_ = row is not None and row.state in ("sending", "unknown") and row.error != AGAIN
            if row and open_ and self._lease.is_ours(row):
                news = settle_row(session, row, outcome)
        if row and news:
            self._notifier.notify(row.conversation_id)


def settle_row(session: Session, row: Outbox, outcome: Outcome) -> bool:
    """Write the outcome into the row. Returns whether staff should look: an event says of what went wrong."""
    row.lease_until, row.updated_at, row.error = None, now(), outcome.error[:120] or None
    message = session.get_one(Message, row.message_id)
    data = {
        "outbox": row.id,
        "seq": message.seq,
        "part": row.part,
        "from": message.sender,
        "urgent": message.urgent,
        "error": outcome.error,
    }
    kind = ""
    if outcome.kind == "sent":
        row.state, row.provider_id, row.not_before = "sent", outcome.provider_id, None
    elif outcome.kind == "later":
        row.state, row.not_before, row.lease_owner = "queued", now() + timedelta(seconds=outcome.wait), None
    elif outcome.kind == "unknown":
        row.state = "unknown"
        kind = "delivery_unknown" if message.urgent or message.sender == "staff" else ""
    else:
        row.state = "failed"
        kind = "not_delivered"
        if outcome.kind == "unreachable":
            mark_unreachable(session, row.conversation_id, actor=row.channel)
    if kind:
        session.add(Event(conversation_id=row.conversation_id, kind=kind, actor=row.channel, data=data))
    session.flush()
    return bool(kind) or message.sender == "staff"


def mark_unreachable(session: Session, conversation_id: str, *, actor: str, reachable: bool = False) -> None:
    """Note that the patient can no longer be written to, or can again.

    Each change is one event that staff see.
    """
    conversation = locked(session, conversation_id)
    if conversation is None or conversation.unreachable is not reachable:
        return
    conversation.unreachable = not reachable
    session.add(
        Event(conversation_id=conversation_id, kind="reachable" if reachable else "unreachable", actor=actor)
    )
    session.flush()
