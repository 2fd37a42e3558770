"""Alembic's entry: runs migrations on the engine that ``bot.store.migrate`` hands over."""

from typing import Any, Literal

from alembic import context

from bot.store.migrate import is_compared
from bot.store.models import Base, UTCDateTime


def render_item(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Our time type is an ordinary one to the database, so that migrations need no code of ours."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UTCDateTime) else False


#: Any number that nobody else locks; front doors that start together wait here for each other.
LOCK = 7_302_051

engine = context.config.attributes["engine"]
with engine.connect() as connection:
    if engine.dialect.name == "postgresql":
        # Within the transaction of the migrations: they may take long, and each front door runs them at its
        # start.
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=render_item,
        include_name=is_compared,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
