"""The migrations make exactly the tables of the models, on both databases, and can be taken back."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Engine, inspect

import bot.bookings.requests  # noqa: F401  (knows the columns of fields that are declared there)
from bot.store import migrate as migrations
from bot.store.engine import make_engine
from bot.store.migrate import alembic_config, is_compared, migrate
from bot.store.models import Base


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": True, "compare_server_default": True, "include_name": is_compared},
        )
        return list(compare_metadata(context, Base.metadata))


def checks(engine: Engine) -> dict[str, set[str]]:
    """Alembic does not compare these."""
    inspector = inspect(engine)
    return {
        table: {str(check["name"]) for check in inspector.get_check_constraints(table)}
        for table in Base.metadata.tables
    }


def test_migrations_and_models_agree(engine: Engine) -> None:
    assert differences(engine) == []


def test_they_agree_on_checks_and_cascades_too(engine: Engine) -> None:
    wanted = {
        name: {str(one.name) for one in table.constraints if isinstance(one, CheckConstraint)}
        for name, table in Base.metadata.tables.items()
    }
    assert checks(engine) == wanted
    inspector = inspect(engine)
    for name, table in Base.metadata.tables.items():
        made = {
            key["constrained_columns"][0]: (key["options"].get("ondelete") or "").upper()
            for key in inspector.get_foreign_keys(name)
        }
        assert made == {key.parent.name: key.ondelete or "" for key in table.foreign_keys}, name


def test_front_doors_that_start_together_wait_for_each_other(postgres: Any) -> None:
    url = postgres.new(empty=True)
    (lock,) = re.findall(
        r"^LOCK = ([\d_]+)",
        (Path(migrations.__file__).parent / "migrations" / "env.py").read_text(),
        re.MULTILINE,
    )
    engine = make_engine(url)
    code = f"from bot.store.engine import make_engine; from bot.store.migrate import migrate; migrate(make_engine({url!r}))"
    with engine.connect() as first:
        first.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock})")
        doors = [
            subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        until = time.monotonic() + 60
        while first.exec_driver_sql(waiting).scalar_one() < len(doors):
            assert time.monotonic() < until and all(door.poll() is None for door in doors), (
                "they did not wait"
            )
            time.sleep(0.1)
    said = [door.communicate(timeout=60)[1] for door in doors]
    assert [door.returncode for door in doors] == [0, 0], said
    assert "outbox" in inspect(engine).get_table_names()
    engine.dispose()
    postgres.drop(url)


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    migrate(engine)
    assert differences(engine) == []


def test_down_to_nothing_and_up_again(engine: Engine) -> None:
    command.downgrade(alembic_config(engine), "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    migrate(engine)
    assert differences(engine) == []


def test_there_is_one_line_of_migrations() -> None:
    script = ScriptDirectory.from_config(alembic_config(None))
    assert len(script.get_heads()) == 1
