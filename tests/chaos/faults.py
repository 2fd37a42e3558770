"""What breaks. Each fault is one coroutine that breaks something and, where that is not our job, mends it
again."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from aiohttp import web

from tests.chaos.house import FragileHouse
from tests.support.bot_api import BotApi


@dataclass
class Rig:
    """What a fault may touch.

    Args:
        server: PostgreSQL, where it is used instead of SQLite.
        in_flight: Telegram messages whose fate a fault has made unknowable, counted as it strikes.
    """

    house: FragileHouse
    api: BotApi
    dice: random.Random
    disk: Path | None
    count_sending: Callable[[], int]
    server: Any = None
    in_flight: int = 0


@dataclass(frozen=True)
class Fault:
    """Args:
    strike: does the harm; returns when it is over (the house may still have to get up).
    times: how often in one round.
    """

    name: str
    strike: Callable[[Rig], Awaitable[None]]
    times: int = 2


def _kill(*names: str) -> Callable[[Rig], Awaitable[None]]:
    async def strike(rig: Rig) -> None:
        rig.house.signal(signal.SIGKILL, *names)
        if "door" in names:
            rig.in_flight += await asyncio.to_thread(rig.count_sending)
        if "supervisor" in names:
            await rig.house.relaunch()

    return strike


async def _kill_supervisor(rig: Rig) -> None:
    """Its children are told to end by the kernel and drain; then all is started again."""
    rig.house.signal(signal.SIGKILL, "supervisor")
    await rig.house.relaunch()


async def _terminate(rig: Rig) -> None:
    rig.house.signal(signal.SIGTERM, "supervisor")
    await rig.house.relaunch()


async def _terminate_door(rig: Rig) -> None:
    """SIGTERM while answers are on their way from a slow Rasa: what runs is ended and sent, then it stops."""
    rig.house.signal(signal.SIGSTOP, "rasa")
    try:
        await asyncio.sleep(2)
        gone = rig.house.signal(signal.SIGTERM, "door")
        await asyncio.sleep(1)
    finally:
        rig.house.signal(signal.SIGCONT, "rasa")
    for _ in range(300):
        if rig.house.pids().get("door") not in gone:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the front door does not stop within 30 s of SIGTERM")


async def _lock_database(rig: Rig) -> None:
    """Somebody holds the write lock (SQLite) or the tables (PostgreSQL) for longer than anyone waits for
    them."""

    def hold_tables() -> None:
        with psycopg.connect(rig.server.get_uri()) as connection:
            connection.execute("LOCK TABLE conversations, inbox IN ACCESS EXCLUSIVE MODE")
            time.sleep(14)

    def hold() -> None:
        connection = sqlite3.connect(rig.house.folder / "assistant.db", isolation_level=None, timeout=30)
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(14)
        connection.execute("ROLLBACK")
        connection.close()

    rig.in_flight += 2 * await asyncio.to_thread(rig.count_sending)
    await asyncio.to_thread(hold_tables if rig.server else hold)


async def _stop_database(rig: Rig) -> None:
    rig.in_flight += 2 * await asyncio.to_thread(rig.count_sending)
    await asyncio.to_thread(rig.server.stop)
    await asyncio.sleep(8)
    await asyncio.to_thread(rig.server.start)


async def _fill_disk(rig: Rig) -> None:
    assert rig.disk is not None
    filler = rig.disk / "filler"

    def fill() -> None:
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            size = 1 << 20
            while size:
                try:
                    file.write(b"\0" * size)
                except OSError:
                    size //= 4

    rig.in_flight += await asyncio.to_thread(rig.count_sending)
    try:
        until = time.monotonic() + 8
        while time.monotonic() < until:  # what others free is taken again
            await asyncio.to_thread(fill)
            rig.in_flight += await asyncio.to_thread(rig.count_sending)
            await asyncio.sleep(1)
    finally:
        filler.unlink()


def _freeze(name: str, seconds: float) -> Callable[[Rig], Awaitable[None]]:
    async def strike(rig: Rig) -> None:
        hit = rig.house.signal(signal.SIGSTOP, name)
        try:
            await asyncio.sleep(seconds)
        finally:
            if hit:
                rig.house.signal(signal.SIGCONT, name)

    return strike


def _replace(name: str, seconds: float = 10) -> Callable[[Rig], Awaitable[None]]:
    """The process is gone and something else answers on its port: nothing, junk, errors, a megabyte of it."""

    async def strike(rig: Rig) -> None:
        port = rig.house.rasa_port if name == "rasa" else rig.house.actions_port
        rig.house.signal(signal.SIGSTOP, "supervisor")
        try:
            rig.house.signal(signal.SIGKILL, name)
            runner = await _junk_server(port, rig.dice)
            await asyncio.sleep(seconds)
            await runner.cleanup()
        finally:
            rig.house.signal(signal.SIGCONT, "supervisor")

    return strike


async def _junk_server(port: int, dice: random.Random) -> web.AppRunner:
    kinds = [
        lambda: web.json_response([]),
        lambda: web.Response(text="<html>", content_type="text/html"),
        lambda: web.Response(status=500),
        lambda: web.json_response([{"text": None}, 7, {"custom": {"text": ""}}]),
        lambda: web.json_response({"events": [{"event": 7}], "responses": "none"}),
        lambda: web.Response(text="[" * 10_000, content_type="application/json"),
        lambda: web.Response(body=b"\xff" * 1_000_000),
    ]

    async def answer(_: web.Request) -> web.Response:
        return dice.choice(kinds)()

    app = web.Application()
    app.router.add_route("*", "/{way:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    for _ in range(50):
        with contextlib.suppress(OSError):
            await web.TCPSite(runner, "127.0.0.1", port, shutdown_timeout=0.1, reuse_address=True).start()
            return runner
        await asyncio.sleep(0.1)
    raise AssertionError(f"port {port} does not become free")


async def _telegram(rig: Rig) -> None:
    """Telegram repeats and mixes updates, refuses, cuts, errs, and answers too late."""
    api, until = rig.api, time.monotonic() + 12
    api.duplicates, api.shuffle = 0.3, True
    unclear = 0
    while time.monotonic() < until:
        kind = rig.dice.choice(
            ["429", "500", "500_after", "cut", "cut_after", "junk_after", "hang_after", "delay"]
        )
        api.fault("sendMessage", kind, seconds=12 if kind == "hang_after" else 1)
        unclear += kind not in ("429", "delay")  # a 5xx or a cut comes after the request left us
        api.fault("getUpdates", rig.dice.choice(["500", "cut", "junk"]))
        await asyncio.sleep(rig.dice.uniform(0.5, 1.5))
    api.duplicates, api.shuffle = 0.0, False
    api._faults.clear()  # what is still to come is not for the next round
    rig.in_flight += unclear


async def _nothing(_: Rig) -> None:
    await asyncio.sleep(3)


FAULTS = {
    fault.name: fault
    for fault in (
        Fault("none", _nothing),  # nothing breaks
        Fault("kill-door", _kill("door"), 3),  # kill -9 of the front door
        Fault("kill-rasa", _kill("rasa")),  # kill -9 of Rasa
        Fault("kill-actions", _kill("actions"), 3),  # kill -9 of the action server
        Fault(
            "kill-all", _kill("supervisor", "door", "rasa", "actions")
        ),  # kill -9 of all four processes at once
        Fault("kill-supervisor", _kill_supervisor, 1),  # kill -9 of the launcher; its children end with it
        Fault("term", _terminate),  # SIGTERM under load, and a new start
        Fault("term-door", _terminate_door),  # SIGTERM of the front door while Rasa is slow
        Fault("rasa-hangs", _freeze("rasa", 22), 1),  # Rasa stands still for 22 s
        Fault("actions-hang", _freeze("actions", 22), 1),  # the action server stands still for 22 s
        Fault("door-hangs", _freeze("door", 8), 1),  # the front door stands still for 8 s
        Fault("rasa-junk", _replace("rasa"), 1),  # something else answers in Rasa's place
        Fault("actions-junk", _replace("actions"), 1),  # something else answers in the action server's place
        Fault("db-locked", _lock_database, 1),  # the database is locked for 14 s
        Fault("db-stopped", _stop_database, 1),  # PostgreSQL is stopped for 8 s
        Fault("disk-full", _fill_disk, 1),  # the disk is full for 8 s
        Fault("telegram", _telegram, 1),  # Telegram repeats, mixes, refuses, cuts, hangs
    )
}
