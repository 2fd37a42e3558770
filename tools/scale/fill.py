"""A database as after years of a busy clinic: made-up conversations, the same ones for the same seed."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, text

from bot.clock import now
from bot.staff.auth.accounts import add_staff
from bot.store.engine import Store
from bot.store.models import Alert, Booking, Conversation, Inbound, Message, TurnLog

EMAIL, PASSWORD = "scale@clinic.example", "violet harbour lamp"
FIRST = [
    "Ann",
    "Olga",
    "Maria",
    "Hugo",
    "Emil",
    "Nina",
    "Karl",
    "Rosa",
    "Leo",
    "Ida",
    "Noah",
    "Mia",
    "Ben",
    "Eva",
    "Tom",
    "Lena",
    "Max",
    "Ella",
    "Paul",
    "Ruth",
]
LAST = [
    "Hill",
    "Petrova",
    "Torres",
    "Lind",
    "Ruiz",
    "Novak",
    "Meyer",
    "Silva",
    "Cohen",
    "Okafor",
    "Tanaka",
    "Weber",
    "Rossi",
    "Dubois",
    "Khan",
]
TOPICS = [
    "iron",
    "magnesium",
    "causes",
    "exercise",
    "sleep",
    "pregnancy",
    "medicines",
    "caffeine",
    "when_to_seek_care",
    "parking",
]
_COMMON = [
    "the",
    "my",
    "i",
    "a",
    "legs",
    "and",
    "it",
    "at",
    "night",
    "is",
    "to",
    "in",
    "have",
    "of",
    "sleep",
    "for",
    "what",
    "can",
    "me",
    "with",
    "not",
    "do",
    "iron",
    "pain",
]
_PARTS = 5_000  # conversations a transaction
_HELD, _WAITING, _FLAGGED = 40, 200, 150
_DAYS = 730
Rows = dict[Any, list[dict[str, Any]]]


class Clinic:
    """Makes the rows of one conversation after the other."""

    def __init__(self, number: int, messages: int, seed: int) -> None:
        self.random = random.Random(seed)
        self._number, self._lines = number, max(2, messages // number)
        rare = (Path(__file__).parents[2] / "bot" / "language" / "lexicon.txt").read_text()
        self._words = [*_COMMON, *(word for word in rare.split() if word.isalpha())]
        self._weights = list(itertools.accumulate(1 / place for place in range(1, len(self._words) + 1)))
        self._begin = now() - timedelta(days=_DAYS)
        self._inbound = self._booking = 0

    def sentence(self) -> str:
        """3 to 20 words, few of them very often (Zipf)."""
        count = self.random.randint(3, 20)
        return " ".join(self.random.choices(self._words, cum_weights=self._weights, k=count))

    def add(self, place: int, rows: Rows) -> None:
        """The conversation at ``place``, the oldest first."""
        newest = self._number - 1 - place  # the last ones are what a clinic has to do today
        begin = self._begin + timedelta(days=_DAYS) * (place / self._number)
        talk = {
            "id": f"{self.random.getrandbits(128):032x}",
            "channel": "telegram" if self.random.random() < 0.3 else "widget",
            "consent_at": begin,
            "mode": "closed" if self.random.random() < 0.4 else "assistant",
            "claimed_by": None,
            "waiting_since": None,
            "waiting_reason": None,
            "last_seq": self._lines,
            "created_at": begin,
            "updated_at": begin + timedelta(minutes=self._lines),
        }
        if newest < _HELD:
            talk |= {"mode": "staff", "claimed_by": 1}
        elif newest < _HELD + _WAITING:
            talk |= {"mode": "waiting", "waiting_since": talk["updated_at"], "waiting_reason": "asked"}
        rows[Conversation].append(talk)
        for seq in range(1, self._lines + 1):
            self._line(talk, seq, begin + timedelta(minutes=seq), rows)
        if newest < _FLAGGED or place % 50 == 0:
            self._flag(talk, begin, rows, still_open=newest < _FLAGGED)
        if place % 8 == 0:
            self._request(talk, begin, rows, fresh=newest < 2_000)

    def _line(self, talk: dict[str, Any], seq: int, at: datetime, rows: Rows) -> None:
        of = {"conversation_id": talk["id"], "text": self.sentence(), "seq": seq}
        sender = "patient" if seq % 2 else "staff" if seq > 6 and talk["mode"] == "closed" else "assistant"
        line = of | {
            "sender": sender,
            "at": at,
            "inbound_id": None,
            "staff_id": 1 if sender == "staff" else None,
        }
        if sender == "patient":
            self._inbound += 1
            line["inbound_id"] = self._inbound
            kept = {"id": self._inbound, "channel": talk["channel"], "external_id": f"s{self._inbound}"}
            rows[Inbound].append(of | kept | {"state": "done", "received_at": at})
            topic = self.random.choice(TOPICS)
            turn = {"conversation_id": talk["id"], "inbound_id": self._inbound, "action": "action_reply"}
            rows[TurnLog].append(turn | {"intent": topic, "answer_id": topic, "confidence": 0.9, "at": at})
        rows[Message].append(line)

    def _flag(self, talk: dict[str, Any], at: datetime, rows: Rows, *, still_open: bool) -> None:
        of = {"conversation_id": talk["id"], "inbound_id": self._inbound, "seq": 1}
        tier = self.random.choice(("emergency", "today", "prescriber"))
        ended = None if still_open else at + timedelta(hours=1)
        rows[Alert].append(of | {"flags": ["R2"], "tier": tier, "raised_at": at, "closed_at": ended})

    def _request(self, talk: dict[str, Any], at: datetime, rows: Rows, *, fresh: bool) -> None:
        self._booking += 1
        of = {"id": self._booking, "conversation_id": talk["id"], "inbound_id": self._inbound}
        name = f"{self.random.choice(FIRST)} {self.random.choice(LAST)}"
        contact = f"+1 555 {self.random.randint(100, 999)} {self.random.randint(0, 9999):04}"
        said = {"name": name, "contact": contact, "times": "Tuesday mornings", "reason": self.sentence()}
        state = "requested" if fresh else self.random.choice(("booked", "declined", "cancelled"))
        dates = {"consent_at": at, "created_at": at, "updated_at": at}
        rows[Booking].append(of | said | dates | {"state": state})


def fill(store: Store, conversations: int, messages: int, *, seed: int = 7) -> None:
    """Fill an empty, migrated database."""
    with store.write() as session:
        add_staff(session, EMAIL, "Scale", "admin", PASSWORD)
    clinic = Clinic(conversations, messages, seed)
    for parts in _parts(clinic, conversations):
        with store.write() as session:
            _insert(session.connection(), parts)
    _settle(store)


def _parts(clinic: Clinic, conversations: int) -> Iterator[Rows]:
    for begin in range(0, conversations, _PARTS):
        rows: Rows = {model: [] for model in (Conversation, Inbound, Message, TurnLog, Alert, Booking)}
        for place in range(begin, min(conversations, begin + _PARTS)):
            clinic.add(place, rows)
        yield rows


def _insert(connection: Connection, parts: Rows) -> None:
    for model, rows in parts.items():
        if rows:
            connection.execute(insert(model), rows)


def _settle(store: Store) -> None:
    """As the database would be by then: PostgreSQL with its statistics and its ids after those given here,
    SQLite with its log written back."""
    if store.is_sqlite:
        store.forget()
        return
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in ("inbox", "bookings"):
            highest = f"(SELECT max(id) FROM {table})"  # noqa: S608
            connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {highest})"))
        connection.execute(text("VACUUM ANALYZE"))
