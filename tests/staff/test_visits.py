"""Staff propose times, the patient presses one, and both see what came of it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.bookings import appointment_form
from bot.clock import now
from bot.content.clinic import clinic
from bot.conversation.intake import accept
from bot.errors import RefusedError
from bot.store.models import Appointment, Booking, Conversation, Event, Inbound, Message, Outbox
from tests.staff.conftest import House, Person, talk_path
from tests.support.talk import Rules
from tests.support.visits import proposed, request_of


def next_tuesday() -> datetime:
    """On the clinic's wall, at ten."""
    here = now().astimezone(ZoneInfo(clinic().time_zone)) + timedelta(days=1)
    while here.weekday() != 1:
        here += timedelta(days=1)
    return here.replace(hour=10, minute=0, second=0, microsecond=0)


def form(*times: datetime, **more: str) -> dict[str, str]:
    typed = {"minutes": "30", "place": "12 Example Street", "person": "Dr Ruiz", "stage": "look"}
    for number, at in enumerate(times, 1):
        typed |= {f"day{number}": f"{at:%Y-%m-%d}", f"time{number}": f"{at:%H:%M}"}
    return typed | more


class Desk:
    """One request, the conversation of which a person holds, and its patient."""

    def __init__(self, house: House, person: Person, channel: str = "widget") -> None:
        self.house, self.person = house, person
        self.talk = house.conversation(channel=channel)
        self.booking = request_of(house.store, self.talk)
        person.post(talk_path(self.talk, "claim"))
        self.at = talk_path(self.talk, f"bookings/{self.booking}/appointments")

    def propose(self, *times: datetime, **more: str) -> Any:
        return self.person.post(self.at, **form(*times, stage="send", text="These?", **more))

    def press(self, choice: str) -> str:
        """Press a button; returns what was said last then."""
        number = len(self.rows(Message))
        with self.house.store.write() as session:
            accept(session, Rules(), self.talk, external_id=f"press-{number}", choice=choice)
        return str(self.lines[-1].text)

    def rows(self, model: Any) -> list[Any]:
        with self.house.store.read() as session:
            return list(
                session.scalars(select(model).where(model.conversation_id == self.talk).order_by(model.id))
            )

    @property
    def lines(self) -> list[Message]:
        return self.rows(Message)

    @property
    def visits(self) -> list[Appointment]:
        return self.rows(Appointment)

    @property
    def states(self) -> list[str]:
        return [one.state for one in self.visits]

    @property
    def booking_state(self) -> str:
        return str(self.rows(Booking)[0].state)

    @property
    def row(self) -> Conversation:
        with self.house.store.read() as session:
            return session.get_one(Conversation, self.talk)


@pytest.fixture
def desk(house: House, bo: Person) -> Desk:
    return Desk(house, bo)


@pytest.mark.parametrize("channel", ["widget", "telegram"])
def test_two_times_are_looked_at_sent_and_one_is_taken(house: House, bo: Person, channel: str) -> None:
    desk = Desk(house, bo, channel)
    first, second = next_tuesday(), next_tuesday() + timedelta(days=2)
    before = len(desk.lines)
    look = bo.post(desk.at, **form(first, second))
    words = unescape(re.search(r'<textarea name="text"[^>]*>([^<]+)', look.text)[1])  # type: ignore[index]
    assert f"Tuesday {first.day} {first:%B}, 10 am (30 minutes, with Dr Ruiz, 12 Example Street)" in words
    assert (len(desk.lines), desk.visits) == (before, [])

    assert bo.post(desk.at, **form(first, second, stage="send", text=words)).status_code == 303
    line = desk.lines[-1]
    assert (line.sender, line.staff_name, line.text) == ("staff", "Bo Lind", words.strip())
    keys = [choice["key"] for choice in line.choices]
    assert [choice["label"] for choice in line.choices] == [
        f"Tuesday {first.day} {first:%B}, 10 am",
        f"Thursday {second.day} {second:%B}, 10 am",
        "None of these",
    ]
    assert bool(desk.rows(Outbox)) == (channel == "telegram")
    assert (desk.states, desk.booking_state) == (["proposed", "proposed"], "contacted")

    said = desk.press(keys[1])
    assert said.startswith(
        f"Your appointment is booked: Thursday {second.day} {second:%B}, 10 am, 30 minutes"
    )
    assert (desk.states, desk.booking_state) == (["cancelled", "booked"], "booked")
    assert desk.visits[1].starts_at == second
    page = bo.get(talk_path(desk.talk)).text
    assert "moved an appointment from proposed to booked" in page and "visit-booked" in page
    assert "Mark as contacted" not in page, "its state follows the appointment"
    again = desk.press(keys[0])
    assert again.startswith("This time is no longer offered. Your appointment is still Thursday")
    assert desk.states == ["cancelled", "booked"]


def test_none_of_these_goes_back_to_staff(desk: Desk) -> None:
    desk.propose(next_tuesday())
    desk.person.post(talk_path(desk.talk, "return"))
    said = desk.press(f"appt_none_{desk.visits[0].id}")
    assert said.startswith("Thank you, nothing is booked. Please write which days")
    assert (desk.states, desk.booking_state) == (["declined"], "requested")
    assert (desk.row.mode, desk.row.waiting_reason) == ("waiting", "no_time_suits")


def test_the_patient_cancels_after_being_asked_and_staff_see_it(desk: Desk) -> None:
    desk.propose(next_tuesday())
    one = desk.visits[0].id
    desk.press(f"appt_take_{one}")
    desk.person.post(talk_path(desk.talk, "close"))
    assert desk.press(f"appt_cancel_{one}").startswith("Do you want to cancel your appointment on Tuesday")
    assert desk.states == ["booked"]
    assert desk.press(f"appt_keep_{one}").startswith("Your appointment stands: Tuesday")
    assert " is cancelled, and our staff see that" in desk.press(f"appt_drop_{one}")
    assert (desk.states, desk.booking_state) == (["cancelled"], "cancelled")
    assert (desk.row.mode, desk.row.waiting_reason) == ("waiting", "visit_cancelled")
    assert "There is no appointment booked" in desk.press(f"appt_drop_{one}")


def test_another_time_is_asked_for_and_the_old_one_stands_until_a_new_one_is_taken(desk: Desk) -> None:
    desk.propose(next_tuesday())
    old = desk.visits[0]
    desk.press(f"appt_take_{old.id}")
    assert "your appointment stays: Tuesday" in desk.press(f"appt_move_{old.id}")
    desk.propose(next_tuesday() + timedelta(days=1))
    assert (desk.states, desk.booking_state) == (["booked", "proposed"], "booked")
    new = desk.visits[1]
    assert "Your appointment stays as it is: Tuesday" in desk.press(f"appt_none_{new.id}")
    assert (desk.states, desk.booking_state) == (["booked", "declined"], "booked")
    desk.propose(next_tuesday() + timedelta(days=2))
    desk.press(f"appt_take_{desk.visits[2].id}")
    assert desk.states == ["cancelled", "declined", "booked"]
    assert {one.uid for one in desk.visits} == {old.uid}
    assert desk.visits[2].sequence == 1


def test_a_press_is_answered_at_once_and_nothing_of_it_goes_to_the_assistant(desk: Desk) -> None:
    desk.propose(next_tuesday())
    desk.person.post(talk_path(desk.talk, "return"))
    desk.press(f"appt_take_{desk.visits[0].id}")
    with desk.house.store.read() as session:
        last = session.scalars(select(Inbound).order_by(Inbound.id.desc())).first()
    assert last and (last.state, last.note) == ("done", "appointment")
    assert desk.row.mode == "assistant"


def test_nobody_presses_the_button_of_another_conversation(desk: Desk, house: House) -> None:
    desk.propose(next_tuesday())
    other = house.conversation("hello")
    for key in (f"appt_take_{desk.visits[0].id}", "appt_take_999999999"):
        with pytest.raises(RefusedError, match="no longer there"), house.store.write() as session:
            accept(session, Rules(), other, external_id=key, choice=key)
    assert desk.states == ["proposed"]


def test_the_patient_said_yes_on_the_telephone(desk: Desk) -> None:
    answer = desk.propose(next_tuesday(), agreed="1")
    assert answer.status_code == 303
    assert (desk.states, desk.booking_state) == (["booked"], "booked")
    assert [choice["label"] for choice in desk.lines[-1].choices] == [
        "Ask for another time",
        "Cancel the appointment",
    ]


@pytest.mark.parametrize(
    ("what", "state", "booking", "said"),
    [
        ("accept", "booked", "booked", "Your appointment is booked: Tuesday"),
        ("withdraw", "cancelled", "contacted", "I am sorry, the time we proposed"),
    ],
)
def test_staff_take_a_step_and_read_first_what_the_patient_is_told(
    desk: Desk, what: str, state: str, booking: str, said: str
) -> None:
    desk.propose(next_tuesday())
    at = f"{desk.at}/{desk.visits[0].id}/{what}"
    page = desk.person.get(at).text
    words = unescape(re.search(r'<textarea name="text"[^>]*>([^<]+)', page)[1])  # type: ignore[index]
    assert words.strip().startswith(said)
    for _ in range(2):  # pressed twice: it is done and said once
        desk.person.post(at, text=words, client_id="abcdefgh-1")
    assert (desk.states, desk.booking_state) == ([state], booking)
    assert [line.text for line in desk.lines].count(words.strip()) == 1


def test_staff_cancel_with_a_reason_that_the_patient_does_not_read(desk: Desk) -> None:
    desk.propose(next_tuesday(), agreed="1")
    at = f"{desk.at}/{desk.visits[0].id}/cancel"
    desk.person.post(at, text="We have to cancel.", reason="Dr Ruiz is ill")
    assert (desk.states, desk.visits[0].reason, desk.visits[0].sequence) == (
        ["cancelled"],
        "Dr Ruiz is ill",
        1,
    )
    assert desk.lines[-1].text == "We have to cancel."
    late = desk.person.post(at, text="Once more.")
    assert late.status_code == 409 and "This appointment is cancelled now" in late.text
    assert "Once more." in late.text, "what was typed is given back"


def test_who_came_and_who_did_not_can_be_put_right(desk: Desk, house: House) -> None:
    desk.propose(next_tuesday(), agreed="1")
    one = desk.visits[0].id
    with house.store.write() as session:
        row = session.get_one(Appointment, one)
        row.starts_at, row.ends_at = row.starts_at - timedelta(days=30), row.ends_at - timedelta(days=30)
    assert "Did not come" in desk.person.get(talk_path(desk.talk)).text
    for what, state in (("miss", "no_show"), ("finish", "done")):
        assert desk.person.post(f"{desk.at}/{one}/{what}").status_code == 303
        assert desk.states == [state]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"minutes": "0"}, "length in minutes"),
        ({"minutes": "９９９９９９９"}, "length in minutes"),
        ({"person": " "}, "with whom"),
        ({"place": ""}, "Please give the place"),
        ({"day1": "2020-02-30"}, "needs a day and a time"),
        ({"day1": "2020-02-03"}, "has passed already"),
        ({"day1": "9999-02-03"}, "more than two years away"),
        ({"day1": "", "time1": ""}, "at least one day"),
        ({"day2": "2030-01-01"}, "needs a day and a time"),
    ],
)
def test_what_cannot_be_is_said_in_plain_words_and_given_back(
    desk: Desk, wrong: dict[str, str], said: str
) -> None:
    answer = desk.person.post(desk.at, **{**form(next_tuesday()), **wrong})
    assert answer.status_code == 422 and said in unescape(answer.text)
    assert 'value="10:00"' in answer.text or "time1" in wrong
    assert desk.visits == []


def test_an_hour_that_the_clocks_skip_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appointment_form, "now", lambda: datetime(2027, 3, 1, tzinfo=ZoneInfo("UTC")))
    answer = desk.person.post(desk.at, **form(datetime(2027, 3, 14, 2, 30)))
    assert answer.status_code == 422 and "the clocks go forward" in answer.text


@pytest.mark.parametrize(
    ("hours", "minutes", "warned"), [(0, "30", False), (8, "30", True), (6, "120", True), (-9, "30", True)]
)
def test_a_time_outside_the_opening_hours_is_said_and_not_forbidden(
    desk: Desk, hours: int, minutes: str, warned: bool
) -> None:
    look = desk.person.post(desk.at, **form(next_tuesday() + timedelta(hours=hours), minutes=minutes))
    assert look.status_code == 200
    assert ("outside the opening hours" in look.text) == warned


def test_the_same_person_is_warned_of_or_refused(desk: Desk, house: House) -> None:
    at = next_tuesday()
    other = request_of(house.store, house.conversation("hello"))
    taken = proposed(house.store, other, at.astimezone(ZoneInfo("UTC")))
    assert "also proposed to another patient" in desk.person.post(desk.at, **form(at)).text
    with house.store.write() as session:
        session.get_one(Appointment, taken).state = "booked"
    for stage in ("look", "send"):
        answer = desk.person.post(desk.at, **form(at, stage=stage, text="This one?"))
        assert answer.status_code == 409 and "Dr Ruiz already has an appointment" in answer.text
    assert desk.visits == []


def test_only_who_holds_the_conversation_speaks(desk: Desk, ana: Person) -> None:
    answer = ana.post(desk.at, **form(next_tuesday(), stage="send", text="My own words"))
    assert answer.status_code == 409 and "Bo Lind has this conversation now" in answer.text
    assert "My own words" in answer.text and desk.visits == []


def test_sent_twice_is_proposed_once(desk: Desk) -> None:
    for _ in range(2):
        assert desk.propose(next_tuesday(), client_id="abcdefgh-1").status_code == 303
    assert desk.states == ["proposed"]


def test_a_newer_proposal_ends_the_older_one(desk: Desk) -> None:
    desk.propose(next_tuesday())
    desk.propose(next_tuesday() + timedelta(days=1))
    assert desk.states == ["cancelled", "proposed"]
    assert "Does one of the others suit you?" in desk.press(f"appt_take_{desk.visits[0].id}")
    assert [choice["label"] for choice in desk.lines[-1].choices][-1] == "None of these"


@pytest.mark.parametrize("path", ["", "/1/accept", "/1/miss", "/99999999999999/accept"])
def test_an_appointment_is_looked_up_with_its_request_and_conversation(
    desk: Desk, house: House, path: str
) -> None:
    desk.propose(next_tuesday())
    other = house.conversation("somebody else")
    wrong = talk_path(other, f"bookings/{desk.booking}/appointments{path}")
    assert desk.person.post(wrong, **form(next_tuesday())).status_code == 404
    assert desk.states == ["proposed"]


def test_the_state_of_the_request_is_not_changed_by_hand_meanwhile(desk: Desk) -> None:
    desk.propose(next_tuesday())
    version = str(desk.rows(Booking)[0].version)
    answer = desk.person.post(
        talk_path(desk.talk, f"bookings/{desk.booking}/state"), state="declined", version=version
    )
    assert answer.status_code == 409 and desk.booking_state == "contacted"


def test_what_happened_stands_in_the_history(desk: Desk) -> None:
    desk.propose(next_tuesday())
    desk.press(f"appt_take_{desk.visits[0].id}")
    kinds = [event.kind for event in desk.rows(Event)]
    assert kinds[-4:] == ["booking", "proposed", "appointment", "booking"]
