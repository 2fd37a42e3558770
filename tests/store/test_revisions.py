"""Going back to an earlier form of the database, and a database that is newer than the code."""

from __future__ import annotations

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Engine, inspect, text

from bot import cli, run
from bot.errors import ConfigError
from bot.settings import settings
from bot.store import migrate as migrations
from bot.store.engine import Store, store
from bot.store.migrate import go_to, known, migrate, refuse_newer, stands_at
from tests.store.test_migrations import differences
from tests.support.talk import Talk


def as_of_the_future(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))


def test_back_and_forward_again(engine: Engine) -> None:
    newest = known(engine)[-1]
    for revision in known(engine)[::-1]:
        go_to(engine, revision)
        assert stands_at(engine) == revision
    assert differences(engine)
    go_to(engine, newest)
    assert (stands_at(engine), differences(engine)) == (newest, [])


def test_changing_a_table_deletes_nothing_that_hangs_on_it(engine: Engine) -> None:
    """A column dropped as Alembic's batch does it, which on SQLite drops the table and makes it anew."""
    talk = Talk(Store(engine))
    talk.say("my legs never rest")
    with migrations.without_cascades(engine) as gentle, gentle.connect() as connection:
        context = MigrationContext.configure(connection)
        with (
            context.begin_transaction(),
            Operations(context).batch_alter_table("conversations", recreate="auto") as table,
        ):
            table.drop_column("reset_brain")
        connection.commit()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM messages")).scalar() == 1
        if engine.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
            assert (
                connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
            )  # on again for everybody else


@pytest.mark.parametrize("name", ["base", "head", "-1", "9999", ""])
def test_only_a_revision_by_its_name_is_gone_to(name: str, engine: Engine) -> None:
    """``base`` would delete everything."""
    with pytest.raises(ConfigError, match="This code knows 0001, 0002, 0003"):
        go_to(engine, name)
    assert "conversations" in inspect(engine).get_table_names()


def test_a_database_that_is_newer_than_the_code_is_left_alone_and_said_plainly(engine: Engine) -> None:
    refuse_newer(engine)
    as_of_the_future(engine)
    newest = known(engine)[-1]
    for work in (migrate, refuse_newer, lambda engine: go_to(engine, newest)):
        with pytest.raises(
            ConfigError, match=f"at revision 9999.*none after {newest}.*migrate --to {newest}"
        ):
            work(engine)
    assert stands_at(engine) == "9999"


@pytest.mark.parametrize(
    "words", [["migrate"], ["migrate", "--to", "0001"], ["serve"], ["run"], ["staff", "list"], ["erase", "x"]]
)
def test_no_command_works_on_a_newer_database(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    migrate(store().engine)
    as_of_the_future(store().engine)
    monkeypatch.setattr(run, "train_if_needed", lambda _: pytest.fail("it trained first"))
    with pytest.raises(SystemExit, match="newer than this code"):
        cli.main(words)


def test_the_command_goes_back_and_says_where_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["migrate"])
    cli.main(["migrate", "--to", "0001"])
    cli.main(["migrate"])
    newest = known(store().engine)[-1]
    assert capsys.readouterr().out.splitlines() == [
        f"The database is at revision {newest} (before: empty).",
        f"The database is at revision 0001 (before: {newest}).",
        f"The database is at revision {newest} (before: 0001).",
    ]
    assert (settings().data_dir / "assistant.db").is_file()


def test_an_empty_database_is_of_no_revision() -> None:
    assert stands_at(store().engine) is None
    assert known(store().engine)[0] == "0001"
