"""The real house, started once for the tests that share it, and a real browser."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.support.processes import House

PASSWORD = "a quiet evening walk"
LATENCY = 150  # milliseconds from a browser to us


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("house")).start()
    made.command(
        "staff",
        "add",
        "dana@clinic.example",
        "--name",
        "Dana Whitfield",
        "--role",
        "admin",
        given=f"{PASSWORD}\n",
    )
    yield made
    made.stop()


@pytest.fixture(scope="module")  # a running Playwright holds the event loop, which async tests elsewhere need
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        reason = "NO BROWSER ON THIS MACHINE: the browser tests do not run (Debian: apt-get install chromium)"
        if os.environ.get("RLA_REQUIRE_BROWSER"):
            pytest.fail(reason)
        warnings.warn(reason, stacklevel=1)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        _slow_down(browser)
        yield browser
        browser.close()


def _slow_down(browser: Browser) -> None:
    """Each page waits for the network as somebody does who sits far from the server: on the machine of a test
    everything arrives at once, and what happens meanwhile is never seen."""

    def slow(page: Page) -> Page:
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        network.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": LATENCY, "downloadThroughput": -1, "uploadThroughput": -1},
        )
        return page

    new_context, new_page = browser.new_context, browser.new_page

    def context(**options: Any) -> BrowserContext:
        made = new_context(**options)
        page = made.new_page
        made.new_page = lambda: slow(page())  # type: ignore[method-assign]
        return made

    browser.new_context = context  # type: ignore[method-assign]
    browser.new_page = lambda **options: slow(new_page(**options))  # type: ignore[method-assign]


@pytest.fixture
def shots(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where screenshots go: ``RLA_SCREENSHOTS`` if set, to look at them, else nowhere that lasts."""
    folder = Path(os.environ.get("RLA_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
