"""Starts the real thing for a test: ``python -m bot run`` on free ports, with a data folder of its own."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
import uuid
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]


def _own_ports() -> range:
    """Ports for this test process alone: below those that this system hands to outgoing connections, and
    shared out between the workers of one run, which else could both find the same port free."""
    first, last = 12_000, 32_000
    with contextlib.suppress(OSError, ValueError):
        handed_out = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
        last = min(last, handed_out) if handed_out > first + 1_000 else last
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    workers = max(int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")), worker + 1)
    share = (last - first) // workers
    return range(first + worker * share, first + (worker + 1) * share)


def free_ports(count: int) -> list[int]:
    """Ports of our own share that nobody listens on now."""
    share, ports = _own_ports(), list[int]()
    while len(ports) < count:
        port = random.SystemRandom().choice(share)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            ports += [port] if port not in ports else []
    return ports


class _Over(Exception):
    """The processes have ended while somebody waited for them."""


def wait_for(
    what: str, ready: Callable[[], Any], seconds: float = 30.0, told: Callable[[], str] = lambda: ""
) -> Any:
    """The first true value of ``ready``; fails with ``what``, and what ``told`` adds, when it does not come.

    Errors of the way there count as no.
    """
    until = time.monotonic() + seconds
    last: Any = None
    while time.monotonic() < until:
        try:
            last = ready()
        except (httpx.HTTPError, OSError) as error:
            last = error
        else:
            if last:
                return last
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds:.0f} s (last: {last!r})\n{told()}")


class House:
    """The three running processes."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("RLA_", "TELEGRAM_"))},
            "RLA_DATA_DIR": str(folder),
            **settings,
        }
        self._take_ports()
        self.process: subprocess.Popen[str] | None = None

    def _take_ports(self) -> None:
        self.port, self.rasa_port, self.actions_port = free_ports(3)
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment |= {
            "RLA_PORT": str(self.port),
            "RLA_RASA_PORT": str(self.rasa_port),
            "RLA_ACTIONS_PORT": str(self.actions_port),
        }

    def start(self) -> House:
        """Start and wait until everything answers.

        A start that ended by itself is tried once more, on other ports, and is shown as a warning with what it
        said: between the look whether a port is free and its use another program may take it.
        """
        self._launch()
        try:
            wait_for("everything is ready", self._ready_or_over, 150, told=self._said)
        except _Over as over:
            warnings.warn(f"a start ended by itself, and was tried again: {over}", stacklevel=1)
            self._take_ports()
            self._launch()
            wait_for("everything is ready", self._ready_or_over, 150, told=self._said)
        return self

    def _launch(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", "run"],
            cwd=ROOT,
            env=self.environment,
            stdout=(self.folder / "run.log").open("a"),
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _ready_or_over(self) -> bool:
        if self.process and self.process.poll() is not None:
            raise _Over(self._said())
        return self.ready()

    def _said(self) -> str:
        """The ends of what the processes wrote, for whoever reads why a start failed."""
        logs = [self.folder / "run.log", *sorted((self.folder / "log").glob("*.log"))]
        return "\n".join(f"{log.name}: {log.read_text()[-1_500:]}" for log in logs if log.exists())

    def ready(self) -> bool:
        return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(40)

    def command(self, *words: str, given: str = "") -> str:
        """Run ``python -m bot`` with the settings of this house; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "bot", *words],
            cwd=ROOT,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def pid(self, port: int) -> int:
        """The process that listens on a port, read from /proc/net/tcp."""
        inodes = set()
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].split(":")[1], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
        for folder in Path("/proc").glob("[0-9]*/fd/*"):
            try:
                if os.readlink(folder) in inodes:
                    return int(folder.parts[2])
            except OSError:
                continue
        raise AssertionError(f"nobody listens on {port}")

    def kill(self, port: int) -> None:
        os.kill(self.pid(port), signal.SIGKILL)


class Visitor:
    """A patient on the website, as a program: the widget API over HTTP."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=40)
        begun = self.http.post("/api/conversations", json={"consent": True})
        begun.raise_for_status()
        self.token = begun.json()["token"]
        self.http.headers["Authorization"] = f"Bearer {self.token}"
        self.seen = max(line["seq"] for line in begun.json()["messages"])

    def say(self, text: str | None = None, *, choice: str | None = None, client_id: str | None = None) -> int:
        body: dict[str, Any] = {"client_id": client_id or str(uuid.uuid4())}
        body |= {"choice": choice} if choice else {"text": text}
        answer = self.http.post("/api/messages", json=body)
        assert answer.status_code == 202, answer.text
        return int(answer.json()["seq"])

    def lines(self, after: int = 0) -> list[dict[str, Any]]:
        answer = self.http.get("/api/messages", params={"after": after})
        answer.raise_for_status()
        return list(answer.json()["messages"])

    def answers_to(self, seq: int, seconds: float = 40) -> list[dict[str, Any]]:
        """What the assistant said after line ``seq``, once nothing more is on its way."""

        def settled() -> list[dict[str, Any]]:
            news = self.http.get("/api/messages", params={"after": seq}).json()
            said = [line for line in news["messages"] if line["from"] != "patient"]
            return said if said and not news["typing"] else []

        return list(wait_for("an answer", settled, seconds))

    def ask(self, text: str | None = None, **kwargs: Any) -> list[dict[str, Any]]:
        return self.answers_to(self.say(text, **kwargs))
