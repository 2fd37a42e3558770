"""What the holder of a conversation has not read: counted, named, and over once it is read or answered."""

from __future__ import annotations

from typing import Any

from bot.conversation.messages import add_message
from bot.store.models import Conversation
from tests.staff.conftest import House, Person, talk_path


def says(house: House, talk: str, *lines: str) -> int:
    """The patient writes; returns the number of the last line."""
    with house.store.write() as session:
        for line in lines:
            said = add_message(session, session.get_one(Conversation, talk), "patient", line)
        return said.seq


def counts(person: Person) -> dict[str, Any]:
    return person.get("/staff/fragments/counts").json()  # type: ignore[no-any-return]


def test_what_came_before_the_claim_is_read_and_what_comes_after_is_not(
    house: House, ana: Person, bo: Person
) -> None:
    talk = house.conversation()
    house.booking(talk, "Ann Lee")
    ana.post(talk_path(talk, "claim"))
    assert counts(ana)["unread"] == 0
    says(house, talk, "hello?", "are you there?")
    assert (counts(ana)["unread"], counts(ana)["wrote"], counts(ana)["fresh"]) == (2, "Ann Lee", [talk])
    assert counts(bo)["unread"] == 0, "it is nothing to others"
    queue = ana.get("/staff/?view=mine").text
    assert 'data-unread="2" data-wrote="Ann Lee"' in queue and '<span class="chip mine">New</span>' in queue


def test_it_is_read_by_the_holder_alone_and_no_further_than_they_saw(
    house: House, ana: Person, bo: Person
) -> None:
    talk = house.conversation()
    ana.post(talk_path(talk, "claim"))
    first = says(house, talk, "one")
    says(house, talk, "two")
    assert bo.send(talk_path(talk, "read"), seq=first + 1).status_code == 204
    assert counts(ana)["unread"] == 2
    assert ana.send(talk_path(talk, "read"), seq=first).status_code == 204
    assert counts(ana)["unread"] == 1
    ana.send(talk_path(talk, "read"), seq=2_000_000_000)
    says(house, talk, "three")
    assert counts(ana)["unread"] == 1, "what is not there yet cannot have been read"
    assert ana.send(talk_path(talk, "read"), seq=2**40).status_code == 400


def test_who_answers_has_read(house: House, ana: Person) -> None:
    talk, other = house.conversation(), house.conversation("the other")
    for each in (talk, other):
        ana.post(talk_path(each, "claim"))
        says(house, each, "hello?")
    assert (counts(ana)["unread"], counts(ana)["wrote"]) == (2, "")
    ana.post(talk_path(talk, "reply"), text="I am here")
    assert counts(ana)["fresh"] == [other]


def test_the_script_is_told_where_to_go_and_loads_no_page(house: House, ana: Person) -> None:
    talk = house.conversation()
    claimed = ana.send(talk_path(talk, "claim") + "?view=urgent")
    assert (claimed.status_code, claimed.content) == (204, b"")
    assert claimed.headers["x-go"] == f"{talk_path(talk)}?view=urgent&done=claimed"
