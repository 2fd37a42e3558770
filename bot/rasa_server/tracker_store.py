"""A tracker store whose turn costs the same after a thousand messages as after ten.

Rasa's SQL store reads and replays every event since the session began, twice a turn. This one keeps beside
that table (``events``, the whole history, written and never read in a turn) one row a conversation: the state
before the last few messages, told as events, and the events since. A turn reads that row once, and writes row
and history in one transaction. What looks further back than ``TURNS`` messages (none of our actions does)
finds the state, not the words.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    ConversationPaused,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT_NAME_KEY
from sqlalchemy.dialects import postgresql, sqlite

#: So many of the patient's messages, with all that belongs to them, are kept word for word for the next turn.
TURNS = 10


class RecentTrackerStore(SQLTrackerStore):  # type: ignore[misc]
    """As Rasa's SQL store, on SQLite and PostgreSQL; named in ``endpoints.yml``.

    Makes its tables where they are missing.
    """

    class SQLState(SQLTrackerStore.Base):  # type: ignore[misc]
        """A conversation as its next turn needs it; ``erase_tracker`` knows the table by name."""

        __tablename__ = "tracker_states"
        sender_id = sa.Column(sa.String(255), primary_key=True)
        events = sa.Column(sa.Text, nullable=False)

    def __init__(self, domain: Domain | None = None, host: str | None = None, **kwargs: Any) -> None:
        super().__init__(domain=domain, host=host, **kwargs)
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", _prepare)
            self.engine.dispose()  # connections of before

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The conversation's state and its last ``TURNS`` messages; ``None`` if there is no such
        conversation."""
        with self.engine.connect() as connection:
            kept = connection.scalar(
                sa.select(self.SQLState.events).where(self.SQLState.sender_id == sender_id)
            )
        if kept is None:  # a new one, or one from before this table
            return _marked(await super().retrieve(sender_id))
        return _marked(DialogueStateTracker.from_dict(sender_id, json.loads(kept), self.domain.slots))

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """The whole history, for Rasa's own tools."""
        return _marked(await super().retrieve_full_tracker(conversation_id))

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Add what is new to the history, and keep state and last messages; one transaction."""
        await self.stream_events(tracker)
        events = list(tracker.events)
        with self.engine.begin() as connection:
            stored = getattr(tracker, "stored", None)
            if stored is None:  # it was made here and not read
                history = sa.select(sa.func.count()).where(self.SQLEvent.sender_id == tracker.sender_id)
                stored = connection.scalar(history) or 0
            if new := [self._row(tracker.sender_id, event) for event in events[stored:]]:
                connection.execute(sa.insert(self.SQLEvent), new)
            recent = self._recent(tracker.sender_id, events)
            row = {
                "sender_id": tracker.sender_id,
                "events": json.dumps([event.as_dict() for event in recent]),
            }
            kind = postgresql if connection.dialect.name == "postgresql" else sqlite
            insert = kind.insert(self.SQLState).values(row)
            connection.execute(
                insert.on_conflict_do_update(index_elements=["sender_id"], set_={"events": row["events"]})
            )
        _marked(tracker)

    @staticmethod
    def _row(sender_id: str, event: Event) -> dict[str, Any]:
        data = event.as_dict()
        return {
            "sender_id": sender_id,
            "type_name": event.type_name,
            "timestamp": data.get("timestamp"),
            "intent_name": data.get("parse_data", {}).get("intent", {}).get(INTENT_NAME_KEY),
            "action_name": data.get("name"),
            "data": json.dumps(data),
        }

    def _recent(self, sender_id: str, events: list[Event]) -> list[Event]:
        """The state before the last ``TURNS`` messages, and the events since."""
        begun = [at for at, event in enumerate(events) if isinstance(event, SessionStarted)]
        events = events[begun[-1] :] if begun else events  # as Rasa's store: nothing from before the session
        said = [at for at, event in enumerate(events) if isinstance(event, UserUttered)]
        if len(said) <= TURNS:
            return events
        cut = said[-TURNS]
        before = DialogueStateTracker.from_events(sender_id, events[:cut], self.domain.slots)
        return [*_told(before, events[cut].timestamp), *events[cut:]]


def _told(tracker: DialogueStateTracker, at: float) -> Iterable[Event]:
    """Events that bring a new tracker to the state of this one, while it listens."""
    yield SessionStarted(timestamp=at)
    for slot in tracker.slots.values():
        if slot.value != slot.initial_value:
            yield SlotSet(slot.name, slot.value, timestamp=at)
    if tracker.active_loop_name:
        yield ActiveLoop(tracker.active_loop_name, timestamp=at)
    if tracker.is_paused():
        yield ConversationPaused(timestamp=at)
    yield ActionExecuted(ACTION_LISTEN_NAME, timestamp=at)


def _marked(tracker: DialogueStateTracker | None) -> DialogueStateTracker | None:
    """All of this tracker's events stand in the history: what comes after them is new."""
    if tracker is not None:
        tracker.stored = len(tracker.events)
    return tracker


def _prepare(connection: Any, _: Any) -> None:
    """A turn reaches the disk once, and before it is answered; what is replaced or deleted is overwritten
    there."""
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
