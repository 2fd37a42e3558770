"""What is to be done at a time: rows in the database, so that a restart forgets nothing and nothing is done twice."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import now
from bot.content.clinic import clinic
from bot.conversation import alerting
from bot.conversation.erasure import erase, erase_tracker
from bot.store.engine import Store
from bot.store.models import Alert, Conversation, Event, Timer
from bot.work.notifier import Notifier

log = structlog.get_logger(__name__)

_LOOK_EVERY = 1.0
_HOLD = timedelta(seconds=60)  # a timer in work is not taken by another front door for this long
_RETRY = timedelta(seconds=30)  # the longer it fails, the longer the wait, up to four times this
_STUCK = 10  # failed tries after which an engineer must look
_AT_ONCE = 50


class Timers:
    """Runs due timers in this process."""

    def __init__(self, store: Store, notifier: Notifier) -> None:
        self._store, self._notifier = store, notifier
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        if not alerting.ways():
            log.warning("nobody_to_tell")
        self._task = asyncio.create_task(self._loop(), name="timers")

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _loop(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self.run_due)
            except Exception as error:  # whatever it was, the next round tries again
                log.warning("timers_failed", error=type(error).__name__)
            await asyncio.sleep(_LOOK_EVERY)

    def run_due(self, at: datetime | None = None) -> int:
        """Do what is due at ``at`` (now); returns how many timers were looked at."""
        moment = at or now()
        for done in range(_AT_ONCE):
            timer = self._take(moment)
            if timer is None:
                return done
            try:
                self._do(timer, moment)
            except Exception as error:  # one broken timer must not stop the others
                log.warning("timer_failed", kind=timer.kind, error=type(error).__name__)
                self._again(timer.id, moment)
        return _AT_ONCE

    def _take(self, moment: datetime) -> Timer | None:
        """The next due timer, held for us. One by one: what is held waits for nothing but its own work."""
        with self._store.write() as session:
            timer = session.scalars(
                select(Timer)
                .where(Timer.done_at.is_(None), Timer.due_at <= moment)
                .order_by(Timer.due_at)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).first()
            if timer:
                timer.attempts += 1
                timer.due_at = max(moment, now()) + _HOLD
            return timer

    def _settle(self, timer_id: int, outcome: str) -> None:
        with self._store.write() as session:
            timer = session.get(Timer, timer_id)
            if timer:
                timer.done_at, timer.outcome = now(), outcome

    def _again(self, timer_id: int, moment: datetime) -> None:
        """Try again later, however often it has failed: staff must be told of an emergency, and an erasure was promised."""
        with self._store.write() as session:
            timer = session.get(Timer, timer_id)
            if timer is None:
                return
            timer.due_at = moment + _RETRY * min(timer.attempts, 4)
        if timer.attempts % _STUCK == 0:
            log.error(
                "timer_stuck",
                kind=timer.kind,
                timer=timer.id,
                conversation=timer.conversation_id,
                attempts=timer.attempts,
            )

    def _do(self, timer: Timer, moment: datetime) -> None:
        if timer.kind == "erase_conversation":
            erase(self._store, timer.data["conversation"])
            self._notifier.notify(timer.data["conversation"])
            self._settle(timer.id, "erased")
        elif timer.kind == "erase_tracker":
            erase_tracker(timer.data["sender"])
            self._store.forget()
            self._settle(timer.id, "erased")
        elif timer.kind == "alert":
            self._climb(timer, moment)
        else:
            self._settle(timer.id, "unknown kind")

    def _climb(self, timer: Timer, moment: datetime) -> None:
        """One step of the ladder: if nobody has looked for so many minutes of opening hours, tell on."""
        with self._store.write() as session:
            row = session.get(Timer, timer.id)
            alert = session.get(Alert, timer.data["alert"])
            if row is None:
                return
            if alert is None or alert.seen_at or alert.closed_at:
                row.done_at, row.outcome = now(), "seen"
                return
            place, minutes = clinic(), float(timer.data["minutes"])
            missing = minutes - place.open_minutes(alert.raised_at, moment)
            if missing > 0.01:
                # Opening hours have not lasted that long yet: look again when they may have.
                start = (
                    moment
                    if place.is_open(moment)
                    else place.next_opening(moment) or moment + timedelta(days=1)
                )
                row.due_at, row.attempts = start + timedelta(minutes=missing), 0
                return
            conversation_id, alert_id = alert.conversation_id, alert.id
        told = alerting.urgent_unseen(
            conversation_id, minutes=int(minutes), key=f"alert-{alert_id}-{int(minutes)}"
        )
        self._step_done(timer.id, told)
        self._notifier.notify(conversation_id)

    def _step_done(self, timer_id: int, told: tuple[str, ...]) -> None:
        """Write down whom the step reached, in the transaction that ends it: the history never says that somebody was told who was not."""
        with self._store.write() as session:
            row = session.get(Timer, timer_id, with_for_update=True)
            alert = session.get(Alert, row.data["alert"]) if row else None
            if row is None or row.done_at:
                return
            row.done_at, row.outcome = now(), "told" if told else "nobody_to_tell"
            if told and alert:
                facts = {**self._facts(session, alert, float(row.data["minutes"])), "told": list(told)}
                session.add(
                    Event(
                        conversation_id=alert.conversation_id, kind="alert_step", actor="system", data=facts
                    )
                )

    @staticmethod
    def _facts(session: Session, alert: Alert, minutes: float) -> dict[str, Any]:
        conversation = session.get(Conversation, alert.conversation_id)
        return {"alert": alert.id, "minutes": minutes, "mode": conversation.mode if conversation else None}
