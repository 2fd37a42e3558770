"""What is to be done at a certain time: alerting staff step by step, erasing what was promised to be
erased, and freeing conversations whose holder does not answer.

Each timer is a row, so a restart forgets none, and is held while it is done, so no two front doors do it.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import now
from bot.content.clinic import clinic
from bot.conversation import alerting, appointments, held, reminders
from bot.conversation.erasure import erase, erase_tracker, forget
from bot.store.engine import Store
from bot.store.models import Alert, Conversation, Event, Timer
from bot.work.backoff import wait_after
from bot.work.loop import Loop
from bot.work.notifier import Notifier

log = structlog.get_logger(__name__)

_LOOK_EVERY = 1.0
_RELEASE_EVERY = 15.0  # seconds until it looks again for conversations whose holder does not answer
#: A timer in work becomes due again after this: if the front door dies meanwhile, another does it then.
_HOLD = timedelta(seconds=60)
_RETRY = (30.0, 60.0, 90.0, 120.0)  # seconds until the next try after one that failed
_STUCK = 10  # failed tries after which an engineer must look
_AT_ONCE = 50  # timers done in one round


class Timers(Loop):
    """Does in this process what timers say, one after the other."""

    name = "timers"

    def __init__(self, store: Store, notifier: Notifier) -> None:
        super().__init__(store, look_seconds=_LOOK_EVERY)
        self._notifier = notifier
        self._next_release = 0.0

    async def start(self) -> None:
        """Begin; warn if nobody is set to be told of a red flag that no staff member opens."""
        if not alerting.ways():
            log.warning("nobody_to_tell")
        await super().start()

    async def stop(self, drain_seconds: float = 1.0) -> None:
        """Begin no other timer. One that takes longer is finished by its thread before the process ends."""
        await super().stop(drain_seconds)

    async def _round(self) -> float:
        await self._in_thread(self.run_due)
        if time.monotonic() >= self._next_release:
            self._next_release = time.monotonic() + _RELEASE_EVERY
            for conversation_id in await self._in_thread(held.release_idle, self._store, now()):
                self._notifier.notify(conversation_id)
        return self._look_seconds

    def run_due(self, at: datetime | None = None) -> int:
        """Do what is due at ``at`` (by default now); returns how many timers were done or tried."""
        moment = at or now()
        for done in range(_AT_ONCE):
            timer = None if self._stopping else self._take(moment)
            if timer is None:
                return done
            try:
                self._do(timer, moment)
            except Exception as error:  # one broken timer must not stop the others
                log.warning("timer_failed", kind=timer.kind, error=type(error).__name__)
                self._again(timer.id, moment)
        return _AT_ONCE

    def _take(self, moment: datetime) -> Timer | None:
        """The timer that is due first, held for us. Only one: others need not wait until this one is done."""
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
        """Try again later, however often it failed: an alert must arrive, and an erasure was promised."""
        with self._store.write() as session:
            timer = session.get(Timer, timer_id)
            if timer is None:
                return
            timer.due_at = moment + timedelta(seconds=wait_after(timer.attempts, _RETRY))
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
            forget(self._store)
            self._settle(timer.id, "erased")
        elif timer.kind == reminders.KIND:
            with self._store.write() as session:  # one transaction: after a crash it must not come up twice
                row = session.get(Timer, timer.id)
                if row:
                    row.done_at, row.outcome = now(), reminders.come_up(session, timer)
            self._notifier.notify(timer.conversation_id or "")
        elif timer.kind == "alert":
            self._climb(timer, moment)
        elif timer.kind == appointments.REMIND:
            self._remind(timer, moment)
        else:
            self._settle(timer.id, "unknown kind")

    def _remind(self, timer: Timer, moment: datetime) -> None:
        """Say the reminder and end the timer in one transaction, so that it is said once."""
        with self._store.write() as session:
            row = session.get(Timer, timer.id, with_for_update=True)
            if row is None or row.done_at:
                return
            row.done_at, row.outcome = now(), appointments.remind(session, row.data["appointment"], moment)
        if timer.conversation_id:
            self._notifier.notify(timer.conversation_id)

    def _climb(self, timer: Timer, moment: datetime) -> None:
        """One step of an alert: if nobody did anything within so many opening minutes, tell staff outside
        the console.

        Opening it is not doing anything: that only begins a ladder of its own, which counts from then.
        """
        with self._store.write() as session:
            row = session.get(Timer, timer.id)
            alert = session.get(Alert, timer.data["alert"])
            if row is None:
                return
            if (over := _over(alert, timer)) or alert is None:
                row.done_at, row.outcome = now(), over or "gone"
                return
            place, minutes = clinic(), float(timer.data["minutes"])
            since = alert.seen_at if timer.data.get("ladder") == "seen" else alert.raised_last_at
            missing = minutes - place.open_minutes(since or alert.raised_last_at, moment)
            if missing > 0.01:
                # The clinic has not been open for that long yet: look again when it can have been at the
                # earliest.
                start = (
                    moment
                    if place.is_open(moment)
                    else place.next_opening(moment) or moment + timedelta(days=1)
                )
                row.due_at, row.attempts = start + timedelta(minutes=missing), 0
                return
            conversation_id, seen = alert.conversation_id, alert.seen_at is not None
        # A step that is sent again after a crash has the key of the timer, so receivers can tell.
        told = alerting.urgent(
            conversation_id, minutes=int(minutes), key=timer.key.replace(":", "-"), seen=seen
        )
        self._step_done(timer.id, told)
        self._notifier.notify(conversation_id)

    def _step_done(self, timer_id: int, told: tuple[str, ...]) -> None:
        """End the step and note in the history who was told, in one transaction. Nobody told, no entry."""
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
        return {
            "alert": alert.id,
            "minutes": minutes,
            "mode": conversation.mode if conversation else None,
            "seen": alert.seen_at is not None,
        }


def _over(alert: Alert | None, timer: Timer) -> str:
    """Why a step of an alert need not be done any more; "" if it must."""
    if alert is None:
        return "gone"
    if alert.closed_at or alert.acted_at:
        return "closed" if alert.closed_at else "acted"
    if timer.data.get("raise", alert.raises) != alert.raises:
        return "raised again"  # the steps since then tell of it
    if timer.data.get("ladder") == "seen" and alert.seen_at is None:
        return "raised again"
    return ""
