"""Bring the database to the newest form, or back to an earlier one (Alembic).

Forms are its revisions: ``0001``, ``0002``, ...
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event

from bot.errors import ConfigError
from bot.store.engine import make_engine

_FOLDER = Path(__file__).parent / "migrations"


def alembic_config(engine: Engine) -> Config:
    """Alembic's configuration for our migrations on this database."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["engine"] = engine
    return config


def is_compared(name: str | None, kind: str, _: object) -> bool:
    """Whether Alembic compares an object with the models; the search index (``bot.store.search``) is in none."""
    return not (kind in ("table", "index") and (name or "").startswith("search_"))


def known(engine: Engine) -> list[str]:
    """The revisions that this code has migrations for, the oldest first."""
    return [
        script.revision for script in ScriptDirectory.from_config(alembic_config(engine)).walk_revisions()
    ][::-1]


def stands_at(engine: Engine) -> str | None:
    """The revision of the database; ``None`` while it is empty."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def refuse_newer(engine: Engine) -> None:
    """Stop before this code works on a database that newer code has changed.

    Raises:
        ConfigError: it is newer; says what to do.
    """
    at, ours = stands_at(engine), known(engine)
    if at is not None and at not in ours:
        raise ConfigError(newer(at, ours))


def newer(at: str, ours: list[str]) -> str:
    """What is said of a database at revision ``at``, of which this code with its revisions ``ours`` knows
    nothing."""
    return (
        f"The database is newer than this code: it is at revision {at}, and this code knows none after {ours[-1]}. "
        f"Put the newer code back; to go back for good, run 'python -m bot migrate --to {ours[-1]}' with the newer code first, "
        "or restore the backup that was made before the upgrade (docs/operations.md)."
    )


def migrate(engine: Engine) -> str:
    """Bring the database to the newest form that this code knows; returns its revision.

    Safe to call at each start.

    Raises:
        ConfigError: it is newer already.
    """
    refuse_newer(engine)
    with without_cascades(engine) as gentle:
        command.upgrade(alembic_config(gentle), "head")
    return known(engine)[-1]


def go_to(engine: Engine, revision: str) -> None:
    """Take the database back, or forward, to ``revision``.

    What only the later form can hold is lost on the way back.

    Raises:
        ConfigError: there is no such revision, or the database is newer than this code.
    """
    ours = known(engine)
    if revision not in ours:
        raise ConfigError(f"There is no revision '{revision}'. This code knows {', '.join(ours)}.")
    refuse_newer(engine)
    at = stands_at(engine)
    back = at is not None and ours.index(revision) < ours.index(at)
    with without_cascades(engine) as gentle:
        (command.downgrade if back else command.upgrade)(alembic_config(gentle), revision)


@contextmanager
def without_cascades(engine: Engine) -> Iterator[Engine]:
    """The engine to migrate with.

    SQLite changes a table by copying it and dropping the old one, and with its foreign keys on that would
    delete every row that hangs on it: all messages, for a column of ``conversations``.
    """
    if engine.dialect.name != "sqlite":
        yield engine
        return
    gentle = make_engine(engine.url.render_as_string(hide_password=False))
    event.listen(gentle, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys=OFF"))
    try:
        yield gentle
    finally:
        gentle.dispose()
