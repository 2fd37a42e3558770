"""Erasing a conversation everywhere: our tables and Rasa's own."""

from __future__ import annotations

import structlog
from sqlalchemy import Engine, create_engine, delete, inspect, text, update
from sqlalchemy.exc import SQLAlchemyError

from bot.settings import settings
from bot.store.engine import Store
from bot.store.models import Conversation, Timer, now

log = structlog.get_logger(__name__)


def erase(store: Store, conversation_id: str) -> None:
    """Delete every row of the conversation, and what Rasa's tracker store keeps of it.

    Rasa has no delete call (RasaHQ/rasa#10719), so its table is cleared directly. If that cannot be done now, a timer
    does it later: the wish is stored in the same transaction as our own deletion and so is never forgotten.
    """
    with store.write() as session:
        session.execute(delete(Conversation).where(Conversation.id == conversation_id))
        session.add(Timer(kind="erase_tracker", key=f"erase:{conversation_id}", data={"sender": conversation_id}, due_at=now()))
    try:
        erase_tracker(conversation_id)
    except SQLAlchemyError as error:
        log.warning("tracker_not_erased_yet", error=type(error).__name__)
        return
    with store.write() as session:
        # The finished timer stays: a note that a deletion took place, with no word of the patient in it.
        session.execute(update(Timer).where(Timer.key == f"erase:{conversation_id}").values(done_at=now(), outcome="erased"))


def erase_tracker(sender: str) -> None:
    """Delete the events that Rasa keeps of ``sender``. Rasa is made to overwrite freed pages (SQLite secure_delete)."""
    engine: Engine = create_engine(settings().rasa_database)
    try:
        if not inspect(engine).has_table("events"):
            return
        with engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                connection.execute(text("PRAGMA secure_delete=ON"))
            connection.execute(text("DELETE FROM events WHERE sender_id = :sender"), {"sender": sender})
    finally:
        engine.dispose()
