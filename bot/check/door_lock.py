"""One front door on one SQLite folder: a second one would take the first one's work for a dead process's,
and answer it again."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.check.rights import sqlite_file
from bot.errors import ConfigError
from bot.settings import Settings

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None  # type: ignore[assignment]

NAME = "front_door.lock"


@contextmanager
def held(config: Settings) -> Iterator[None]:
    """Hold the folders of our SQLite files for this process.

    The system frees them when it ends, however it ends.

    Raises:
        ConfigError: another front door works on one of them.
    """
    with contextlib.ExitStack() as stack:
        for folder in _folders(config):
            stack.enter_context(_locked(folder))
        yield


def taken(config: Settings) -> str | None:
    """Why no front door can work on our SQLite files now, in one line; ``None`` if one can."""
    try:
        with contextlib.ExitStack() as stack:
            for folder in _folders(config):
                if (folder / NAME).exists():
                    stack.enter_context(_locked(folder, note=False))
    except ConfigError as error:
        return str(error)
    return None


def _folders(config: Settings) -> list[Path]:
    """The folders to hold; none with another database, which front doors share."""
    file = sqlite_file(config.database)
    if file is None or fcntl is None:
        return []
    return sorted({config.data_dir.resolve(), file.resolve().parent})


@contextmanager
def _locked(folder: Path, *, note: bool = True) -> Iterator[None]:
    path = folder / NAME
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(
                f"Another front door works on {folder} already (process {file.read().strip() or 'unknown'}), and SQLite "
                "files belong to one: stop that one, or give this one a folder of its own (RLA_DATA_DIR); "
                "several together need PostgreSQL (RLA_DATABASE_URL)"
            ) from None
        except OSError as error:
            raise ConfigError(
                f"{folder} cannot be locked ({error.strerror}), so it is no place for SQLite files: put RLA_DATA_DIR on a disk of this machine"
            ) from None
        if note:
            file.truncate()
            file.write(str(os.getpid()))
            file.flush()
        yield
