"""``make run``: set up what is missing, start the processes of the Procfile, keep them up, stop them
together."""

from __future__ import annotations

import contextlib
import ctypes
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from sqlalchemy import func, select

from bot.channels.base import label, states
from bot.check import looks, rights
from bot.check.finding import heed, refuse
from bot.rasa_server.training import stale, train_if_needed
from bot.settings import ROOT, Settings, settings
from bot.store.engine import store
from bot.store.migrate import migrate
from bot.store.models import Staff

_READY_SECONDS = 120  # until it is said that something is missing
_ASK_SECONDS = 2  # between two looks whether everything is ready, once that was said
_STOP_SECONDS = 10  # for Rasa and the action server
_DOOR_MORE_SECONDS = 10  # for the front door beyond its drain: held calls end, what was said goes out
_STEADY_SECONDS = 30  # who lived this long starts again at once
_DOOR_FIRST_SECONDS = 8  # the others wait so long at most for the front door to open


#: A line of the Procfile: the name of a process, and its command.
_PROCESS = re.compile(r"^([\w-]+):[ \t]*(\S.*)$", re.MULTILINE)


@dataclass
class Child:
    """One line of the Procfile."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    falls: int = 0
    again_at: float = 0.0


def run() -> None:
    """Set up, start, watch. Ends with the processes on SIGTERM or Ctrl-C."""
    config = settings()
    _prepare(config)
    supervisor = Supervisor(config)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: supervisor.stopping.set())
    try:
        supervisor.start()
        heed(looks.of_contents(config))  # beside the front door's start, which takes longer
        Announcement(config, supervisor).wait()
        supervisor.watch()
    finally:
        supervisor.stop()


def _prepare(config: Settings) -> None:
    """Look whether all is there, close what is open to others, train and migrate what is not of this code.

    Raises:
        ConfigError: something is wrong; a line for each thing.
    """
    heed(looks.before_start(config))
    closed = rights.close_or_refuse(config)
    if closed.closed:
        print(f"  closed to other users of this machine: {closed.told}", flush=True)
    if stale(ROOT):
        refuse(looks.of_contents(config))  # before minutes of training
        train_if_needed(ROOT)
    migrate(store().engine)


class Supervisor:
    """Starts the Procfile's processes, starts again what falls, and stops all."""

    def __init__(self, config: Settings) -> None:
        self.stopping = threading.Event()
        self._door_seconds = config.drain_timeout + _DOOR_MORE_SECONDS
        self._url = config.local_url
        self._logs = config.data_dir / "log"
        self._logs.mkdir(parents=True, exist_ok=True)
        procfile = (ROOT / "Procfile").read_text()
        self._children = [Child(name, shlex.split(command)) for name, command in _PROCESS.findall(procfile)]

    def start(self) -> None:
        """Start the front door; ``tend`` starts the others as soon as it is open."""
        self._start(self._children[0])

    def _start(self, child: Child) -> None:
        command = [sys.executable if child.command[0] == "python" else child.command[0], *child.command[1:]]
        with (self._logs / f"{child.name}.log").open("ab") as out:
            child.process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent(),
            )
        child.started = time.monotonic()

    def watch(self) -> None:
        """Until told to stop: start again what has ended."""
        while not self.stopping.wait(0.3):
            self.tend()

    def tend(self) -> None:
        """Start what does not run, the front door first.

        What ends at once is started a little later each time.
        """
        for child in self._children:
            if child.process is None:
                if time.monotonic() >= child.again_at and (
                    child is self._children[0] or self._door_is_open()
                ):
                    self._start(child)
            elif (code := child.process.poll()) is not None:
                lived = time.monotonic() - child.started
                child.falls = 0 if lived > _STEADY_SECONDS else child.falls + 1
                wait = min(30.0, 0.5 * 2 ** min(child.falls, 6)) if child.falls else 0.0
                print(
                    f"  {child.name} ended (code {code}); starting it again. See {self._logs / child.name}.log",
                    flush=True,
                )
                child.process, child.again_at = None, time.monotonic() + wait

    def _door_is_open(self) -> bool:
        """Whether the others may start: the front door serves patients, or they have waited long enough
        for it."""
        if time.monotonic() - self._children[0].started > _DOOR_FIRST_SECONDS:
            return True
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self._url}/healthz", timeout=1).status_code == 200
        return False

    def fallen(self) -> str | None:
        """The name of a process that has ended during the start, if any."""
        return next(
            (c.name for c in self._children if c.process is not None and c.process.poll() is not None), None
        )

    def stop(self) -> None:
        """End all, the front door first: answers that are on their way still need the others."""
        door, *others = self._children
        ran = [_end([door], self._door_seconds), _end(others, _STOP_SECONDS)]
        if any(ran):
            print("stopped", flush=True)

    def tail(self, name: str, lines: int = 15) -> str:
        return "\n".join((self._logs / f"{name}.log").read_text(errors="replace").splitlines()[-lines:])


def _end(children: list[Child], seconds: float) -> bool:
    """Ask ``children`` to end and wait; those that are not gone after ``seconds`` are killed.

    Returns whether any ran.
    """
    alive = [child.process for child in children if child.process and child.process.poll() is None]
    for process in alive:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
    until = time.monotonic() + seconds
    for process in alive:
        try:
            process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
    return bool(alive)


def _die_with_parent() -> Callable[[], None] | None:
    """On Linux, end a child when its launcher is killed, so that no port stays taken (prctl(2),
    PR_SET_PDEATHSIG)."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(1, signal.SIGTERM)


class Announcement:
    """Says where the assistant is as soon as it is ready, and not before."""

    def __init__(self, config: Settings, supervisor: Supervisor) -> None:
        self._config, self._supervisor, self._url = config, supervisor, config.local_url

    def wait(self) -> None:
        """Tend the processes until everything answers: the front door, its database, Rasa with a model,
        the actions.

        Raises:
            SystemExit: a process ended while it started; the text has the end of its log.
        """
        print("  starting the front door, Rasa and the action server ...", flush=True)
        until, pause, late = time.monotonic() + _READY_SECONDS, 0.3, False
        while not self._supervisor.stopping.is_set():
            # Later on a process that ends is started again, as at any other time.
            name = None if late else self._supervisor.fallen()
            if name:
                sys.exit(f"{name} ended at once. The end of its log:\n{self._supervisor.tail(name)}")
            self._supervisor.tend()
            if self._is_ready():
                self._say()
                return
            if not late and time.monotonic() >= until:
                late, pause = True, _ASK_SECONDS
                print(f"  not everything is ready yet; what is missing: {self._url}/readyz", flush=True)
            self._supervisor.stopping.wait(pause)

    def _is_ready(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self._url}/readyz", timeout=5).status_code == 200
        return False

    def _say(self) -> None:
        config = self._config
        with store().read() as session:
            if not session.scalar(select(func.count()).select_from(Staff)):
                command = (
                    '.venv/bin/python -m bot staff add you@clinic.example --name "Your Name" --role admin'
                )
                print(f"  no staff account yet: {command}", flush=True)
        channels = ", ".join(f"{label(name)} {state}" for name, state in states(config).items())
        logs = config.data_dir / "log"
        print(f"  Channels: {channels}. Logs: {logs}. Ctrl-C stops everything.", flush=True)
        address = config.address
        print(f"Restless Legs Assistant is ready at {address}  (staff: {address}/staff/)", flush=True)
