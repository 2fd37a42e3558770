"""Calendar files: read back by the library, over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from icalendar import Calendar

from bot.bookings import calendar_files, calendar_page
from bot.content.clinic import clinic
from bot.conversation import appointments as chat
from bot.conversation.erasure import erase
from bot.conversation.messages import locked
from bot.settings import settings
from bot.store import appointments
from bot.store.engine import Store
from bot.store.models import Appointment
from tests.support.talk import Talk
from tests.support.visits import in_days, proposed, request_of


@pytest.fixture
def client(store: Store, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setenv("RLA_PUBLIC_URL", "https://assistant.clinic.example")
    settings.cache_clear()
    app = FastAPI()
    app.include_router(calendar_page.make_router(store))
    return TestClient(app)


def book(store: Store, talk: Talk, identifier: int) -> str:
    """Book a proposed time; returns the path of the patient's link."""
    with store.write() as session:
        conversation = locked(session, talk.id)
        assert conversation
        line = chat.book(session, conversation, session.get_one(Appointment, identifier), actor="patient")
    return line.split("https://assistant.clinic.example")[1]


def event(made: bytes) -> tuple[str, dict[str, str]]:
    """The method, and the one event of a file as a calendar reads it."""
    read = Calendar.from_ical(made)
    assert isinstance(read, Calendar)
    (one,) = read.walk("VEVENT")
    return str(read["METHOD"]), {key.lower(): one.decoded(key) for key in one}


def words(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def test_the_patients_file_is_the_appointment_in_the_clinics_time_zone(
    client: TestClient, store: Store
) -> None:
    talk = Talk(store)
    start = in_days(3)
    path = book(store, talk, proposed(store, request_of(store, talk.id), start, minutes=45))
    answer = client.get(path)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "no-store" in answer.headers["cache-control"]
    method, one = event(answer.content)
    assert (method, words(one["status"]), one["sequence"]) == ("PUBLISH", "CONFIRMED", 0)
    assert one["dtstart"] == start and one["dtend"] == start + timedelta(minutes=45)
    assert f"TZID={clinic().time_zone}".encode() in answer.content
    assert b"BEGIN:VTIMEZONE" in answer.content
    assert words(one["summary"]) == f"Appointment at {clinic().name}"
    assert "legs" not in answer.text, "the reason is health data, and no calendar of others must have it"


def test_moved_and_cancelled_it_is_the_same_entry_with_a_higher_number(
    client: TestClient, store: Store
) -> None:
    talk = Talk(store)
    booking = request_of(store, talk.id)
    first = book(store, talk, proposed(store, booking, in_days(3)))
    uid = event(client.get(first).content)[1]["uid"]
    later = proposed(store, booking, in_days(6))
    second = book(store, talk, later)
    for path in (first, second):
        method, one = event(client.get(path).content)
        assert (method, one["uid"], one["sequence"], one["dtstart"]) == ("PUBLISH", uid, 1, in_days(6))
    with store.write() as session:
        appointments.cancel(session, session.get_one(Appointment, later), actor="Ann", reason="ill")
    method, one = event(client.get(first).content)
    assert (method, words(one["status"]), one["sequence"], one["uid"]) == ("CANCEL", "CANCELLED", 2, uid)


def test_daylight_saving_time_moves_no_appointment(
    client: TestClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten o'clock on the wall in July and in December."""
    talk = Talk(store)
    zone = ZoneInfo(clinic().time_zone)
    for month in (7, 12):
        start = datetime(2031, month, 8, 10, tzinfo=zone)
        path = book(
            store, talk, proposed(store, request_of(store, talk.id), start.astimezone(ZoneInfo("UTC")))
        )
        made = client.get(path).content
        assert f"DTSTART;TZID={clinic().time_zone}:2031{month:02}08T100000".encode() in made
        assert event(made)[1]["dtstart"] == start


@pytest.mark.parametrize("path", ["/appointment/x.ics", "/calendar/x.ics", f"/appointment/{'%ff' * 9}.ics"])
def test_a_wrong_address_says_so_in_plain_words(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 410 and "does not work any more" in answer.text


def test_a_link_ends_with_the_appointment_and_with_the_conversation(client: TestClient, store: Store) -> None:
    talk = Talk(store)
    one = proposed(store, request_of(store, talk.id), in_days(3))
    path = book(store, talk, one)
    with store.write() as session:
        row = session.get_one(Appointment, one)
        row.starts_at, row.ends_at = in_days(-3), in_days(-3) + timedelta(minutes=30)
    assert client.get(path).status_code == 410
    with store.write() as session:
        row = session.get_one(Appointment, one)
        row.ends_at = in_days(3) + timedelta(minutes=30)
    assert client.get(path).status_code == 200
    erase(store, talk.id)
    assert client.get(path).status_code == 410


def test_the_feed_has_each_entry_once_names_nobody_and_can_be_ended(client: TestClient, store: Store) -> None:
    with store.write() as session:
        old, token = calendar_files.open_feed(session), calendar_files.open_feed(session)
    talk = Talk(store)
    booking = request_of(store, talk.id, "Margaret Hill")
    book(store, talk, proposed(store, booking, in_days(3)))
    book(store, talk, proposed(store, booking, in_days(4)))
    proposed(store, request_of(store, talk.id), in_days(5))
    path = f"/calendar/{token}.ics"
    made = client.get(path)
    _, one = event(made.content)
    assert (one["dtstart"], one["sequence"]) == (in_days(4), 1)
    assert "Margaret" not in made.text and "legs" not in made.text
    assert f"/staff/conversations/{talk.id}" in made.text.replace("\r\n ", "")
    assert client.get(f"/calendar/{old}.ics").status_code == 410, "a new address ends the old one"
    with store.write() as session:
        calendar_files.close_feed(session)
    assert client.get(path).status_code == 410


def test_without_a_public_address_no_link_is_promised(store: Store) -> None:
    talk = Talk(store)
    one = proposed(store, request_of(store, talk.id), in_days(3))
    talk.say(choice=f"appt_take_{one}")
    assert "calendar" not in talk.said("system")[-1]
