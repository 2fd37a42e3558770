"""What an address names belongs together, and no number in it is too large to be answered in plain words."""

from __future__ import annotations

import pytest

from bot.conversation.messages import add_message
from bot.store.models import Alert, Booking, Conversation, Event, Message, Outbox
from tests.staff.conftest import House, Person, talk_path
from tests.staff.test_access import ROUTES, SAFE

#: Just too large for the column, and too large for the database's driver.
HUGE = (2**31, 2**63, 10**30)
NUMBERED = [(method, path) for method, path in ROUTES if "_id}" in path.replace("{conversation_id}", "")]


@pytest.fixture
def a(house: House) -> str:
    return house.conversation("I am A")


@pytest.fixture
def b(house: House) -> str:
    return house.conversation("I am B")


def test_a_request_is_not_changed_through_another_conversation(
    house: House, bo: Person, a: str, b: str
) -> None:
    booking = house.booking(b)
    refused = bo.post(talk_path(a, f"bookings/{booking}/state"), state="declined", version="1")
    assert refused.status_code == 404 and "This request is no longer there." in refused.text
    with house.store.read() as session:
        assert session.get_one(Booking, booking).state == "requested"
    assert (
        bo.post(talk_path(b, f"bookings/{booking}/state"), state="declined", version="1").status_code == 303
    )


def test_contact_details_are_not_shown_through_another_conversation(
    house: House, bo: Person, a: str, b: str
) -> None:
    booking = house.booking(b)
    assert bo.post(talk_path(a, f"bookings/{booking}/contact")).status_code == 404
    with house.store.read() as session:
        assert not session.query(Event).filter_by(kind="contact_shown").count(), "nobody looked"
    assert "+1 555 010 4477" not in bo.get("/staff/bookings").text
    assert bo.post(talk_path(b, f"bookings/{booking}/contact")).status_code == 303
    assert "+1 555 010 4477" in bo.get("/staff/bookings").text


def test_a_line_is_not_sent_again_through_another_conversation(house: House, bo: Person, a: str) -> None:
    b = house.conversation("I am B", channel="telegram")
    with house.store.write() as session:
        add_message(session, session.get_one(Conversation, b), "assistant", "for B alone")
        session.flush()
        row = session.query(Outbox).filter_by(conversation_id=b).order_by(Outbox.id.desc()).first()
        assert row is not None
        row.state, number = "failed", row.id
    refused = bo.post(talk_path(a, f"outbox/{number}/again"))
    assert refused.status_code == 404 and "This message is no longer there." in refused.text
    with house.store.read() as session:
        assert session.query(Message).filter(Message.text.contains("for B alone")).count() == 1
    assert bo.post(talk_path(b, f"outbox/{number}/again")).status_code == 303


def test_a_red_flag_is_not_closed_through_another_conversation(
    house: House, bo: Person, a: str, b: str
) -> None:
    alert = house.flag(b)
    assert bo.post(talk_path(a, f"alerts/{alert}/close"), reason="phoned").status_code == 409
    with house.store.read() as session:
        assert session.get_one(Alert, alert).closed_at is None


@pytest.mark.parametrize("number", HUGE)
@pytest.mark.parametrize(("method", "path"), NUMBERED)
def test_a_huge_number_in_an_address_is_answered_in_plain_words(
    house: House, ana: Person, a: str, method: str, path: str, number: int
) -> None:
    path = path.replace("{conversation_id}", a)
    while "{" in path:
        path = path[: path.index("{")] + str(number) + path[path.index("}") + 1 :]
    data = {"csrf": ana.csrf, "password": "a new violet harbour", "role": "lead", "reason": "phoned"}
    answer = ana.browser.request(method, path, data=None if method in SAFE else data)
    assert answer.status_code in (404, 409, 422), (path, answer.status_code)
    assert "<h1" in answer.text and "our side" not in answer.text
