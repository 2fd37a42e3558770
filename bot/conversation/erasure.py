"""Erasing a conversation everywhere: our tables and Rasa's own."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import Engine, create_engine, delete, inspect, text, update
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import now
from bot.conversation.messages import locked
from bot.settings import settings
from bot.store import audit, search
from bot.store.engine import Store
from bot.store.models import Conversation, Timer

log = structlog.get_logger(__name__)

#: Rasa's whole history, and each conversation as the next turn needs it
#: (``bot/rasa_server/tracker_store.py``).
_TRACKER_TABLES = ("events", "tracker_states")
_TURN_ENDED = timedelta(minutes=3)  # no turn of Rasa lasts longer


def erase(store: Store, conversation_id: str, *, by: str = audit.PATIENT) -> bool:
    """Delete every row of the conversation, and what Rasa's tracker store keeps of it. Again changes nothing.

    Returns whether it was there. The log keeps its id, so that after a restore the deletion can be repeated.
    The audit keeps who wished it (``by``) and a pseudonym.

    Rasa has no delete call (RasaHQ/rasa#10719), so its table is cleared directly: now, and once more by a
    timer, because a turn that runs at this moment is stored by Rasa when it ends. The timer is stored in the
    same transaction as our own deletion, so the wish is never forgotten; when done it stays, as a note of the
    deletion with no word of the patient.
    """
    key = f"erase:{conversation_id}"
    with store.write() as session:
        if locked(session, conversation_id) is None:
            return False
        session.execute(delete(Conversation).where(Conversation.id == conversation_id))
        session.add(
            Timer(kind="erase_tracker", key=key, data={"sender": conversation_id}, due_at=now() + _TURN_ENDED)
        )
        audit.record(session, "erased", actor=by, object=audit.of_conversation(conversation_id))
    log.info("erased", conversation=conversation_id)
    try:
        forget(store)
        erase_tracker(conversation_id)
    except SQLAlchemyError as error:
        log.warning("tracker_not_erased_yet", error=type(error).__name__)
        with store.write() as session:
            session.execute(update(Timer).where(Timer.key == key).values(due_at=now()))
    return True


def forget(store: Store) -> None:
    """After a deletion: no file of ours holds the words any longer, nor the index of words."""
    search.forget(store)
    store.forget()


def erase_tracker(sender: str) -> int:
    """Delete what Rasa keeps of ``sender``; returns how many events.

    Freed pages are overwritten (SQLite secure_delete).
    """
    engine: Engine = create_engine(settings().rasa_database)
    try:
        there = [name for name in _TRACKER_TABLES if inspect(engine).has_table(name)]
        sqlite = engine.dialect.name == "sqlite"
        gone = 0
        with engine.begin() as connection:
            if sqlite:
                connection.execute(text("PRAGMA secure_delete=ON"))
            for name in there:
                delete_rows = text(f"DELETE FROM {name} WHERE sender_id = :sender")  # noqa: S608
                rows = connection.execute(delete_rows, {"sender": sender}).rowcount
                gone += rows if name == "events" else 0
        if sqlite and there:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))  # its log held the words too
        return gone
    finally:
        engine.dispose()
