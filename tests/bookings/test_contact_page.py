"""The one-time page for contact details."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import delete, select, update

from bot.bookings.contact_page import make_router
from bot.bookings.links import make_link, open_link, use_link
from bot.clock import now
from bot.content.texts import text
from bot.settings import ROOT
from bot.store.engine import Store, make_engine
from bot.store.models import Base, Booking, ContactLink, Conversation, Inbound, Message, Outbox
from bot.work.notifier import Notifier

DETAILS = {"name": "Pat Example", "contact": "+1 555 010 0100"}


class Rig:
    def __init__(self, folder: Path) -> None:
        engine = make_engine(f"sqlite:///{folder / 'house.db'}")
        Base.metadata.create_all(engine)
        self.store = Store(engine)
        app = FastAPI()
        app.include_router(make_router(self.store, Notifier()))
        self.http = TestClient(app)
        with self.store.write() as session:
            conversation = Conversation(channel="telegram", external_id="77", consent_at=now())
            session.add(conversation)
            session.flush()
            inbound = Inbound(
                conversation_id=conversation.id, channel="telegram", external_id="1", text="Send it", seq=1
            )
            session.add(inbound)
            session.flush()
            booking = Booking(
                conversation_id=conversation.id,
                inbound_id=inbound.id,
                name="",
                contact="",
                times="mornings",
                reason="legs",
                consent_at=now(),
            )
            session.add(booking)
            session.flush()
            self.booking = booking.id

    def link(self) -> str:
        with self.store.write() as session:
            return make_link(session, session.get_one(Booking, self.booking), address="http://testserver/")

    def left(self) -> tuple[str, str]:
        """What stands in the booking request now."""
        with self.store.read() as session:
            booking = session.get_one(Booking, self.booking)
            return booking.name, booking.contact

    def lines(self) -> list[str]:
        with self.store.read() as session:
            return list(session.scalars(select(Message.text)))


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def test_a_link_takes_the_details_once(rig: Rig) -> None:
    link = rig.link()
    for _ in range(3):  # previews and scanners open links; that uses nothing up
        page = rig.http.get(link)
        assert page.status_code == 200 and '<label for="contact">' in page.text
    assert rig.http.post(link, data=DETAILS).status_code == 200
    assert rig.http.post(link, data={**DETAILS, "name": "Mallory"}).status_code == 410
    assert rig.http.get(link).status_code == 410
    assert rig.left() == ("Pat Example", "+1 555 010 0100")


def test_the_details_never_stand_in_the_chat_and_the_patient_is_told(rig: Rig) -> None:
    rig.http.post(rig.link(), data=DETAILS)
    assert rig.lines() == [text("bookings.page.arrived_in_chat")]
    with rig.store.read() as session:
        assert len(session.scalars(select(Outbox)).all()) == 1


def test_two_at_once_are_one(rig: Rig) -> None:
    link = rig.link()
    answers: list[int] = []
    threads = [
        Thread(target=lambda: answers.append(rig.http.post(link, data=DETAILS).status_code)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 410, 410, 410] and len(rig.lines()) == 1


def test_old_replaced_unknown_and_erased_links_do_not_work(rig: Rig) -> None:
    first, second = rig.link(), rig.link()
    assert rig.http.get(first).status_code == 410 and rig.http.get(second).status_code == 200
    with rig.store.write() as session:
        session.execute(update(ContactLink).values(expires_at=now() - timedelta(seconds=1)))
    third = rig.link()
    assert rig.http.post(second, data=DETAILS).status_code == 410
    assert rig.http.get("/contact/guess").status_code == 410
    with rig.store.write() as session:
        session.execute(delete(Conversation))
    assert rig.http.post(third, data=DETAILS).status_code == 410


def test_who_comes_too_late_is_told_a_way_to_a_new_page_that_is_there(rig: Rig) -> None:
    page = rig.http.get("/contact/guess").text
    assert "talk to staff" in page and "Our staff can send you a new page" in page
    phrasings = re.search(
        r"- intent: talk_to_staff\n(.*?)(?=\n- intent:|\Z)",
        (ROOT / "data/nlu/care.yml").read_text("utf-8"),
        re.DOTALL,
    )
    assert phrasings and "- talk to staff\n" in phrasings[1], "the words that are told must be understood"


def test_a_link_that_was_replaced_while_somebody_filled_it_in_is_not_used(rig: Rig) -> None:
    token = rig.link().rsplit("/", 1)[1]
    with rig.store.write() as session:
        link = open_link(session, token)
        assert link
        make_link(session, session.get_one(Booking, rig.booking), address="http://testserver")
        assert not use_link(session, link, **DETAILS)
    assert rig.left() == ("", "")


def test_it_lasts_24_hours_and_only_its_hash_is_kept(rig: Rig) -> None:
    token = rig.link().rsplit("/", 1)[1]
    with rig.store.read() as session:
        row = session.scalars(select(ContactLink)).one()
    assert timedelta(hours=23, minutes=59) < row.expires_at - now() <= timedelta(hours=24)
    assert len(token) >= 43 and token not in (row.token_hash, row.conversation_id)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"name": "x"},
        {"name": " ", "contact": "y"},
        {"name": "x" * 257, "contact": "y"},
        {"name": "\x00", "contact": "y"},
    ],
)
def test_a_wrong_entry_is_explained_and_keeps_the_link(rig: Rig, wrong: dict[str, str]) -> None:
    link = rig.link()
    page = rig.http.post(link, data=wrong)
    assert page.status_code == 422 and 'role="alert"' in page.text
    assert rig.http.post(link, data=DETAILS).status_code == 200


def test_the_page_is_strict_and_escapes(rig: Rig) -> None:
    page = rig.http.post(rig.link(), data={"name": '"><script>alert(1)</script>', "contact": ""})
    assert "<script>" not in page.text and "&lt;script&gt;" in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "script-src" not in policy
    assert page.headers["cache-control"] == "no-store" and page.headers["referrer-policy"] == "no-referrer"
