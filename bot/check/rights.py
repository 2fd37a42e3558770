"""Who on this machine may read what we keep: nobody but the account that runs us.

The umask of every command (``bot/cli.py``) makes new files so. What is open all the same (made by an older
version, copied back from a backup) is closed at the start; what cannot be closed is a reason not to start,
since it holds what patients wrote.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.errors import ConfigError
from bot.settings import ROOT, Settings

UMASK = 0o077
_OTHERS = 0o077
#: Folders of the system: as our data folder they would be closed to all other programs. So would one with the
#: sticky bit, such as /tmp.
_SYSTEMS = frozenset(
    Path("/", name)
    for name in (
        *(
            "",
            "bin",
            "boot",
            "dev",
            "etc",
            "home",
            "lib",
            "media",
            "mnt",
            "opt",
            "proc",
            "root",
            "run",
            "sbin",
            "srv",
            "sys",
        ),
        *("usr", "usr/local", "var", "var/cache", "var/lib", "var/log", "var/run", "var/spool"),
    )
)


@dataclass(frozen=True)
class Rights:
    """What was found.

    Args:
        closed: paths that were open to other users and are not any more (or could be closed, if only looked
            at).
        refused: one line for each path that is open and cannot be closed.
    """

    closed: tuple[Path, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """What was closed, for one line."""
        shown = ", ".join(str(path) for path in self.closed[:3])
        more = len(self.closed) - 3
        return shown + (f" and {more} more" if more > 0 else "")


def mend(config: Settings, *, look_only: bool = False) -> Rights:
    """Close what other users of this machine could read or change.

    Returns what was closed, and what could not be.
    """
    if sys.platform == "win32":  # has other rights, which a folder inherits from the user's own
        return Rights()
    wrong = unfit(config.data_dir)
    if wrong:
        return Rights(refused=(wrong,))
    closed, refused = [], []
    for path in _ours(config):
        try:
            found = path.lstat()
            if stat.S_ISLNK(found.st_mode) or not found.st_mode & _OTHERS:
                continue
            if not look_only:
                path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
            elif os.geteuid() not in (0, found.st_uid):
                raise PermissionError
            if (
                not look_only and path.lstat().st_mode & _OTHERS
            ):  # a disk that has no rights takes the call and does nothing
                raise PermissionError
            closed.append(path)
        except FileNotFoundError:  # gone while we looked, as SQLite's own files come and go
            continue
        except OSError:
            refused.append(
                f"{path} can be read or changed by other users of this machine, and this account cannot close it. "
                f"Give it to the account that runs the assistant (chown -R), then: chmod -R go= {config.data_dir}"
            )
    return Rights(tuple(closed), tuple(refused))


def close_or_refuse(config: Settings) -> Rights:
    """Make the data folder and close what is open. Returns what was closed.

    Raises:
        ConfigError: something that other users can read cannot be closed.
    """
    if wrong := unfit(config.data_dir):
        raise ConfigError(wrong)
    config.data_dir.mkdir(0o700, parents=True, exist_ok=True)
    found = mend(config)
    if found.refused:
        raise ConfigError("\n".join(found.refused))
    return found


def unfit(folder: Path) -> str | None:
    """Why a folder cannot be that of our data, in one line; ``None`` if it can."""
    path = folder.resolve()
    roots = [ROOT]
    with contextlib.suppress(RuntimeError):  # an account without a home
        roots.append(Path.home())
    sticky = path.is_dir() and path.stat().st_mode & stat.S_ISVTX
    if sticky or path in _SYSTEMS or path in roots or any(path in root.parents for root in roots):
        return f"RLA_DATA_DIR={folder} is a folder of other programs too, and ours is closed to all but us: name one for the assistant alone"
    if path.exists() and not path.is_dir():
        return f"RLA_DATA_DIR={folder} is no folder"
    above = path
    while not above.exists():
        above = above.parent
    if not os.access(above, os.W_OK | os.X_OK):
        return f"RLA_DATA_DIR={folder}: this account may not write in {above}"
    return None


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite database; ``None`` for another one."""
    return Path(url.removeprefix("sqlite:///").split("?")[0]) if url.startswith("sqlite:") else None


def _ours(config: Settings) -> Iterator[Path]:
    """Everything that we keep: the data folder with all in it, a database that lies elsewhere, the models,
    and a .env file of ours."""
    if config.data_dir.is_dir():
        yield config.data_dir
        yield from sorted(config.data_dir.rglob("*"))
    file = sqlite_file(config.database)
    if file is not None and config.data_dir.resolve() not in file.resolve().parents:
        yield from (Path(f"{file}{end}") for end in ("", "-wal", "-shm"))
    models = ROOT / "models"
    if models.is_dir() and not models.is_symlink():
        yield models
        yield from sorted(models.iterdir())
    secrets = ROOT / ".env"
    if (
        secrets.is_file() and secrets.stat().st_uid == os.geteuid()
    ):  # root's, with a group that may read, is meant so
        yield secrets
