"""A patient who talks to the actions: real actions on a real SQLite store, without Rasa in between."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import select

from bot.bookings.fields import SLOTS
from bot.store.engine import Store, make_engine
from bot.store.engine import store as store_of_process
from bot.store.migrate import migrate
from bot.store.models import Conversation, Inbound, Staff
from bot.store.modes import change_mode

FORMS = {
    "booking_form": list(SLOTS),
    "self_check_form": ["check_urge", "check_rest", "check_movement", "check_evening", "check_other"],
}
DOMAIN: dict[str, Any] = {
    "forms": {name: {"required_slots": slots} for name, slots in FORMS.items()},
    "slots": {},
}


class Patient:
    """One conversation: what was said and remembered so far. ``store`` is ``None`` outside the front door."""

    def __init__(self, store: Store | None) -> None:
        self.store, self.slots, self.events, self.form, self.channel = store, {}, [], None, "widget"
        self.inbound_id: int | None = None
        self.id = "outside"
        if store:
            with store.write() as session:
                conversation = Conversation(channel="widget")
                session.add(conversation)
                session.flush()
                self.id = conversation.id

    def writes(
        self, text: str, intent: str | None = None, confidence: float = 0.95, **parsed: Any
    ) -> Patient:
        """The next message, as the front door stores it and Rasa understands it."""
        if self.store:
            with self.store.write() as session:
                number = len(session.scalars(select(Inbound.id)).all()) + 1
                inbound = Inbound(
                    conversation_id=self.id, channel="widget", external_id=f"m{number}", text=text, seq=number
                )
                session.add(inbound)
                session.flush()
                self.inbound_id = inbound.id
        ranking = parsed.pop("ranking", None) or ([(intent, confidence)] if intent else [])
        self.message = {
            "text": text,
            "intent": {"name": intent, "confidence": confidence},
            "intent_ranking": [{"name": name, "confidence": value} for name, value in ranking],
            "metadata": {"inbound_id": self.inbound_id, "channel": self.channel} if self.inbound_id else {},
            **parsed,
        }
        self.events.append({"event": "user", "text": text})
        return self

    def hears(self, action: Action) -> list[dict[str, Any]]:
        """Run ``action`` on what was written; keeps its slots and returns what it said."""
        dispatcher = CollectingDispatcher()
        loop = {"name": self.form} if self.form else {}
        tracker = Tracker(
            self.id, dict(self.slots), self.message, list(self.events), False, None, loop, "action_listen"
        )
        self.slots |= {
            e["name"]: e["value"]
            for e in asyncio.run(action.run(dispatcher, tracker, DOMAIN))
            if e["event"] == "slot"
        }
        said = [message["custom"] for message in dispatcher.messages]
        self.events += [{"event": "bot", "data": {"custom": custom}} for custom in said]
        return said

    def fills(
        self, form: str, validate: Action, text: str, intent: str | None = None, **parsed: Any
    ) -> dict[str, Any]:
        """Answer a form's question: what its validation sets, beside ``requested_slot``; ``{}`` when it
        leaves the message alone."""
        self.form = form
        self.slots["requested_slot"] = next(
            (slot for slot in FORMS[form] if self.slots.get(slot) is None), None
        )
        before = dict(self.slots)
        self.writes(text, intent, **parsed)
        self.said = self.hears(validate)
        return {
            key: value
            for key, value in self.slots.items()
            if key != "requested_slot" and (value != before.get(key, "unset"))
        }

    def rows(self, table: Any) -> list[Any]:
        assert self.store
        with self.store.read() as session:
            return list(session.scalars(select(table).order_by(table.id)))

    def conversation(self) -> Conversation:
        assert self.store
        with self.store.read() as session:
            return session.get_one(Conversation, self.id)

    def becomes(self, what: str, **rest: Any) -> None:
        assert self.store
        with self.store.write() as session:
            change_mode(session, session.get_one(Conversation, self.id), what, actor="test", **rest)

    def given_back(self) -> None:
        """Staff claim the conversation and give it back to the assistant."""
        assert self.store
        with self.store.write() as session:
            session.add(person := Staff(email="ann@clinic.example", name="Ann", password_hash="-"))
            session.flush()
            for what in ("claim", "return"):
                change_mode(
                    session, session.get_one(Conversation, self.id), what, actor=person.name, staff=person
                )


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database in its newest form, made once and copied for each test."""
    path = tmp_path_factory.mktemp("migrated") / "assistant.db"
    engine = make_engine(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


@pytest.fixture
def patient(migrated: Path, tmp_path: Path) -> Patient:
    """A patient in the front door's chat; the actions write to the store of this process, a SQLite file of
    the test's own."""
    shutil.copy(migrated, tmp_path / "assistant.db")
    return Patient(store_of_process())


@pytest.fixture
def outsider() -> Patient:
    """Somebody in ``rasa shell``: no inbound id, no conversation stored, not even tables."""
    return Patient(None)
