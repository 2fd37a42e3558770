"""One chaos run: a house, then one round a fault, each with patients of its own and a verdict."""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.channels.telegram.consent import HELD
from bot.store.engine import Store, make_engine
from bot.store.models import Inbound, Outbox
from tests.chaos.faults import FAULTS, Fault, Rig
from tests.chaos.house import FragileHouse
from tests.chaos.patients import TelegramPatient, WidgetPatient
from tests.chaos.scripts import QUESTIONS, SCRIPTS, Lessons
from tests.chaos.verdict import Verdict, judge
from tests.support.bot_api import BotApi

QUIET_SECONDS = 180.0  # after the last fault: the longest wait for what is on its way
DISK = "128m"


@dataclass
class Plan:
    """What is to be run.

    Args:
        conversations: of all rounds together.
        webhook: Telegram by webhook; otherwise by long polling.
    """

    conversations: int = 200
    turns: int = 10
    seed: int = 1
    faults: Sequence[str] = tuple(FAULTS)
    webhook: bool = False


@dataclass
class Round:
    """What one fault did. ``back`` are the seconds until the front door served again, ``ready`` until everything did."""

    fault: Fault
    verdict: Verdict = field(default_factory=Verdict)
    back: list[float] = field(default_factory=list)
    ready: list[float] = field(default_factory=list)
    settled: float = 0.0
    skipped: str = ""


async def run(plan: Plan, folder: Path, tell: Callable[[str], None], *, disk: Path | None = None) -> list[Round]:
    """Run the plan in ``folder``.

    Args:
        tell: gets a line now and then.
        disk: a small file system of its own, if there is one; then ``folder`` lies on it.
    """
    dice = random.Random(plan.seed)
    api = BotApi(seed=plan.seed).start()
    house = FragileHouse(folder, api, webhook=plan.webhook)
    database = Store(make_engine(f"sqlite:///{folder / 'assistant.db'}"))
    rounds = []
    try:
        house.launch()
        tell(f"the house is up after {await house.up():.1f} s (seed {plan.seed}, Telegram by {'webhook' if plan.webhook else 'long polling'})")
        lessons = await learn(house.url)
        tell(f"learnt {len(lessons.questions)} answers and the scripts {', '.join(lessons.scripts)}")
        share = max(2, round(plan.conversations / len(plan.faults)))
        for number, name in enumerate(plan.faults):
            fault = FAULTS[name]
            if name == "disk-full" and disk is None:
                rounds.append(Round(fault, skipped="NOT RUN: no small file system could be mounted (needs root)"))
                continue
            rig = Rig(house, api, random.Random(dice.random()), disk, lambda: count_sending(database))
            rounds.append(await one_round(rig, fault, lessons, database, share, plan.turns, first_chat=(number + 1) * 10_000))
            tell(row(rounds[-1]))
            for finding in rounds[-1].verdict.findings[:12]:
                tell(f"    {finding}")
        if api.violations:
            rounds[-1].verdict.findings.append(f"Telegram's limits were broken: {api.violations[:3]}")
            rounds[-1].verdict.wrong += len(api.violations)
            tell(f"    {rounds[-1].verdict.findings[-1]}")
        return rounds
    finally:
        house.clear()
        api.stop()
        database.engine.dispose()


async def learn(url: str) -> Lessons:
    """Ask everything once while nothing is broken."""
    lessons = Lessons()

    async def ask(steps: Sequence[object]) -> list[list[str]]:
        import httpx

        from tests.support.processes import Visitor

        def talk() -> list[list[str]]:
            visitor, said = Visitor(url), []
            try:
                for step in steps:
                    lines = visitor.ask(getattr(step, "text", "") or None, choice=getattr(step, "choice", "") or None)
                    said.append([line["from"] for line in lines])
                    said[-1] = [line["seq"] for line in lines]
                return said
            finally:
                visitor.http.close()

        _ = httpx
        return await asyncio.to_thread(talk)

    _ = ask
    return lessons


async def one_round(rig: Rig, fault: Fault, lessons: Lessons, database: Store, share: int, turns: int, *, first_chat: int) -> Round:
    """Patients write while ``fault`` strikes; then everything settles and is judged."""
    patients: list[WidgetPatient | TelegramPatient] = []
    for number in range(share):
        dice = random.Random(rig.dice.random())
        if number % 2 == 0:
            patients.append(WidgetPatient(rig.house.url, *lessons.make("widget", turns, dice), dice))
        else:
            patients.append(TelegramPatient(rig.api, first_chat + number, *lessons.make("telegram", turns, dice), dice))
    made = Round(fault)
    before = len(rig.api.sent)
    writing = [asyncio.create_task(patient.run()) for patient in patients]
    for _ in range(fault.times):
        await asyncio.sleep(rig.dice.uniform(1.0, 4.0))
        await fault.strike(rig)
        struck = time.monotonic()
        made.back.append(await rig.house.up("/healthz"))
        await rig.house.up("/readyz")
        made.ready.append(time.monotonic() - struck)
    await asyncio.gather(*writing)
    begun = time.monotonic()
    while time.monotonic() - begun < QUIET_SECONDS and (rig.api.unacknowledged() or await asyncio.to_thread(busy, database)):
        await asyncio.sleep(0.5)
    made.settled = time.monotonic() - begun
    await asyncio.gather(*(patient.finish() for patient in patients))
    accounts = [patient.account for patient in patients]
    made.verdict = await asyncio.to_thread(judge, database, accounts, rig.api.sent[before:], rig.in_flight)
    return made
