"""The house under fault: its processes by name, killed, frozen and started again."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.support.bot_api import TOKEN, BotApi
from tests.support.processes import ROOT, House, free_ports

SECRET = "a_secret-for-tests"
NAMES = {"serve": "door", "rasa-server": "rasa", "actions": "actions"}


class FragileHouse(House):
    """``python -m bot run`` under a supervisor of its own, with Telegram pointed at the test's Bot API
    server."""

    def __init__(self, folder: Path, api: BotApi, *, webhook: bool, **settings: str) -> None:
        super().__init__(
            folder,
            TELEGRAM_BOT_TOKEN=TOKEN,
            TELEGRAM_API_URL=api.url,
            RLA_RATE_LIMITS="false",
            RLA_LOG_LEVEL="WARNING",
            **settings,
        )
        self.api = api
        if webhook:
            self.environment["TELEGRAM_WEBHOOK_URL"] = f"{self.url}/telegram/webhook"
            self.environment["TELEGRAM_WEBHOOK_SECRET"] = SECRET
        self._log = (folder / "run.log").open("a")
        self._second: subprocess.Popen[bytes] | None = None

    def launch_second(self) -> str:
        """Another front door on the same database, beside the supervisor's; returns its address."""
        (port,) = free_ports(1)
        self._second = subprocess.Popen(
            [sys.executable, "-m", "bot", "serve"],
            cwd=ROOT,
            env=self.environment | {"RLA_PORT": str(port), "RLA_CHAOS": "second"},
            stdout=self._log,
            stderr=subprocess.STDOUT,
            preexec_fn=_ends_with_us(),
        )
        return f"http://127.0.0.1:{port}"

    def launch(self) -> None:
        """Start the supervisor; it ends with us. Call on the main thread, whose end would end it too."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", "run"],
            cwd=ROOT,
            env=self.environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=_ends_with_us(),
        )

    async def relaunch(self) -> None:
        """Start again once every port is free."""
        assert self.process
        await asyncio.to_thread(self.process.wait, 40)
        until = time.monotonic() + 40
        while self.pids() or _listening({self.port, self.rasa_port, self.actions_port}):
            assert time.monotonic() < until, f"processes outlive their supervisor: {self.pids()}"
            await asyncio.sleep(0.1)
        self.launch()

    async def up(self, path: str = "/readyz", seconds: float = 120) -> float:
        """Wait until ``path`` says yes; returns how many seconds it took."""
        begun = time.monotonic()
        async with httpx.AsyncClient(base_url=self.url, timeout=5) as http:
            while time.monotonic() - begun < seconds:
                try:
                    if (await http.get(path)).status_code == 200:
                        return time.monotonic() - begun
                except httpx.HTTPError:
                    pass
                assert self.process
                assert self.process.poll() is None, f"the supervisor has ended; see {self._log.name}"
                await asyncio.sleep(0.05)
        raise AssertionError(f"{path} does not answer after {seconds:.0f} s")

    def pids(self) -> dict[str, int]:
        """The running processes of this house, told by their data folder and command."""
        found = {}
        mark = f"RLA_DATA_DIR={self.folder}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                if b"bot" not in words or mark not in (folder / "environ").read_bytes().split(b"\0"):
                    continue
                if (
                    b"RLA_CHAOS=second" in (folder / "environ").read_bytes().split(b"\0")
                    or b") Z " in (folder / "stat").read_bytes()
                ):
                    continue
            except OSError:
                continue
            name = next(
                (NAMES[word.decode()] for word in words if word.decode("utf-8", "replace") in NAMES), None
            )
            if name:
                found[name] = int(folder.name)
        return found

    def signal(self, number: int, *names: str) -> list[int]:
        """Send a signal to processes by name (``supervisor`` too)."""
        pids = self.pids() | {"supervisor": self.process.pid if self.process else 0}
        hit = [pids[name] for name in names if pids.get(name)]
        for pid in hit:
            os.kill(pid, number)
        return hit

    def clear(self) -> None:
        """Nothing of this house stays behind."""
        if self._second:
            self._second.kill()
            self._second.wait(10)
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(25)
            except subprocess.TimeoutExpired:
                self.process.kill()
        for pid in self.pids().values():
            os.kill(pid, signal.SIGKILL)
        self._log.close()


def _ends_with_us() -> Callable[[], object]:
    """For a child: end when the one who started it ends (prctl(2), PR_SET_PDEATHSIG)."""
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(1, signal.SIGTERM)


def _listening(ports: set[int]) -> bool:
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(row[3] == "0A" and int(row[1].split(":")[1], 16) in ports for row in rows)
