"""The widget in a browser, at a front door of its own: outages, closed chats, little room, large text, and
pages that are unkind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Route, expect
from sqlalchemy import select

from bot.content.clinic import clinic
from bot.conversation import appointments
from bot.conversation.messages import add_message, locked
from bot.settings import settings
from bot.staff import desk
from bot.store.engine import Store, make_engine
from bot.store.models import Appointment, Base, Conversation, Message, Staff
from tests.support.front_door import FrontDoor
from tests.support.visits import appointment, in_days, proposed, request_of

pytestmark = pytest.mark.browser
PHONE, DESKTOP = (390, 844), (1280, 800)


@pytest.fixture(autouse=True)
def _patient() -> Iterator[None]:
    """What another process wrote is looked for every five seconds, which is also how long ``expect``
    waits."""
    expect.set_options(timeout=15_000)
    yield
    expect.set_options(timeout=5_000)


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
    with FrontDoor(store) as made:
        yield made


@pytest.fixture
def visit(chromium: Browser, door: FrontDoor) -> Iterator[Any]:
    """``visit((390, 844), locale="de")``: a visitor's page, closed at the end."""
    made = []

    def open_page(size: tuple[int, int] = DESKTOP, *, begun: bool = True, **options: Any) -> Page:
        view = {"width": size[0], "height": size[1]}
        made.append(context := chromium.new_context(viewport=view, reduced_motion="reduce", **options))  # type: ignore[arg-type]
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.goto(f"{door.url}/")
        if begun:
            begin(page)
        return page

    yield open_page
    for context in made:
        context.close()


def begin(page: Page) -> None:
    page.locator(".launch").click()
    page.get_by_role("button", name=re.compile("I agree")).click()
    expect(page.locator(".msg.assistant").first).to_be_visible()


def ask(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Your message")
    box.fill(text)
    box.press("Enter")


def talk_of(store: Store) -> str:
    with store.read() as session:
        return session.scalars(select(Conversation.id)).one()


def say(store: Store, sender: str, text: str, **how: Any) -> None:
    """A line from our side; the widget looks for it within five seconds."""
    with store.write() as session:
        talk = locked(session, talk_of(store))
        assert talk
        add_message(session, talk, sender, text, **how)


def staff(store: Store, name: str) -> Staff:
    with store.write() as session:
        made = Staff(email=f"{name[:3]}@clinic.example", name=name, role="receptionist", password_hash="-")
        session.add(made)
        session.flush()
        return made


def said(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.scalars(select(Message.text).where(Message.sender == "patient")))


def box(place: Locator) -> dict[str, float]:
    found = place.bounding_box()
    assert found
    return dict(found)


def css(place: Locator, name: str) -> str:
    return str(place.evaluate(f"node => getComputedStyle(node)['{name}']"))


def no_answer(route: Route) -> None:
    route.fulfill(status=503, json={"error": "database", "message": ""})


@pytest.mark.parametrize("what", ["**/api/**", "**/api/messages"])  # all of it, or only what is written
def test_what_failed_in_an_outage_is_sent_when_the_server_is_back(
    visit: Any, store: Store, what: str
) -> None:
    page = visit()
    page.route(what, no_answer)
    if what == "**/api/**":
        say(store, "assistant", "The last line before it.")  # ends the call that is open
        expect(page.locator(".state")).to_contain_text("Connection lost")
    ask(page, "my calf is swollen and hot on one side")
    expect(page.locator(".note")).to_contain_text("Not sent.", timeout=40_000)
    page.unroute(what)
    expect(page.locator(".msg.urgent")).to_contain_text("clot", timeout=60_000)  # nobody tapped anything
    assert said(store) == ["my calf is swollen and hot on one side"]


def test_a_closed_chat_can_be_written_in(visit: Any, store: Store) -> None:
    page = visit(PHONE)
    dana = staff(store, "Dana Whitfield")
    with store.write() as session:
        desk.close(session, talk_of(store), dana)
    expect(page.locator(".ended")).to_be_visible()
    assert box(page.locator(".ended span"))["height"] < 25  # one line
    assert box(page.get_by_role("button", name="New chat"))["width"] < 120
    ask(page, "one more thing")
    expect(page.locator(".ended")).to_be_hidden()
    assert said(store) == ["one more thing"]


@pytest.mark.parametrize("size", [(360, 740), (320, 568)])
def test_a_keyboard_on_the_screen_leaves_room_for_the_conversation(
    visit: Any, store: Store, size: tuple[int, int]
) -> None:
    page = visit(size)
    say(store, "assistant", "A long answer. " * 60)
    expect(page.locator(".msg.assistant").last).to_contain_text("A long answer")
    assert not page.locator(".panel.low").count()
    page.locator(".emergency span").evaluate(
        "node => { node.textContent = ' Suicide and crisis line (call or text) ' }"
    )
    # A keyboard makes the visual viewport small and nothing else: no media query knows.
    page.evaluate(
        """() => {
          Object.defineProperty(visualViewport, 'height', {get: () => 300});
          visualViewport.dispatchEvent(new Event('resize'));
        }"""
    )
    page.get_by_role("textbox").fill("a question\nof many\nlines\nand more\nlines")
    assert box(page.locator("textarea"))["height"] <= 72
    assert box(page.locator(".emergency"))["height"] <= 36
    assert (
        box(page.locator(".emergency a").last)["x"] + box(page.locator(".emergency a").last)["width"]
        <= size[0]
    )
    expect(page.locator(".ways")).to_be_hidden()
    assert box(page.locator(".scroll"))["height"] >= 90
    page.get_by_role("button", name="More options").click()
    menu = page.locator(".menu")
    assert box(menu)["y"] + box(menu)["height"] <= 300  # the rest of it scrolls
    menu.get_by_role("button", name="Delete my conversation").focus()
    page.keyboard.press("Tab")
    expect(menu).to_be_hidden()


def test_an_urgent_line_is_as_large_as_the_others(visit: Any, store: Store) -> None:
    page = visit()
    say(store, "system", "Call now. Or call us at +1 555 010 0100.", urgent=True)
    body = page.locator(".msg.urgent .body")
    expect(body).to_contain_text("Call now")
    assert (css(body, "fontSize"), css(body, "textAlign")) == ("16px", "start")


def test_the_bar_names_who_took_over_and_notices_are_called_so(visit: Any, store: Store) -> None:
    page = visit()
    dana, sam = staff(store, "Dana Whitfield"), staff(store, "Sam Ortiz")
    with store.write() as session:
        desk.claim(session, talk_of(store), dana)
    expect(page.locator(".bar")).to_have_text(
        "You are talking with Dana Whitfield"
    )  # before any line of hers
    with store.write() as session:
        desk.reply(session, talk_of(store), dana, "Hello")
        desk.take_over(session, talk_of(store), sam, "her break")
    expect(page.locator(".bar")).to_have_text("You are talking with Sam Ortiz")
    expect(page.locator(".msg.system .who").first).to_contain_text("Notice")


def test_proposed_times_can_be_pressed_below_what_is_said_after_them(visit: Any, store: Store) -> None:
    page = visit()
    talk = talk_of(store)
    booking = request_of(store, talk)
    ids = [proposed(store, booking, in_days(3)), proposed(store, booking, in_days(5))]
    with store.read() as session:
        two = [session.get_one(Appointment, one) for one in ids]
    say(
        store,
        "staff",
        appointments.proposal(two),
        choices=appointments.offer(two),
        staff=staff(store, "Dana"),
    )
    button = page.get_by_role("button", name=clinic().time_text(two[1].starts_at))
    expect(button).to_be_visible()
    say(store, "staff", "There is parking behind the house.")
    expect(page.locator(".msg.staff").last).to_contain_text("parking")
    button.click()
    expect(page.locator(".msg.system").last).to_contain_text("Your appointment is booked")
    expect(button).to_have_count(0)
    expect(page.get_by_role("button", name="Cancel the appointment")).to_be_visible()
    assert [appointment(store, one).state for one in ids] == ["cancelled", "booked"]


def test_the_clinics_numbers_can_be_tapped_and_results_of_tests_cannot(visit: Any, store: Store) -> None:
    page = visit()
    say(
        store,
        "staff",
        "Ferritin was 911, quite high. Call 911 or 988, or us at +1 555 010 0100; not +1 555 010 01001.",
    )
    links = page.locator(".msg.staff .body a")
    expect(links).to_have_count(3)
    assert [link.get_attribute("href") for link in links.all()] == ["tel:911", "tel:988", "tel:+15550100100"]
    page.reload()
    expect(page.locator(".msg.staff .body a")).to_have_count(
        3
    )  # the numbers are known before the history is drawn


def test_the_reader_s_own_text_size_counts(visit: Any) -> None:
    page = visit(begun=False)
    page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": {"standard": 24, "fixed": 20}})
    page.reload()
    page.locator(".launch").click()
    expect(page.locator(".page h2")).to_be_visible()
    assert css(page.locator(".page > p").first, "fontSize") == "24px"
    assert css(page.locator(".page h2"), "fontSize") == "36px"


def test_a_page_with_a_rule_for_every_element_does_not_restyle_the_chat(visit: Any) -> None:
    page = visit(bypass_csp=True)
    page.add_style_tag(
        content="* { display: block; font: 40px fantasy; visibility: hidden; letter-spacing: 9px; text-transform: uppercase }"
    )
    host = page.locator("rls-chat")
    assert [
        css(host, name) for name in ("display", "fontSize", "visibility", "letterSpacing", "textTransform")
    ] == [
        "contents",
        "16px",
        "visible",
        "normal",
        "none",
    ]
    assert (
        page.locator("rls-chat").evaluate(
            "host => { host.hidden = true; return getComputedStyle(host).display }"
        )
        == "none"
    )


def test_focus_returns_from_a_question_and_a_deletion_is_no_alarm(visit: Any) -> None:
    page = visit()
    more = page.get_by_role("button", name="More options")
    for leave in (
        lambda: page.keyboard.press("Escape"),
        lambda: page.get_by_role("button", name="Cancel").click(),
    ):
        more.click()
        page.get_by_role("button", name="Delete my conversation").click()
        leave()
        assert (
            page.evaluate("document.querySelector('rls-chat').shadowRoot.activeElement?.ariaLabel")
            == "More options"
        )
    more.click()
    page.get_by_role("button", name="Delete my conversation").click()
    page.get_by_role("button", name="Delete it").click()
    told = page.get_by_text("Your conversation has been deleted.")
    expect(told).to_be_visible()
    assert css(told, "backgroundColor") != css(page.locator(".warn.card"), "backgroundColor")


@pytest.mark.parametrize(("lang", "sent"), [("en_US.UTF-8", "en"), ("de-CH", "de-CH"), ("x" * 40, "en")])
def test_a_strange_language_of_the_page_does_not_stop_the_chat(visit: Any, lang: str, sent: str) -> None:
    page = visit(begun=False)
    page.evaluate("lang => document.documentElement.lang = lang", lang)
    with page.expect_request(lambda request: request.method == "POST") as asked:
        begin(page)
    assert asked.value.post_data_json == {"consent": True, "locale": sent}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit: Any, store: Store, scheme: str) -> None:
    page = visit(PHONE, color_scheme=scheme)
    dana = staff(store, "Dana Whitfield")
    say(store, "system", "Call now. Or call us at +1 555 010 0100.", urgent=True)
    with store.write() as session:
        desk.close(session, talk_of(store), dana)
    expect(page.locator(".ended")).to_be_visible()
    found = Axe().run(page, context="rls-chat")
    assert not found.response["violations"], found.generate_report()
