"""The private page for contact details: what staff read of it, and the new one that they can send."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.bookings.links import make_link, open_link, use_link
from bot.clock import now
from bot.settings import settings
from bot.store.models import Booking, ContactLink, Conversation, Event, Message, Outbox
from tests.staff.conftest import House, Person

ADDRESS = "https://assistant.clinic.example"
BUTTON = re.compile(r"Send a (?:new )?private page")


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLA_PUBLIC_URL", ADDRESS)
    settings.cache_clear()


class Request:
    """A request of a patient on Telegram, who left no name and no contact in the chat."""

    def __init__(self, house: House) -> None:
        self.house, self.talk = house, house.conversation("book", channel="telegram")
        self.booking = house.booking(self.talk, name="")
        self.path = f"/staff/conversations/{self.talk}"
        with house.store.write() as session:
            session.execute(update(Booking).values(contact=""))

    def link(self) -> str:
        with self.house.store.write() as session:
            return make_link(session, session.get_one(Booking, self.booking), address=ADDRESS).rsplit("/", 1)[
                1
            ]

    def runs_out(self) -> None:
        with self.house.store.write() as session:
            session.execute(update(ContactLink).values(expires_at=now() - timedelta(seconds=1)))

    def sent(self) -> list[Message]:
        with self.house.store.read() as session:
            return list(
                session.scalars(select(Message).where(Message.sender == "staff").order_by(Message.seq))
            )

    def opens(self, token: str) -> bool:
        with self.house.store.read() as session:
            return open_link(session, token) is not None

    def new_page(self, person: Person, **data: str) -> int:
        return person.post(f"{self.path}/bookings/{self.booking}/page", **data).status_code


@pytest.fixture
def request_(house: House) -> Request:
    return Request(house)


def test_without_a_page_staff_read_that_they_write_in_the_chat(request_: Request, ana: Person) -> None:
    ana.post(f"{request_.path}/claim")
    for path in (request_.path, "/staff/bookings"):
        page = ana.get(path).text
        assert "no private page was sent. Write to the patient in the chat" in page, path
        assert not BUTTON.search(page), "without a public address there is no page to send"
        assert f"<b><bdi>Visitor {request_.talk[:4].upper()}</bdi></b>" in page, (
            "the same name as in the queue"
        )
    assert request_.new_page(ana) == 409
    assert request_.sent() == []


def test_a_page_that_works_has_run_out_or_was_used_is_called_so(
    public: None, request_: Request, ana: Person
) -> None:
    token = request_.link()
    for path in (request_.path, "/staff/bookings"):
        assert re.search(
            r"Not left yet\. The private page in the chat works until \w+ \d+ \w+", ana.get(path).text
        ), path
    request_.runs_out()
    for path in (request_.path, "/staff/bookings"):
        assert "the private page in the chat has run out. Write to the patient" in ana.get(path).text, path
    token = request_.link()
    with request_.house.store.write() as session:
        link = open_link(session, token)
        assert link and use_link(session, link, name="Pat Example", contact="+1 555 010 0100")
    for path in (request_.path, "/staff/bookings"):
        page = ana.get(path).text
        assert "Pat Example" in page and "private page in the chat" not in page, path


def test_a_new_page_ends_the_old_one_and_goes_to_the_patient_as_a_line(
    public: None, request_: Request, ana: Person
) -> None:
    old = request_.link()
    ana.post(f"{request_.path}/claim")
    assert "Send a new private page" in ana.get(request_.path).text
    assert request_.new_page(ana) == 303
    (line,) = request_.sent()
    found = re.search(rf"{ADDRESS}/contact/(\S+)$", line.text)
    assert found and request_.opens(found[1]) and not request_.opens(old)
    with request_.house.store.read() as session:
        assert session.scalars(select(Outbox).where(Outbox.message_id == line.id)).one().state == "queued"
        written = session.scalars(select(Event).where(Event.kind == "page_sent")).one()
    assert (written.actor, written.data) == ("Ana Ruiz", {"booking": request_.booking})
    assert found[1] not in str(written.data), "the history is read by all staff; the link is the patient's"


def test_the_same_press_twice_sends_one_page(public: None, request_: Request, ana: Person) -> None:
    ana.post(f"{request_.path}/claim")
    assert [request_.new_page(ana, client_id="abc") for _ in range(2)] == [303, 303]
    (line,) = request_.sent()
    assert request_.opens(line.text.rsplit("/", 1)[1])


def test_only_who_holds_the_conversation_sends_a_page(
    public: None, request_: Request, ana: Person, bo: Person
) -> None:
    old = request_.link()
    request_.runs_out()
    page = ana.get(request_.path).text
    assert "Claim the conversation to send a new private page" in page and "/page?" not in page
    assert request_.new_page(ana) == 409
    ana.post(f"{request_.path}/claim")
    assert request_.new_page(bo) == 409
    with request_.house.store.read() as session:
        assert session.query(ContactLink).count() == 1, "what is refused leaves no link behind"
    assert request_.sent() == [] and not request_.opens(old)


@pytest.mark.parametrize(
    "change",
    [{"channel": "widget"}, {"unreachable": True}, {"state": "declined"}, {"state": "cancelled"}],
    ids=lambda change: "-".join(map(str, *change.items())),
)
def test_no_page_where_it_is_of_no_use(
    public: None, request_: Request, ana: Person, change: dict[str, object]
) -> None:
    ana.post(f"{request_.path}/claim")
    assert BUTTON.search(ana.get(request_.path).text)
    with request_.house.store.write() as session:
        session.execute(update(Booking if "state" in change else Conversation).values(change))
    assert not BUTTON.search(ana.get(request_.path).text)
    assert request_.new_page(ana) == 409


def test_a_page_is_sent_only_through_its_own_conversation(
    public: None, request_: Request, house: House, ana: Person
) -> None:
    other = house.conversation("another", channel="telegram")
    ana.post(f"/staff/conversations/{other}/claim")
    assert ana.post(f"/staff/conversations/{other}/bookings/{request_.booking}/page").status_code == 404
    assert request_.sent() == []


def test_the_open_page_is_drawn_anew_when_the_link_runs_out(
    public: None, request_: Request, ana: Person
) -> None:
    def drawn() -> str:
        page = ana.get(f"/staff/fragments/conversation?conversation={request_.talk}").text
        found = re.search(r'id="side".*?data-state="([^"]+)"', page)
        assert found
        return found[1]

    request_.link()
    before = drawn()
    request_.runs_out()
    assert drawn() != before
