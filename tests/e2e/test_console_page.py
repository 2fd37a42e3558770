"""The staff console in a browser, at a front door of its own: nothing typed is lost, nothing is hidden,
and every page is live."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from bot.conversation.messages import add_message
from bot.settings import settings
from bot.staff import desk
from bot.staff.auth.accounts import add_staff
from bot.store.engine import Store, make_engine
from bot.store.models import Base, Conversation, Inbound, TurnLog
from tests.support.console import focused, in_view, news, person, sam_takes, talk, too_wide
from tests.support.front_door import FrontDoor

pytestmark = pytest.mark.browser
PASSWORD = "violet harbour lamp"
PHONE, TABLET, LAPTOP, WIDE = (360, 740), (768, 1024), (1024, 768), (1440, 900)
LONG = "Maximilian-Featherstonehaugh-Cholmondeley von und zu Hohenlohe-Langenburg " * 2


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    engine = make_engine(f"sqlite:///{tmp_path / 'house.db'}")
    Base.metadata.create_all(engine)
    yield Store(engine)
    engine.dispose()


@pytest.fixture
def door(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[FrontDoor]:
    monkeypatch.setenv("RLA_RASA_PORT", "9")
    settings.cache_clear()
    with store.write() as session:
        add_staff(session, "dana@clinic.example", "Dana Whitfield", "admin", PASSWORD)
        add_staff(session, "sam@clinic.example", "Sam Ortiz", "receptionist", PASSWORD)
    with FrontDoor(store) as made:
        yield made


@pytest.fixture
def sign_in(chromium: Browser, door: FrontDoor) -> Iterator[Any]:
    """``sign_in((360, 740), color_scheme="dark")``: a page of Dana's, closed at the end."""
    made = []

    def open_page(size: tuple[int, int] = WIDE, **options: Any) -> Page:
        view = {"width": size[0], "height": size[1]}
        made.append(
            context := chromium.new_context(
                viewport=view, reduced_motion="reduce", base_url=door.url, **options
            )
        )  # type: ignore[arg-type]
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.goto("/staff/")
        page.get_by_label("E-mail").fill("dana@clinic.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("#queue")).to_be_visible()
        return page

    yield open_page
    for context in made:
        context.close()


def test_a_take_over_in_the_middle_of_a_word_loses_no_letter(sign_in: Any, store: Store) -> None:
    path, page = talk(store, mode="staff"), sign_in()
    page.goto(path)
    page.locator("#reply").press_sequentially("Good mor")
    sam_takes(store, path)
    news(page)
    expect(page.locator("#unsent")).to_be_visible()
    assert focused(page) == "unsent"
    page.keyboard.type("ning, nurse")
    assert page.locator("#unsent").input_value() == "Good morning, nurse"
    assert page.locator("#note").input_value() == ""
    expect(page.locator("#notice")).to_contain_text("Sam Ortiz has this conversation now. Your text is kept.")
    with store.write() as session:
        desk.take_over(session, path.rsplit("/", 1)[1], person(session, "Dana Whitfield"), "back")
    news(page)
    expect(page.locator("#reply")).to_have_value("Good morning, nurse")


@pytest.mark.parametrize("size", [PHONE, WIDE])
def test_a_long_name_stays_inside_its_place(sign_in: Any, store: Store, size: tuple[int, int]) -> None:
    path, page = talk(store, book=True, name=LONG[:110], flag="emergency"), sign_in(size)
    assert too_wide(page) == 0
    row = page.locator("a.row").first
    assert row.evaluate(
        "row => row.scrollWidth <= row.clientWidth && row.getBoundingClientRect().right <= row.closest('.queue').getBoundingClientRect().right"
    )
    page.goto(path)
    assert too_wide(page) == 0
    assert page.locator("#head").evaluate(
        "head => [...head.querySelectorAll('h1, .who, button, summary')].every(n => n.getBoundingClientRect().right <= innerWidth)"
    )


@pytest.mark.parametrize("size", [PHONE, TABLET])
def test_on_a_small_screen_errors_and_the_way_to_claim_are_in_view(
    sign_in: Any, store: Store, size: tuple[int, int]
) -> None:
    path, page = talk(store, *(f"line {number} " * 12 for number in range(40))), sign_in(size)
    page.goto(path)
    claim = page.get_by_role("button", name="Claim", exact=True)
    expect(claim).to_have_count(1)
    assert page.evaluate("scrollY") > 200 and in_view(claim)
    claim.click()
    expect(page.locator("#reply")).to_be_visible()
    page.locator("#reply").fill("hello")
    expect(page.locator(".scripted")).to_be_attached()
    slow = size == TABLET
    page.clock.install()
    page.route("**/reply*", lambda route: slow or route.abort())
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.get_by_role("button", name="Send", exact=True).click()
    if slow:
        expect(page.locator(".send[aria-busy]")).to_be_attached()
        page.clock.fast_forward(20_000)
    words = "has not answered for 20 seconds" if slow else "No connection"
    expect(page.locator("#notice .bad")).to_contain_text(words)
    expect(page.locator("#notice .bad")).to_contain_text("Your text is still in the box.")
    assert page.locator("#reply").input_value() == "hello"
    assert in_view(page.locator("#notice .bad"))
    sam_takes(store, path)
    page.goto(path)
    page.locator("#composer summary").click()
    reason = page.locator("#composer .pop")
    assert in_view(reason) and too_wide(page) == 0
    assert reason.evaluate(
        "node => node.getBoundingClientRect().bottom <= node.previousElementSibling.getBoundingClientRect().top"
    )


@pytest.mark.parametrize(
    ("size", "scheme"), [(PHONE, "light"), (PHONE, "dark"), (WIDE, "light"), (WIDE, "dark")]
)
def test_what_was_understood_is_reached_with_the_keyboard(
    sign_in: Any, store: Store, tmp_path: Path, size: tuple[int, int], scheme: str
) -> None:
    path = talk(store, "does pregablin help?", mode="staff", flag="emergency")
    with store.write() as session:
        inbound = session.scalars(select(Inbound)).one()
        kept = {"intent": "ask_iron_link", "confidence": 0.55, "runners_up": [["ask_iron_test", 0.2]]}
        more = {"read_as": "does pregabalin help", "decided_by": "topic", "facts": {"pregnant": "no"}}
        session.add(
            TurnLog(
                conversation_id=inbound.conversation_id,
                inbound_id=inbound.id,
                action="action_answer",
                **kept,
                **more,
            )
        )
        found = session.get_one(Conversation, inbound.conversation_id)
        add_message(session, found, "assistant", "Iron matters.", inbound_id=inbound.id)
    page = sign_in(size, color_scheme=scheme)
    page.goto(path)
    entry = page.locator("#understood-1")
    expect(entry).not_to_be_visible()
    page.get_by_role("link", name="Why this answer").focus()
    page.keyboard.press("Enter")
    expect(entry.get_by_text("does pregabalin help")).to_be_visible()
    expect(entry.locator("summary")).to_be_focused()
    page.keyboard.press("Enter")
    expect(entry.get_by_text("does pregabalin help")).not_to_be_visible()
    page.keyboard.press("Enter")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=str(tmp_path / f"understood-{size[0]}-{scheme}.png"))
    assert Axe().run(page).violations_count == 0


@pytest.mark.parametrize("where", ["/staff/bookings", "/staff/people", "/staff/account"])
def test_every_page_is_live(sign_in: Any, store: Store, where: str) -> None:
    talk(store, book=True, name="Ann Lee")
    page = sign_in()
    page.goto(where)
    expect(page.locator("#nav-count")).to_have_text("1")
    assert not page.title().startswith("⚠")
    expect(page.get_by_text("New requests:")).to_have_count(0)
    talk(store, "chest pain", flag="emergency", book=True, name="Bo Lind")
    news(page)
    expect(page).to_have_title(re.compile(r"^⚠ \(2\) "))
    expect(page.locator("#nav-count.red")).to_have_text("2")
    if where == "/staff/bookings":
        page.get_by_role("link", name="reload").click()
        expect(page.get_by_text("Bo Lind")).to_be_visible()
        expect(page.get_by_text("New requests:")).to_have_count(0)


def test_the_reader_s_own_text_size_counts(sign_in: Any, store: Store) -> None:
    path, page = talk(store), sign_in()
    page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": {"standard": 24, "fixed": 20}})
    page.goto(path)
    assert page.locator(".line .body").first.evaluate("node => getComputedStyle(node).fontSize") == "24px"
    assert page.locator("h1").evaluate("node => getComputedStyle(node).fontSize") == "30px"
    assert too_wide(page) == 0


def test_a_notice_goes_when_what_it_is_about_has_changed(sign_in: Any, store: Store) -> None:
    path, page = talk(store), sign_in()
    page.goto(path)
    page.get_by_role("button", name="Claim", exact=True).click()
    expect(page.locator("#notice")).to_contain_text("You have this conversation.")
    expect(page.locator("#reply")).to_be_focused()  # and the next thing to do is at hand
    sam_takes(store, path)
    news(page)
    expect(page.locator("#notice")).to_be_empty()


def test_between_a_tablet_and_a_desktop_the_booking_can_be_jumped_to(sign_in: Any, store: Store) -> None:
    page = sign_in(LAPTOP)
    page.goto(talk(store, book=True, name="Ann Lee"))
    expect(page.locator("#head").get_by_role("link", name="Booking")).to_be_visible()


def test_signed_out_nothing_of_a_patient_stays_and_what_was_typed_does(sign_in: Any, store: Store) -> None:
    page = sign_in()
    page.goto(talk(store, "my secret", mode="staff", book=True, name="Ann Lee"))
    page.locator("#reply").fill("half a reply")
    page.locator("#note").fill("half a note")
    page.context.clear_cookies()
    news(page)
    expect(page.locator("#notice")).to_contain_text("You are signed out.")
    assert not re.search("my secret|Ann Lee|Tuesdays", page.locator("html").inner_text() + page.title())
    assert (page.locator("#reply").input_value(), page.locator("#note").input_value()) == (
        "half a reply",
        "half a note",
    )


def test_an_abandoned_reason_does_not_come_back_by_itself(sign_in: Any, store: Store) -> None:
    page = sign_in()
    page.goto(path := talk(store))
    page.locator("summary", has_text="Close").click()
    page.locator("[data-key=close] textarea").fill("no longer nee")
    page.keyboard.press("Escape")
    page.goto(path)
    expect(page.locator("[data-key=close]")).not_to_have_attribute("open", "")
    assert focused(page) == ""
    page.locator("summary", has_text="Close").click()
    assert page.locator("[data-key=close] textarea").input_value() == "no longer nee"


def test_too_long_a_text_is_refused_with_a_count_and_not_cut(sign_in: Any, store: Store) -> None:
    page = sign_in()
    page.goto(talk(store, mode="staff"))
    text = "a long explanation " * 230
    page.locator("#reply").fill(text)
    expect(page.locator("#composer [data-room]")).to_have_text(
        f"{len(text.strip()) - 4000} characters too long"
    )
    page.get_by_role("button", name="Send", exact=True).click()
    assert page.locator("#reply").input_value() == text
    assert "too long. Nothing was sent." in page.locator("#reply").evaluate("box => box.validationMessage")
    expect(page.locator(".line.staff")).to_have_count(0)
    page.locator("#reply").fill("short")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".line.staff .body")).to_have_text("short")


def test_after_a_wrong_password_the_password_has_the_focus(chromium: Browser, door: FrontDoor) -> None:
    page = chromium.new_page()
    page.goto(f"{door.url}/staff/")
    assert page.evaluate("document.activeElement.name") == "email"
    page.get_by_label("E-mail").fill("dana@clinic.example")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Password")).to_be_focused()
    page.close()


def test_a_note_stays_a_note_whatever_arrives_while_it_is_typed(sign_in: Any, store: Store) -> None:
    path, page = talk(store, mode="staff"), sign_in()
    page.goto(path)
    expect(page.locator("#live")).to_have_text("Live")
    page.locator("#reply").fill("Good morning")
    page.keyboard.press("Control+Enter")  # what comes back of it arrives while the note is typed
    page.locator("#note").press_sequentially("sounds worried, ", delay=30)
    with store.write() as session:
        desk.add_note(session, path.rsplit("/", 1)[1], person(session, "Sam Ortiz"), "I know her")
    news(page)  # and so does a fresh side, in which the note box stands
    page.keyboard.type("call her husband", delay=40)
    expect(page.locator("#side .note")).to_contain_text("I know her")
    assert page.locator("#note").input_value() == "sounds worried, call her husband"
    assert (focused(page), page.locator("#reply").input_value()) == ("note", "")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#side .note").last).to_contain_text("sounds worried, call her husband")
    assert page.locator(".line.staff .body").all_inner_texts() == ["Good morning"]


def test_six_tabs_share_a_stream_so_a_reply_is_sent_and_nobody_misses_a_message(
    sign_in: Any, store: Store, door: FrontDoor
) -> None:
    path, page = talk(store, book=True, name="Ann Lee", mode="staff"), sign_in()
    streams: list[Page] = []
    page.context.on(
        "request", lambda asked: asked.url.endswith("/events") and streams.append(asked.frame.page)
    )
    tabs = [page, *(page.context.new_page() for _ in range(5))]
    for tab in tabs:
        tab.goto(path)
        expect(tab.locator("#live")).to_have_text("Live")
    tabs[-1].locator("#reply").fill("hello")
    tabs[-1].keyboard.press("Control+Enter")
    for tab in tabs:
        expect(tab.locator(".line.staff .body")).to_have_text("hello")
    assert {tabs.index(tab) for tab in streams} == {0}
    tabs[0].close()  # it led
    expect(tabs[1].locator("#live")).to_have_text("Live")
    with store.write() as session:
        found = session.get_one(Conversation, path.rsplit("/", 1)[1])
        add_message(session, found, "patient", "are you there?")
    door.app.state.console.notifier.notify(path.rsplit("/", 1)[1])
    for tab in tabs[1:]:
        expect(tab).to_have_title(re.compile(r"^Ann Lee wrote \(1\) · "))
        expect(tab.locator("#nav-unread")).to_have_text("1 new")
    expect(tabs[3].locator(".line.patient").last).to_contain_text("are you there?")
    tabs[3].mouse.move(300, 300)  # somebody reads it
    for tab in tabs[1:]:
        expect(tab.locator("#nav-unread")).to_be_hidden()


def test_forced_colours_and_paper(sign_in: Any, store: Store) -> None:
    page = sign_in(forced_colors="active")
    page.goto(talk(store, *(f"line {number} " * 12 for number in range(40))))
    assert (
        page.locator("a.row[aria-current]").evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    )
    page.emulate_media(media="print", forced_colors="none")
    assert (
        page.locator("#scroll").evaluate("node => node.scrollHeight - node.clientHeight") == 0
    )  # nothing is cut off
    assert (
        page.locator("#scroll").evaluate("node => getComputedStyle(node).overflowY") == "visible"
    )  # what scrolls has no page breaks
    expect(page.locator("#queue")).to_be_hidden()


def test_people_on_a_phone(sign_in: Any) -> None:
    page = sign_in(PHONE)
    page.goto("/staff/people")
    page.locator("summary", has_text="New password").click()
    pop = page.locator(".people [open] .pop")
    assert pop.evaluate(
        "node => node.getBoundingClientRect().left >= 0 && node.getBoundingClientRect().right <= innerWidth"
    )
    assert too_wide(page) == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, WIDE])
def test_axe_finds_nothing(sign_in: Any, store: Store, size: tuple[int, int], scheme: str) -> None:
    flagged, mine = (
        talk(store, "chest pain", flag="emergency", book=True, name="Ann Lee"),
        talk(store, mode="staff"),
    )
    page = sign_in(size, color_scheme=scheme)
    for path in (
        "/staff/",
        flagged,
        mine,
        "/staff/bookings",
        "/staff/people",
        "/staff/search?outcome=waiting",
    ):
        page.goto(path)
        expect(page.locator("#live")).to_be_visible()
        found = Axe().run(page)
        assert not found.response["violations"], f"{path}\n{found.generate_report()}"
