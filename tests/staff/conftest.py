"""A console on a real SQLite file, with people who sign in as a browser would."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import event

from bot.clock import now
from bot.conversation.messages import add_message
from bot.staff.auth import accounts
from bot.staff.auth.accounts import add_staff
from bot.staff.dependencies import Parts
from bot.staff.router import attach
from bot.store.engine import Store, make_engine
from bot.store.models import Alert, Base, Booking, Conversation, Inbound, Staff
from bot.store.modes import change_mode
from bot.work.notifier import Notifier

PASSWORD = "violet harbour lamp"
ORIGIN = "http://testserver"


@dataclass
class House:
    """The console, its database, and what it asked of others."""

    store: Store
    app: FastAPI
    kicked: list[str] = field(default_factory=list)

    def browser(self, *, address: str = "198.51.100.1") -> TestClient:
        return TestClient(self.app, base_url=ORIGIN, follow_redirects=False, client=(address, 50000))

    def add(self, email: str, name: str, role: str = "receptionist") -> Staff:
        with self.store.write() as session:
            return add_staff(session, email, name, role, PASSWORD)

    def sign_in(self, email: str) -> Person:
        browser = self.browser()
        answer = try_password(browser, email, PASSWORD)
        assert answer.status_code == 303, answer.text
        page = browser.get("/staff/account").text
        return Person(browser, token_in(page))

    def conversation(
        self,
        text: str = "can I talk to a person",
        *,
        mode: str = "waiting",
        channel: str = "widget",
        minutes: float = 0,
    ) -> str:
        """A conversation in which the patient said one thing ``minutes`` ago."""
        with self.store.write() as session:
            made = Conversation(
                channel=channel, external_id=text[:60] if channel == "telegram" else None, consent_at=now()
            )
            session.add(made)
            session.flush()
            inbound = self._inbound(session, made, text)
            line = add_message(session, made, "patient", text, inbound_id=inbound.id)
            line.at = made.updated_at = now() - timedelta(minutes=minutes)
            if mode == "waiting":
                change_mode(session, made, "hand_over", actor="patient", reason="asked")
                made.waiting_since = now() - timedelta(minutes=minutes)
            return made.id

    def flag(
        self,
        conversation_id: str,
        *,
        tier: str = "emergency",
        flags: tuple[str, ...] = ("R2",),
        minutes: float = 0,
    ) -> int:
        """Raise a red flag in a conversation; returns the alert's id."""
        with self.store.write() as session:
            talk = session.get_one(Conversation, conversation_id)
            inbound = self._inbound(session, talk, "chest pain")
            line = add_message(session, talk, "patient", "chest pain", inbound_id=inbound.id)
            alert = Alert(
                conversation_id=talk.id,
                inbound_id=inbound.id,
                flags=list(flags),
                tier=tier,
                seq=line.seq,
                raised_at=now() - timedelta(minutes=minutes),
            )
            session.add(alert)
            change_mode(session, talk, "hand_over", actor="red flags", reason="red_flag")
            session.flush()
            return alert.id

    def booking(self, conversation_id: str, name: str = "Margaret Hill") -> int:
        with self.store.write() as session:
            talk = session.get_one(Conversation, conversation_id)
            inbound = self._inbound(session, talk, "book")
            made = Booking(
                conversation_id=talk.id,
                inbound_id=inbound.id,
                name=name,
                contact="+1 555 010 4477",
                times="Tuesday mornings",
                reason="legs at night",
                consent_at=now(),
            )
            session.add(made)
            session.flush()
            return made.id

    @staticmethod
    def _inbound(session: Any, talk: Conversation, text: str) -> Inbound:
        number = session.query(Inbound).count()
        made = Inbound(
            conversation_id=talk.id,
            channel=talk.channel,
            external_id=f"t{number}",
            text=text,
            seq=talk.last_seq + 1,
            state="done",
        )
        session.add(made)
        session.flush()
        return made


@dataclass
class Person:
    """Somebody who is signed in."""

    browser: TestClient
    csrf: str

    def get(self, path: str, **extra: Any) -> httpx.Response:
        return self.browser.get(path, **extra)

    def post(self, path: str, **data: Any) -> httpx.Response:
        return self.browser.post(path, data={"csrf": self.csrf, **data})

    def send(self, path: str, **data: Any) -> httpx.Response:
        """As the page's script does."""
        return self.browser.post(path, data={"csrf": self.csrf, **data}, headers={"X-Fragment": "1"})


def token_in(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found, "the page has a form with a token"
    return unescape(found[1])


def try_password(browser: TestClient, email: str, password: str, **extra: str) -> httpx.Response:
    token = token_in(browser.get("/staff/sign-in").text)
    return browser.post("/staff/sign-in", data={"csrf": token, "email": email, "password": password, **extra})


def talk_path(talk: str, what: str = "") -> str:
    return f"/staff/conversations/{talk}" + (f"/{what}" if what else "")


@pytest.fixture(scope="session", autouse=True)
def _quick_hashes() -> Iterator[None]:
    """Real argon2, but with little memory: what it costs is not what these tests are about."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables and no rows, to be copied."""
    path = tmp_path_factory.mktemp("staff") / "empty.db"
    engine = make_engine(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    engine.dispose()
    return path


def make_house(path: Path, empty: Path) -> House:
    shutil.copy(empty, path)
    engine = make_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    store = Store(engine)
    kicked: list[str] = []
    app = FastAPI()
    attach(app, Parts(store, Notifier(), kicked.append))
    return House(store, app, kicked)


@pytest.fixture
def house(tmp_path: Path, empty_database: Path) -> Iterator[House]:
    made = make_house(tmp_path / "console.db", empty_database)
    yield made
    made.store.engine.dispose()


@pytest.fixture
def ana(house: House) -> Person:
    """An admin."""
    house.add("ana@clinic.example", "Ana Ruiz", "admin")
    return house.sign_in("ana@clinic.example")


@pytest.fixture
def bo(house: House) -> Person:
    """A member of staff."""
    house.add("bo@clinic.example", "Bo Lind")
    return house.sign_in("bo@clinic.example")
