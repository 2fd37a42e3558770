"""What becomes of conversations that somebody holds: handed on, given back at sign-out, freed with the account."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from bot.store.models import Conversation, Event, Message, Note
from tests.staff.conftest import House, Person, talk_path


def conversation(house: House, talk: str) -> Conversation:
    with house.store.read() as session:
        return session.get_one(Conversation, talk)


def last_line(house: House, talk: str) -> str:
    with house.store.read() as session:
        lines = select(Message.text).where(Message.conversation_id == talk).order_by(Message.seq.desc())
        return session.scalars(lines).first() or ""


@pytest.fixture
def mine(house: House, ana: Person, bo: Person) -> str:
    """A conversation that Ana holds."""
    talk = house.conversation()
    ana.post(talk_path(talk, "claim"))
    return talk


def test_handed_on_it_is_the_colleagues_with_a_note_and_unread(
    house: House, ana: Person, bo: Person, mine: str
) -> None:
    assert '<option value="2">Bo Lind</option>' in ana.get(talk_path(mine)).text
    assert ana.post(talk_path(mine, "hand"), to="2", note="wants a Tuesday").status_code == 303
    assert conversation(house, mine).claimed_by == 2
    assert last_line(house, mine) == "You are now talking with Bo Lind of the clinic staff."
    assert bo.get("/staff/fragments/counts").json()["fresh"] == [mine]
    page = bo.get(talk_path(mine)).text
    assert "wants a Tuesday" in page and "handed it to a colleague (“Bo Lind”)" in page
    assert ana.post(talk_path(mine, "reply"), text="one more thing").status_code == 409
    assert bo.post(talk_path(mine, "reply"), text="hello").status_code == 303


def test_what_cannot_be_handed_on_is_said_and_the_note_comes_back(
    house: House, ana: Person, bo: Person, mine: str
) -> None:
    assert bo.post(talk_path(mine, "hand"), to="1", note="take it").status_code == 409
    for to in ("1", "99", "0"):
        refused = ana.post(talk_path(mine, "hand"), to=to, note="my <note>")
        assert refused.status_code == 400 and "my &lt;note&gt;" in refused.text
    assert ana.post(talk_path(mine, "hand"), to="2", note=" ").status_code == 400
    ana.post("/staff/people/2/off")
    assert ana.post(talk_path(mine, "hand"), to="2", note="take it").status_code == 400
    assert "Hand on" not in ana.get(talk_path(mine)).text, "there is nobody else"
    assert conversation(house, mine).claimed_by == 1
    with house.store.read() as session:
        assert session.scalars(select(Note)).all() == []


def test_who_signs_out_is_asked_what_becomes_of_what_they_hold(house: House, ana: Person, mine: str) -> None:
    asked = ana.post("/staff/sign-out")
    assert asked.status_code == 200 and "You hold 1 conversation." in asked.text
    assert talk_path(mine) in asked.text and "30 minutes" in asked.text
    assert ana.get("/staff/").status_code == 200, "still signed in"
    assert ana.post("/staff/sign-out", held="release").headers["location"] == "/staff/sign-in?why=left"
    assert ana.get("/staff/").status_code == 303
    assert (conversation(house, mine).mode, conversation(house, mine).waiting_reason) == (
        "waiting",
        "released",
    )
    assert last_line(house, mine).startswith("Ana Ruiz cannot answer right now")


def test_who_keeps_what_they_hold_has_it_when_they_come_back(house: House, ana: Person, mine: str) -> None:
    assert ana.post("/staff/sign-out", held="keep").status_code == 303
    assert conversation(house, mine).claimed_by == 1


def test_who_holds_nothing_is_not_asked(house: House, bo: Person) -> None:
    assert bo.post("/staff/sign-out").status_code == 303


def test_an_account_that_is_switched_off_holds_nothing(house: House, ana: Person, bo: Person) -> None:
    waits, answered = house.conversation(), house.conversation("another")
    for talk in (waits, answered):
        bo.post(talk_path(talk, "claim"))
    bo.post(talk_path(answered, "reply"), text="all done")
    ana.post("/staff/people/2/off")
    assert [conversation(house, talk).mode for talk in (waits, answered)] == ["waiting", "assistant"]
    with house.store.read() as session:
        events = session.scalars(select(Event).where(Event.kind.in_(("release", "return"))))
        why = [event.data["why"] for event in events]
    assert why == ["the account was switched off"] * 2
    assert not re.search(r"Holds \d", ana.get("/staff/people").text)


def test_the_same_note_sent_twice_is_one_note(house: House, ana: Person, bo: Person, mine: str) -> None:
    for person, text in ((ana, "call soon"), (ana, "call soon"), (bo, "call soon"), (ana, "call soon")):
        person.post(talk_path(mine, "note"), text=text)
    with house.store.read() as session:
        assert len(session.scalars(select(Note)).all()) == 3, "only twice running by one person is a repeat"
