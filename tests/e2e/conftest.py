"""The real house, started once for the tests that share it, and a real browser."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.processes import House

PASSWORD = "a quiet evening walk"


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
        yield browser
        browser.close()


@pytest.fixture
def shots(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where screenshots go: ``RLA_SCREENSHOTS`` if set, to look at them, else nowhere that lasts."""
    folder = Path(os.environ.get("RLA_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
