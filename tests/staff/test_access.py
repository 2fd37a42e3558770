"""What every route keeps to.

The cases come from the route table, so a new route is tested the day it is written.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from bot.staff.auth.access import PUBLIC
from bot.staff.auth.sessions import SignedIn
from bot.staff.live_routes import counts
from bot.staff.pages import HERE, STATIC
from bot.staff.router import router
from bot.store.models import Message, Staff
from tests.staff.conftest import ORIGIN, PASSWORD, House, Person, make_house, token_in
from tests.support.visits import in_days, proposed

SAFE = {"GET", "HEAD", "OPTIONS"}
ROUTES = sorted(
    (method, route.path) for route in router.routes if isinstance(route, APIRoute) for method in route.methods
)
UNSAFE = [(method, path) for method, path in ROUTES if method not in SAFE]
CLOSED = [(method, path) for method, path in ROUTES if path not in PUBLIC]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> tuple[House, Person]:
    """One house for the tests in which every request is refused, so that none can disturb the next."""
    house = make_house(tmp_path_factory.mktemp("gate") / "console.db", empty_database)
    house.add("ana@clinic.example", "Ana Ruiz", "admin")
    return house, house.sign_in("ana@clinic.example")


def filled(path: str, house: House) -> str:
    """The path with ids of things that are there."""
    talk = house.conversation() if "{" in path else ""
    alert = house.flag(talk) if "alert_id" in path else 0
    booking = house.booking(talk) if "booking_id" in path else 0
    made = proposed(house.store, booking, in_days(3)) if "appointment_id" in path else 0
    ids = {
        "conversation_id": talk,
        "alert_id": alert,
        "booking_id": booking,
        "appointment_id": made,
        "what": "cancel",
        "outbox_id": 1,
        "staff_id": 1,
        "name": "console.css",
        "version": "0",
        "path:path": "nowhere",
    }
    return re.sub(r"\{([^}]+)\}", lambda found: str(ids[found[1]]), path)


def test_each_handler_is_a_function_that_can_be_imported() -> None:
    """A function inside another cannot be read, called or tested by itself."""
    for route in router.routes:
        assert isinstance(route, APIRoute)
        made = getattr(importlib.import_module(route.endpoint.__module__), route.endpoint.__name__, None)
        assert made is route.endpoint, route.path


def test_a_handler_can_be_called_by_itself(house: House, ana: Person) -> None:
    who = SignedIn(Staff(id=1, name="Ana Ruiz", role="admin"), "csrf", "hash")
    house.booking(house.conversation())
    assert counts(house.store, who) == {
        "waiting": 1,
        "mine": 0,
        "urgent": 0,
        "unseen": 0,
        "bookings": 1,
        "newest": 1,
        "unread": 0,
        "wrote": "",
        "fresh": [],
    }


def test_the_route_table_is_what_we_think() -> None:
    assert len(UNSAFE) >= 18 and len(CLOSED) >= 25
    assert {path for _, path in ROUTES if path in PUBLIC} == PUBLIC


@pytest.mark.parametrize(("method", "path"), UNSAFE)
@pytest.mark.parametrize("token", [None, "", "wrong"])
def test_without_the_right_token_nothing_is_done(
    shared: tuple[House, Person], method: str, path: str, token: str | None
) -> None:
    house, ana = shared
    ana.browser.get("/staff/sign-in")
    answer = ana.browser.request(method, filled(path, house), data={} if token is None else {"csrf": token})
    assert answer.status_code == 403


@pytest.mark.parametrize(("method", "path"), UNSAFE)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=lambda headers: "-".join(headers.values()),
)
def test_from_another_site_nothing_is_done_even_with_the_token(
    shared: tuple[House, Person], method: str, path: str, headers: dict[str, str]
) -> None:
    house, ana = shared
    csrf = token_in(ana.browser.get("/staff/sign-in").text) if path in PUBLIC else ana.csrf
    answer = ana.browser.request(method, filled(path, house), data={"csrf": csrf}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize(("method", "path"), [case for case in UNSAFE if "{path" not in case[1]])
def test_with_token_and_our_own_origin_it_is_let_through(
    house: House, ana: Person, method: str, path: str
) -> None:
    """Without this the two tests above would pass on a gate that is simply shut."""
    csrf = token_in(ana.browser.get("/staff/sign-in").text) if path in PUBLIC else ana.csrf
    answer = ana.browser.request(
        method,
        filled(path, house),
        data={"csrf": csrf},
        headers={"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status_code != 403


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_without_a_session_every_route_leads_to_sign_in(
    shared: tuple[House, Person], method: str, path: str
) -> None:
    house, _ = shared
    answer = house.browser().request(
        method, filled(path, house), data={"csrf": "x"} if method not in SAFE else None
    )
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/staff/sign-in")


@pytest.mark.parametrize(("method", "path"), [case for case in ROUTES if case[1] != "/staff/events"])
@pytest.mark.parametrize("inside", [True, False])
def test_every_answer_carries_the_headers(
    house: House, ana: Person, method: str, path: str, inside: bool
) -> None:
    browser = ana.browser if inside else house.browser()
    for data in ({"csrf": ana.csrf}, {}) if method not in SAFE else (None,):
        headers = browser.request(method, filled(path, house), data=data).headers
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert policy == {
            "default-src": "'none'",
            "script-src": "'self'",
            "style-src": "'self'",
            "img-src": "'self' data:",
            "connect-src": "'self'",
            "form-action": "'self'",
            "base-uri": "'none'",
            "frame-ancestors": "'none'",
        }
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_no_page_has_anything_inline() -> None:
    for page in sorted((HERE / "templates").glob("*.html")):
        text = page.read_text(encoding="utf-8")
        assert not re.search(
            r"\son[a-z]+\s*=|\sstyle\s*=|javascript:|<style|\|\s*safe\b", text, re.IGNORECASE
        ), page.name
        assert all(" src=" in tag for tag in re.findall(r"<script[^>]*>", text)), page.name


def test_static_serves_its_own_files_alone(house: House) -> None:
    browser = house.browser()
    kept = browser.get(f"{STATIC}/console.js")
    assert kept.headers["content-type"].startswith("text/javascript")
    assert "immutable" in kept.headers["cache-control"]
    other = browser.get("/staff/static/older/console.js")
    assert (other.content, other.headers["cache-control"]) == (kept.content, "no-store")
    for name in ("app.py", "..%2Fapp.py", "%2Fetc%2Fpasswd"):
        assert browser.get(f"{STATIC}/{name}").status_code in (303, 404)


def test_a_body_without_end_is_refused(house: House, ana: Person) -> None:
    path = f"/staff/conversations/{house.conversation()}/note"
    assert ana.browser.post(path, content=b"x", headers={"Content-Length": "200000"}).status_code == 413
    assert ana.browser.post(path, content=iter([b"csrf=", ana.csrf.encode()])).status_code == 411


def test_admin_pages_are_for_admins(house: House, ana: Person, bo: Person) -> None:
    assert ana.get("/staff/people").status_code == 200
    assert "/staff/people" in ana.get("/staff/").text and "/staff/people" not in bo.get("/staff/").text
    for method, path in [case for case in ROUTES if case[1].startswith("/staff/people")]:
        answer = bo.browser.request(
            method,
            filled(path, house),
            data={"csrf": bo.csrf, "password": "quiet orchard bicycle"} if method == "POST" else None,
        )
        assert answer.status_code == 403, path
    with house.store.read() as session:
        assert session.query(Staff).filter(Staff.disabled_at.is_not(None)).count() == 0


def test_admin_adds_a_person_who_can_sign_in(house: House, ana: Person) -> None:
    form = {
        "email": "cy@clinic.example",
        "name": "Cy <b>Day</b>",
        "role": "receptionist",
        "password": PASSWORD,
    }
    assert ana.post("/staff/people", **form).status_code == 303
    again = ana.post("/staff/people", **form)
    assert again.status_code == 409 and "already has an account" in again.text
    assert "Cy &lt;b&gt;Day" in again.text and "<b>Day" not in again.text
    house.sign_in("cy@clinic.example")


def test_the_last_admin_and_oneself_stay(house: House, ana: Person) -> None:
    answer = ana.post("/staff/people/1/off")
    assert answer.status_code == 409 and "your own account" in answer.text
    assert ana.get("/staff/").status_code == 200


def test_reset_password_signs_the_person_out(house: House, ana: Person, bo: Person) -> None:
    assert ana.post("/staff/people/2/password", password="quiet orchard bicycle").status_code == 303
    assert bo.get("/staff/").status_code == 303


def test_a_reply_typed_in_an_expired_session_is_not_lost(house: House, ana: Person) -> None:
    talk = house.conversation()
    browser = house.browser()
    page = browser.post(
        f"/staff/conversations/{talk}/reply", data={"csrf": "old", "text": "two hours of <typing>"}
    )
    assert page.status_code == 401 and "two hours of &lt;typing&gt;" in page.text
    form = {
        "csrf": token_in(page.text),
        "email": "ana@clinic.example",
        "password": PASSWORD,
        "draft": "two hours of <typing>",
    }
    after = browser.post("/staff/sign-in", data={**form, "next": f"/staff/conversations/{talk}"})
    assert after.status_code == 200 and "two hours of &lt;typing&gt;" in after.text
    with house.store.read() as session:
        assert session.query(Message).filter_by(conversation_id=talk, sender="staff").count() == 0


def test_a_reply_with_an_old_token_is_shown_again(house: House, ana: Person) -> None:
    talk = house.conversation()
    answer = ana.browser.post(
        f"/staff/conversations/{talk}/reply", data={"csrf": "old", "text": "kept words"}
    )
    assert answer.status_code == 403 and "kept words" in answer.text


def test_a_broken_database_is_said_in_plain_words(house: House, ana: Person, tmp_path: Path) -> None:
    talk = house.conversation()
    with house.store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE notes RENAME TO lost")
    answer = ana.post(f"/staff/conversations/{talk}/note", text="a long note")
    assert answer.status_code == 503
    assert (
        "nothing was saved" in answer.text
        and "a long note" in answer.text
        and "sqlite" not in answer.text.lower()
    )
