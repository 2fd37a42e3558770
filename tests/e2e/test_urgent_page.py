"""What a patient sees while a red flag stands: whom to call comes first, fits the smallest phone, and a
crisis is calm."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy import select

from bot.conversation.messages import locked
from bot.conversation.urgent import answer
from bot.safety import Finding, RedFlagRules
from bot.store.engine import Store
from bot.store.models import Alert, Conversation, Inbound
from bot.store.modes import change_urgent
from tests.e2e.test_widget_page import _patient, door, store, visit  # noqa: F401

pytestmark = pytest.mark.browser
SIZES = {"phone": (390, 844), "keyboard": (390, 480), "small": (320, 568), "desktop": (1280, 800)}


@pytest.fixture
def shots(tmp_path: Path) -> Iterator[Path]:
    """Where pictures go: ``SHOTS`` for whoever wants to look at them."""
    folder = Path(os.environ.get("SHOTS", tmp_path))
    folder.mkdir(exist_ok=True)
    yield folder


def flag(store: Store, name: str) -> None:  # noqa: F811
    """Raise a red flag in the only conversation, as intake does."""
    found = RedFlagRules.load().book.flags[name]
    with store.write() as session:
        talk = session.scalars(select(Conversation)).one()
        conversation = locked(session, talk.id)
        inbound = Inbound(
            conversation_id=talk.id, channel="widget", external_id=name, text="x", seq=1, state="done"
        )
        session.add(inbound)
        session.flush()
        answer(session, conversation, inbound, Finding((name,), found.tier, f"{found.now} {found.rest}"))


def in_view(page: Page, selector: str) -> None:
    box, height = page.locator(selector).first.bounding_box(), page.viewport_size["height"]
    assert box and box["y"] >= 0 and box["y"] + box["height"] <= height, (selector, box, height)


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["R2", "R7", "R10", "R1"])
def test_whom_to_call_comes_first_and_fits(
    visit: Any,  # noqa: F811
    store: Store,  # noqa: F811
    shots: Path,
    name: str,
    size: str,
    look: str,
) -> None:
    page = visit(SIZES[size], color_scheme=look)
    flag(store, name)
    bar = page.locator(".urgent-bar")
    expect(bar).to_be_visible()
    calls = bar.locator(".call")
    first = {
        "R2": "Call 911: emergency",
        "R7": "Call or text 988: crisis line",
        "R10": "Call 1-800-222-1222: poison help",
    }
    expect(calls.first).to_contain_text(first.get(name, "Call +1 555"))
    hrefs = [link.get_attribute("href") for link in calls.all()]
    assert hrefs[0].startswith("tel:") and ("sms:988" in hrefs) == (name == "R7")
    for link in calls.all():
        box = link.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= SIZES[size][1] and box["height"] >= 44
    assert "come back later" not in page.locator(".panel").inner_text()
    in_view(page, ".input")
    if name != "R1":
        expect(page.get_by_role("button", name="Book a visit")).to_have_count(0)
    expect(page.locator(".msg.urgent .flag")).to_have_count(0 if name == "R7" else 1)
    page.screenshot(path=str(shots / f"{name}-{size}-{look}.png"))
    if size == "phone":
        found = Axe().run(page, context="rls-chat").response["violations"]
        assert not [violation["id"] for violation in found]


def test_it_goes_when_the_flag_is_over(visit: Any, store: Store) -> None:  # noqa: F811
    page = visit((390, 844))
    flag(store, "R2")
    expect(page.locator(".urgent-bar")).to_be_visible()
    with store.write() as session:
        alert = session.scalars(select(Alert)).one()
        change_urgent(session, alert, "urgent_close", actor="Ann")
    page.reload()
    expect(page.locator(".msg.urgent")).to_be_visible()
    expect(page.locator(".urgent-bar")).to_be_hidden()
    expect(page.locator(".msg.urgent .call").first).to_contain_text("Call 911: emergency")
