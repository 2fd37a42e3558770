"""The main job, walked as people walk it: a visitor asks in the widget, staff take over in the console."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import PASSWORD
from tests.support.processes import House

pytestmark = [pytest.mark.processes, pytest.mark.browser]
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@pytest.fixture
def faults() -> Iterator[list[str]]:
    """What the browser complained of: scripts that failed, policies that were broken. Must stay empty."""
    made: list[str] = []
    yield made
    assert not made, made


def open_page(browser: Browser, url: str, faults: list[str], size: dict[str, int], **options: str) -> Page:
    page = browser.new_context(viewport=size, reduced_motion="reduce", **options).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(20_000)
    page.on(
        "console",
        lambda m: (
            faults.append(m.text)
            if m.type in ("error", "warning") and "Failed to load resource" not in m.text
            else None
        ),
    )
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request",
        lambda r: (
            None
            if r.url.startswith((url.split("/staff")[0], "data:"))
            else faults.append(f"leaves the site: {r.url}")
        ),
    )
    page.goto(url)
    return page


def begin(page: Page) -> None:
    page.locator(".launch").click()
    page.get_by_role("button", name=re.compile("I agree")).click()
    expect(page.locator(".msg.assistant").first).to_be_visible()


def ask(page: Page, text: str) -> None:
    box = page.get_by_role("textbox")
    box.fill(text)
    box.press("Enter")


def last(page: Page, kind: str = "assistant") -> str:
    return page.locator(f".msg.{kind}").last.inner_text()


def sign_in(browser: Browser, house: House, faults: list[str], size: dict[str, int] = DESKTOP) -> Page:
    page = open_page(browser, f"{house.url}/staff/", faults, size)
    page.get_by_label("E-mail").fill("dana@clinic.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name=re.compile("Waiting"))).to_be_visible()
    return page


def test_a_visitor_asks_books_and_talks_with_staff(
    house: House, chromium: Browser, faults: list[str], shots: Path
) -> None:
    visitor = open_page(chromium, f"{house.url}/", faults, PHONE)
    begin(visitor)

    ask(visitor, "why does iron matter for my legs")
    expect(visitor.locator(".msg.assistant").last).to_contain_text("brain")
    visitor.locator("summary").last.click()
    expect(visitor.get_by_role("link", name=re.compile("NHLBI")).last).to_have_attribute(
        "href", re.compile("^https://")
    )
    ask(visitor, "is it hereditary?")
    expect(visitor.locator(".msg.assistant").last).to_contain_text("famil")
    visitor.screenshot(path=str(shots / "widget-answer-phone.png"))

    # Booking, with a question in between.
    ask(visitor, "i want to book an appointment")
    expect(visitor.locator(".msg.assistant").last).to_contain_text("your name")
    ask(visitor, "Ann Lee")
    expect(visitor.locator(".msg.assistant").last).to_contain_text("reach you")
    ask(visitor, "what does ferritin mean?")
    expect(visitor.locator(".msg.assistant").filter(has_text="ferritin").first).to_be_visible()
    expect(visitor.locator(".msg.assistant").last).to_contain_text("reach you")
    ask(visitor, "555 010 0123")
    expect(visitor.locator(".msg.assistant").last).to_contain_text("days or times")
    ask(visitor, "mornings next week, not wednesday")
    expect(visitor.locator(".msg.assistant").last).to_contain_text("visit about")
    ask(visitor, "restless at night, cannot sleep")
    visitor.get_by_role("button", name="Yes").click()
    expect(visitor.locator(".msg.assistant").last).to_contain_text("Ann Lee")
    visitor.get_by_role("button", name="Send it").click()
    expect(visitor.locator(".msg.assistant").last).to_contain_text("has reached our staff")

    # Staff see it, claim, reply; the reply appears by itself.
    desk = sign_in(chromium, house, faults)
    desk.get_by_role("link", name=re.compile("Ann Lee")).first.click()
    expect(desk.get_by_text("mornings next week, not wednesday").first).to_be_visible()
    desk.get_by_role("button", name="Show", exact=True).click()
    desk.get_by_role("button", name=re.compile("[Cc]ontacted")).click()
    desk.locator("#claim").click()
    reply = desk.get_by_label("Reply to the patient")
    reply.fill("Hello Ann, Tuesday at 10 would be free.")
    desk.get_by_role("button", name="Send", exact=True).click()
    expect(visitor.locator(".msg.staff").last).to_contain_text("Tuesday at 10 would be free.")
    expect(visitor.locator(".bar")).to_contain_text("Dana Whitfield")
    visitor.screenshot(path=str(shots / "widget-staff-phone.png"))

    # While staff hold it the assistant is silent, and what the patient writes appears in the console by
    # itself.
    said = visitor.locator(".msg.assistant").count()
    ask(visitor, "is iron good for me?")
    expect(desk.get_by_text("is iron good for me?").first).to_be_visible()
    desk.screenshot(path=str(shots / "console-desktop.png"))
    assert visitor.locator(".msg.assistant").count() == said

    desk.get_by_role("button", name=re.compile("[Gg]ive back")).click()
    expect(visitor.locator(".msg.system").last).to_contain_text("assistant again")
    ask(visitor, "tuesday at 10 is fine")  # an answer to a person reaches a person
    expect(visitor.locator(".msg.system").last).to_contain_text("has gone to them")
    ask(visitor, "does coffee make it worse")
    expect(visitor.locator(".msg.assistant").last).to_contain_text("affeine")


def test_a_red_flag_is_answered_at_once_and_stands_on_top(
    house: House, chromium: Browser, faults: list[str], shots: Path
) -> None:
    waiting = open_page(chromium, f"{house.url}/", faults, DESKTOP)
    begin(waiting)
    ask(waiting, "talk to a person")
    expect(waiting.locator(".bar")).to_contain_text(re.compile("[Ww]aiting"))

    desk = sign_in(chromium, house, faults)
    worried = open_page(chromium, f"{house.url}/", faults, PHONE, color_scheme="dark")
    begin(worried)
    ask(worried, "my calf is swollen and hot on one side")
    urgent = worried.locator(".msg.urgent")
    expect(urgent).to_contain_text("clot")
    call = worried.locator(".urgent-bar").get_by_role("link", name=re.compile("1-800|555|911")).first
    expect(call).to_have_attribute("href", re.compile("^tel:"))
    worried.screenshot(path=str(shots / "widget-urgent-phone-dark.png"))

    expect(desk.get_by_text(re.compile("my calf is swollen")).first).to_be_visible()  # live, without a reload
    flagged = desk.locator("a.row.urgent").filter(has_text="my calf is swollen")
    expect(flagged).to_be_visible()
    kinds = [row.get_attribute("class") or "" for row in desk.locator("a.row").all()]
    assert "urgent" not in kinds[-1]  # who asked for a person waits below
    assert ["urgent" in kind for kind in kinds] == sorted(("urgent" in kind for kind in kinds), reverse=True)
    desk.screenshot(path=str(shots / "console-urgent.png"))
    flagged.click()
    expect(desk.get_by_text(re.compile("opened by Dana Whitfield")).first).to_be_visible()


def test_the_widget_shows_text_and_never_markup(house: House, chromium: Browser, faults: list[str]) -> None:
    page = open_page(chromium, f"{house.url}/", faults, DESKTOP)
    begin(page)
    ask(page, '<img src=x onerror="document.title=1"> <b>x</b>')
    expect(page.locator(".msg.patient .body").last).to_have_text(
        '<img src=x onerror="document.title=1"> <b>x</b>'
    )
    assert page.title() != "1"


def test_the_chat_is_there_after_a_reload_and_gone_after_deletion(
    house: House, chromium: Browser, faults: list[str]
) -> None:
    page = open_page(chromium, f"{house.url}/", faults, DESKTOP)
    begin(page)
    ask(page, "can smoking make it worse")
    expect(page.locator(".msg.assistant").last).to_contain_text("mok")
    count = page.locator(".msg").count()
    page.reload()
    expect(page.locator(".msg")).to_have_count(count)
    page.get_by_role("button", name="More options").click()
    page.get_by_role("button", name=re.compile("[Dd]elete")).click()
    page.get_by_role("button", name=re.compile("[Dd]elete|[Yy]es")).last.click()
    expect(page.get_by_role("button", name=re.compile("I agree"))).to_be_visible()
