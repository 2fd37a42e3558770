"""The page of the coming appointments, its table, and the address of the feed."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

from icalendar import Calendar

from bot.bookings.calendar_files import opens_feed
from bot.store.models import Booking
from tests.staff.conftest import House, Person, talk_path
from tests.staff.test_visits import Desk, next_tuesday


def test_the_week_shows_what_is_booked_and_the_table_has_the_same(house: House, bo: Person) -> None:
    desk = Desk(house, bo)
    desk.propose(next_tuesday(), agreed="1")
    with house.store.write() as session:
        session.get_one(Booking, desk.booking).name = '=HYPERLINK("http://evil.example")'
    day = f"{next_tuesday():%Y-%m-%d}"
    page = bo.get(f"/staff/calendar?from={day}&span=day").text
    assert "10:00" in page and "Dr Ruiz" in page and talk_path(desk.talk) in page
    assert "Dr Ruiz" not in bo.get(f"/staff/calendar?from={next_tuesday() + timedelta(days=1):%Y-%m-%d}").text
    answer = bo.get(f"/staff/calendar.csv?from={day}&span=day")
    head, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert head[0] == "Day" and row[:3] == [day, "10:00", "30"]
    assert row[3].startswith("'="), "a spreadsheet must not run what a patient wrote"


def test_a_date_that_is_none_shows_today(bo: Person) -> None:
    for begin in ("", "9999-12-31", "0001-01-01", "x"):
        assert bo.get(f"/staff/calendar?from={begin}").status_code == 200


def test_staff_load_a_booked_appointment_and_nothing_else(house: House, bo: Person) -> None:
    desk = Desk(house, bo)
    desk.propose(next_tuesday())
    at = f"{desk.at}/{desk.visits[0].id}.ics"
    assert bo.get(at).status_code == 404, "a proposal is in no calendar yet"
    desk.press(f"appt_take_{desk.visits[0].id}")
    read = Calendar.from_ical(bo.get(at).content)
    (one,) = read.walk("VEVENT")  # type: ignore[union-attr]
    assert one.decoded("dtstart") == next_tuesday()
    assert "Margaret" not in bo.get(at).text
    assert house.browser().get(at).status_code == 303
    other = talk_path(
        house.conversation("x"), f"bookings/{desk.booking}/appointments/{desk.visits[0].id}.ics"
    )
    assert bo.get(other).status_code == 404


def test_an_admin_makes_the_feeds_address_sees_it_once_and_ends_it(
    house: House, ana: Person, bo: Person
) -> None:
    assert bo.post("/staff/calendar/feed").status_code == 403
    page = ana.post("/staff/calendar/feed").text
    found = re.search(r'value="http://testserver/calendar/([\w-]{40,})\.ics"', page)
    assert found
    assert found[1] not in ana.get("/staff/calendar").text
    with house.store.read() as session:
        assert opens_feed(session, found[1])
    assert "There is no address now" in ana.post("/staff/calendar/feed/close").text
    with house.store.read() as session:
        assert not opens_feed(session, found[1])
