"""Which conversations a list shows, in which order, and what a row says."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import update

from bot.clock import now
from bot.conversation.messages import add_message
from bot.staff.queue import QueueRow, read_queue
from bot.store.models import Alert, Conversation, Staff
from tests.staff.conftest import House, Person, talk_path


def order(page: str) -> list[str]:
    """The conversations of a list, from the top."""
    return re.findall(r'data-id="([0-9a-f]{32})"', page.split('id="talk"')[0])


# Who speaks


@pytest.mark.parametrize("view", ["urgent", "waiting", "open", "mine"])
def test_red_flags_are_on_top_of_every_list(house: House, ana: Person, view: str) -> None:
    calm = [house.conversation(f"calm {number}", minutes=500 - number) for number in range(3)]
    today = house.conversation("calf", minutes=5)
    house.flag(today, tier="today", flags=("R1",), minutes=5)
    emergency = house.conversation("chest", minutes=1)
    house.flag(emergency, minutes=1)
    looked = house.conversation("looked at", minutes=90)
    house.flag(looked, minutes=90)
    ana.post(talk_path(looked, "phoned"))
    if view == "mine":
        for talk in [*calm, today, emergency, looked]:
            with house.store.write() as session:
                session.execute(
                    update(Conversation)
                    .where(Conversation.id == talk)
                    .values(mode="staff", claimed_by=1, waiting_since=None)
                )
    listed = order(ana.get(f"/staff/?view={view}").text)
    # What was done takes an emergency under no lesser flag; a person who holds the conversation does.
    assert listed[:3] == ([emergency, today, looked] if view == "mine" else [emergency, looked, today])
    assert set(listed[3:]) == (set() if view == "urgent" else set(calm))


def test_a_red_flag_in_a_closed_conversation_leads_the_closed_list_too(house: House, ana: Person) -> None:
    old, flagged = house.conversation("old"), house.conversation("flagged")
    house.flag(flagged)
    with house.store.write() as session:
        session.execute(update(Conversation).values(mode="closed", waiting_since=None))
        session.execute(
            update(Conversation).where(Conversation.id == old).values(updated_at=now() + timedelta(hours=1))
        )
    assert order(ana.get("/staff/?view=closed").text) == [flagged, old]


def test_many_newer_conversations_never_push_a_red_flag_off_the_list(house: House, ana: Person) -> None:
    flagged = house.conversation("first of all", minutes=5000)
    house.flag(flagged, minutes=5000)
    with house.store.write() as session:
        session.add_all(Conversation(channel="widget", last_seq=1) for _ in range(320))
        # Given back to the assistant, so that nothing but the flag itself keeps it on top.
        given_back = {"mode": "assistant", "waiting_since": None, "updated_at": now() - timedelta(days=4)}
        session.execute(update(Conversation).where(Conversation.id == flagged).values(given_back))
    assert order(ana.get("/staff/?view=open").text)[0] == flagged


def test_many_red_flags_never_hide_who_plainly_waits_and_what_is_not_shown_is_counted(
    house: House, ana: Person
) -> None:
    waits = house.conversation("can I talk to a person", minutes=90)
    with house.store.write() as session:
        flagged, others = (
            [
                Conversation(channel="widget", last_seq=1, mode="waiting", waiting_since=now())
                for _ in range(number)
            ]
            for number in (90, 61)
        )
        session.add_all([*flagged, *others])
        session.flush()
        for number, talk in enumerate(flagged):
            inbound = house._inbound(session, talk, "chest pain")
            tier = "today" if number < 89 else "emergency"
            session.add(Alert(conversation_id=talk.id, inbound_id=inbound.id, tier=tier, seq=1))
    page = ana.get("/staff/?view=waiting").text
    # The gravest first, although it came last; 60 of each kind are shown.
    assert (order(page)[0], order(page)[60], len(order(page))) == (flagged[-1].id, waits, 120)
    said = [line.strip() for line in re.findall(r'class="more">(.*?)<', page)]
    assert said == [
        "30 more with a red flag are not shown: those above need somebody first.",
        "2 more are not shown.",
    ]
    assert page.index(said[0]) < page.index(f"row-{waits}") < page.index(said[1])
    assert "2 more are not shown" not in ana.get("/staff/?view=urgent").text
    assert 'class="count">152<' in page and 'class="count red">90<' in page  # what the tabs say


def test_a_graver_flag_outranks_one_already_seen(house: House, ana: Person) -> None:
    talk, other = house.conversation("pills", minutes=60), house.conversation("calf", minutes=30)
    house.flag(talk, tier="prescriber", flags=("R8",), minutes=60)
    ana.get(talk_path(talk))
    house.flag(other, tier="today", flags=("R1",), minutes=30)
    house.flag(talk, tier="emergency", flags=("R2",), minutes=1)
    page = ana.get("/staff/?view=urgent").text
    assert order(page) == [talk, other]
    assert page.index("Chest or breathing") < page.index("Possible clot")


def test_a_row_shows_what_the_patient_wants_and_not_the_answer_after_it(house: House, ana: Person) -> None:
    flagged, waiting, books = (
        house.conversation("first"),
        house.conversation("my question is this"),
        house.conversation("book"),
    )
    house.flag(flagged)
    house.booking(books)
    with house.store.write() as session:
        answer = add_message(
            session, session.get_one(Conversation, flagged), "system", "Call 911 now.", urgent=True
        )
        session.execute(
            update(Alert).values(seq=answer.seq)
        )  # as in life: the flag points at what was said to it
        session.execute(update(Conversation).where(Conversation.id == books).values(waiting_reason="booking"))
        for talk in (flagged, waiting, books):
            add_message(
                session,
                session.get_one(Conversation, talk),
                "patient",
                "thank you" if talk == flagged else "my question is this",
            )
            add_message(session, session.get_one(Conversation, talk), "assistant", "You are in the queue.")
    rows = {row.conversation.id: row for row in queue_of(house, "waiting")}
    assert {talk: rows[talk].said for talk in rows} == {
        flagged: "chest pain",
        waiting: "my question is this",
        books: "Tuesday mornings · legs at night",
    }
    page = ana.get("/staff/?view=waiting").text
    assert (
        "chest pain" in page
        and "Tuesday mornings · legs at night" in page
        and "You are in the queue." not in page
    )
    ana.post(talk_path(waiting, "claim"))
    assert (
        "You are in the queue." in ana.get("/staff/?view=mine").text
    )  # it no longer waits: the last line is what counts


def queue_of(house: House, view: str) -> list[QueueRow]:
    with house.store.read() as session:
        return read_queue(session, view, session.get_one(Staff, 1)).rows


def test_empty_lists_say_what_they_mean(house: House, ana: Person) -> None:
    for view, words in {
        "waiting": "Nobody is waiting",
        "urgent": "No red flags open",
        "mine": "You hold no conversation",
    }.items():
        assert words in ana.get(f"/staff/?view={view}").text
    assert "No requests here" in ana.get("/staff/bookings").text


def test_booking_requests_come_newest_first_and_page_by_page(house: House, ana: Person) -> None:
    talk = house.conversation()
    ids = [house.booking(talk) for _ in range(52)]
    house_order = re.compile(r"bookings/(\d+)/state")

    def listed(page: str) -> list[int]:
        return list(dict.fromkeys(map(int, house_order.findall(page))))

    first = ana.get("/staff/bookings?state=requested").text
    assert listed(first) == ids[:1:-1] and "Newest requests" not in first
    (older,) = re.findall(r'href="([^"]+)">Older requests', first)
    second = ana.get(unescape(older)).text
    assert listed(second) == ids[1::-1] and "Older requests" not in second
    # The newest of all, so that an older page does not say that there are new ones.
    assert f'data-newest="{ids[-1]}"' in first and f'data-newest="{ids[-1]}"' in second
    assert ana.get("/staff/bookings?before=99999999999").status_code == 400
