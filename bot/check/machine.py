"""What the machine must give: ports, room on the disk, a clock, and files that are ours alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx

from bot.check import door_lock, rights
from bot.check.finding import Finding, ok, warning, wrong
from bot.check.port import port_fault
from bot.settings import ROOT, Settings

_MB = 1024 * 1024
_LEAST_MB, _LITTLE_MB = 100, 1024  # a start writes some; a year of a clinic's messages is below a gigabyte


def ports_free(config: Settings, *, starting: bool = False) -> Iterator[Finding]:
    """Each of our three ports, unless we ourselves run there: that is as it should be, but for whoever
    wants to start."""
    if already_running(config):
        said = f"the assistant runs already at {config.local_url}"
        yield wrong("ports", said, "Stop that one first") if starting else ok("ports", said)
        return
    faults = [
        port_fault(host, port, name)
        for host, port, name in (
            (config.host, config.port, "RLA_PORT"),
            ("127.0.0.1", config.rasa_port, "RLA_RASA_PORT"),
            ("127.0.0.1", config.actions_port, "RLA_ACTIONS_PORT"),
        )
    ]
    yield from [wrong("ports", fault) for fault in faults if fault] or [
        ok("ports", f"{config.port}, {config.rasa_port} and {config.actions_port} are free")
    ]


def already_running(config: Settings) -> bool:
    """Whether a front door answers on our port."""
    try:
        return bool(httpx.get(f"{config.local_url}/healthz", timeout=2).json() == {"status": "alive"})
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return False


def folder_free(config: Settings) -> Iterator[Finding]:
    """Whether another front door works on our SQLite files."""
    fault = door_lock.taken(config)
    if fault:
        yield wrong("folder", fault)


def files_closed(config: Settings) -> Iterator[Finding]:
    """Whether others on this machine can read what we keep."""
    found = rights.mend(config, look_only=True)
    for line in found.refused:
        yield wrong("rights", line)
    if found.closed:
        yield warning(
            "rights", f"other users of this machine can read {found.told}", "A start closes it to them"
        )
    elif not found.refused:
        yield ok("rights", f"{config.data_dir}, models and .env are closed to other users of this machine")


def room_left(config: Settings) -> Iterator[Finding]:
    """Free room where we write."""
    folder = config.data_dir.resolve()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free // _MB
    if free < _LEAST_MB:
        yield wrong("disk", f"{free} MB are free at {folder}: messages could not be stored", "Make room")
    elif free < _LITTLE_MB:
        yield warning("disk", f"{free} MB are free at {folder}", "Make room before it is full")
    else:
        yield ok("disk", f"{free // 1024} GB are free at {folder}")


def clock_right() -> Iterator[Finding]:
    """Whether the clock can be right: it is not before this code was put here."""
    now = datetime.now(UTC)
    newest = max(path.stat().st_mtime for path in (ROOT / "pyproject.toml", Path(__file__)))
    if now.timestamp() < newest - 24 * 3600:
        yield wrong(
            "clock",
            f"this machine believes that it is {now:%Y-%m-%d}, before its own files were written",
            "Set the clock",
        )
    else:
        yield ok("clock", f"{now:%Y-%m-%d %H:%M} UTC")
