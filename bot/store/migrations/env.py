"""Alembic's entry: runs migrations on the engine that ``bot.store.migrate`` hands over."""

from typing import Any, Literal

from alembic import context

from bot.store.models import Base, UTCDateTime


def render_item(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Our time type is an ordinary one to the database, so that migrations need no code of ours."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UTCDateTime) else False


engine = context.config.attributes["engine"]
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, render_item=render_item)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
