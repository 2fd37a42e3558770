"""Signing in, staying in, and guessing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.clock import now
from bot.errors import RefusedError
from bot.settings import settings
from bot.staff.auth import sessions
from bot.staff.auth.accounts import add_staff, check_password
from bot.store.models import SignInAttempt, Staff, StaffSession
from tests.staff.conftest import PASSWORD, House, Person, try_password


def age_session(house: House, **columns: timedelta) -> None:
    with house.store.write() as session:
        session.execute(update(StaffSession).values({name: now() - age for name, age in columns.items()}))


def test_right_password_opens_the_queue_with_a_strict_cookie(house: House) -> None:
    house.add("ana@clinic.example", "Ana Ruiz")
    browser = house.browser()
    answer = try_password(browser, " ANA@clinic.example ", PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/")
    cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("rla_staff="))
    assert {"HttpOnly", "SameSite=strict", "Path=/staff"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert browser.get("/staff/").status_code == 200


def test_cookie_is_secure_where_the_setting_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "secure_cookies", True)
    house.add("ana@clinic.example", "Ana Ruiz")
    browser = house.browser()
    browser.base_url = "https://testserver"
    answer = try_password(browser, "ana@clinic.example", PASSWORD)
    assert answer.status_code == 303
    cookies = answer.headers.get_list("set-cookie")
    assert [line for line in cookies if line.startswith("rla_staff=")]
    assert all("Secure" in line.split("; ") for line in cookies if "Max-Age=0" not in line)


def test_database_keeps_neither_token_nor_password(house: House, ana: Person) -> None:
    token = ana.browser.cookies["rla_staff"]
    with house.store.read() as session:
        kept = session.scalars(select(StaffSession)).one()
        assert kept.token_hash == sessions.hashed(token) != token
        assert session.scalars(select(Staff.password_hash)).one().startswith("$argon2id$")


def test_wrong_password_and_unknown_account_look_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.add("ana@clinic.example", "Ana Ruiz")
    checked: list[bool] = []
    real = sessions.verify
    monkeypatch.setattr(
        sessions,
        "verify",
        lambda staff, password: (checked.append(staff is not None), real(staff, password))[1],
    )
    wrong = try_password(house.browser(), "ana@clinic.example", "violet harbour limp")
    unknown = try_password(house.browser(), "eve@clinic.example", "violet harbour limp")
    assert wrong.status_code == unknown.status_code == 401
    message = "That e-mail and password do not belong together."
    assert message in wrong.text and message in unknown.text
    assert checked == [True, False], "a hash is checked for both, so both take as long"


def test_unknown_account_costs_a_real_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.staff.auth import accounts

    seen: list[str] = []

    class Spy:
        def verify(self, known: str, _password: str) -> bool:
            seen.append(known)
            return True

        def hash(self, password: str) -> str:
            return "$argon2id$" + password

    monkeypatch.setattr(accounts, "_hasher", Spy())
    accounts._nobody.cache_clear()
    assert accounts.verify(None, "anything at all") is False
    assert seen and seen[0].startswith("$argon2id$")
    accounts._nobody.cache_clear()


def test_sign_in_gives_a_new_token_and_ends_the_old(house: House, ana: Person) -> None:
    old = ana.browser.cookies["rla_staff"]
    assert try_password(ana.browser, "ana@clinic.example", PASSWORD).status_code == 303
    assert ana.browser.cookies["rla_staff"] != old
    stale = house.browser()
    stale.cookies.set("rla_staff", old, domain="testserver.local", path="/staff")
    assert stale.get("/staff/").status_code == 303


def test_a_chosen_token_is_never_taken(house: House) -> None:
    """Session fixation."""
    house.add("ana@clinic.example", "Ana Ruiz")
    browser = house.browser()
    browser.cookies.set("rla_staff", "chosen-by-somebody", domain="testserver.local", path="/staff")
    try_password(browser, "ana@clinic.example", PASSWORD)
    with house.store.read() as session:
        assert session.get(StaffSession, sessions.hashed("chosen-by-somebody")) is None


def test_guessing_one_account_slows_down_even_with_the_right_password(house: House) -> None:
    house.add("ana@clinic.example", "Ana Ruiz")
    for number in range(sessions.FREE_TRIES):
        browser = house.browser(address=f"198.51.100.{number}")
        assert try_password(browser, "ana@clinic.example", f"wrong wrong {number}").status_code == 401
    refused = try_password(house.browser(address="198.51.100.99"), "ana@clinic.example", PASSWORD)
    assert refused.status_code == 429
    first_wait = int(refused.headers["retry-after"])
    assert 10 <= first_wait <= 15

    with house.store.write() as session:  # the wait is over
        session.execute(update(SignInAttempt).values(at=now() - timedelta(seconds=20)))
    assert try_password(house.browser(), "ana@clinic.example", "wrong again now").status_code == 401
    longer = try_password(house.browser(), "ana@clinic.example", PASSWORD)
    assert longer.status_code == 429 and int(longer.headers["retry-after"]) > first_wait

    with house.store.write() as session:
        session.execute(update(SignInAttempt).values(at=now() - timedelta(minutes=6)))
    assert try_password(house.browser(), "ana@clinic.example", PASSWORD).status_code == 303
    with house.store.read() as session:
        assert not session.scalars(
            select(SignInAttempt).where(SignInAttempt.key.startswith("account:"))
        ).all()


def test_guessing_an_unknown_account_slows_down_the_same(house: House) -> None:
    for number in range(sessions.FREE_TRIES):
        try_password(
            house.browser(address=f"198.51.100.{number}"), "nobody@clinic.example", "wrong wrong wrong"
        )
    assert try_password(house.browser(), "nobody@clinic.example", "wrong wrong wrong").status_code == 429


def test_one_address_has_twenty_tries_in_five_minutes(house: House) -> None:
    house.add("ana@clinic.example", "Ana Ruiz")
    with house.store.write() as session:
        session.add_all(
            SignInAttempt(key="address:203.0.113.9", at=now() - timedelta(minutes=1))
            for _ in range(sessions.ADDRESS_TRIES)
        )
    assert (
        try_password(house.browser(address="203.0.113.9"), "ana@clinic.example", PASSWORD).status_code == 429
    )
    assert (
        try_password(house.browser(address="203.0.113.10"), "ana@clinic.example", PASSWORD).status_code == 303
    )


def test_idle_session_ends(house: House, ana: Person) -> None:
    age_session(house, seen_at=timedelta(minutes=settings().session_idle_minutes, seconds=-30))
    assert ana.get("/staff/account").status_code == 200
    age_session(house, seen_at=timedelta(minutes=settings().session_idle_minutes, seconds=1))
    answer = ana.get("/staff/account")
    assert answer.status_code == 303 and "why=expired" in answer.headers["location"]


def test_doing_something_keeps_the_session_and_the_live_parts_do_not(house: House, ana: Person) -> None:
    def seen_ago() -> float:
        with house.store.read() as session:
            return (now() - session.scalars(select(StaffSession.seen_at)).one()).total_seconds()

    age_session(house, seen_at=timedelta(minutes=10))
    assert ana.get("/staff/fragments/queue").status_code == 200
    assert seen_ago() > 590
    assert ana.post("/staff/alive").status_code == 204
    assert seen_ago() < 5


def test_absolute_end_comes_however_busy(house: House, ana: Person) -> None:
    age_session(house, created_at=timedelta(hours=settings().session_hours, seconds=1))
    assert ana.get("/staff/").status_code == 303


def test_sign_out_ends_the_session_on_the_server(house: House, ana: Person) -> None:
    token = ana.browser.cookies["rla_staff"]
    assert ana.post("/staff/sign-out").status_code == 303
    thief = house.browser()
    thief.cookies.set("rla_staff", token, domain="testserver.local", path="/staff")
    assert thief.get("/staff/").status_code == 303


def test_disabled_account_is_out_at_once_and_told_why(house: House, ana: Person, bo: Person) -> None:
    with house.store.read() as session:
        bo_id = session.scalars(select(Staff.id).where(Staff.email == "bo@clinic.example")).one()
    assert ana.post(f"/staff/people/{bo_id}/off").status_code == 303
    answer = bo.get("/staff/")
    assert "why=disabled" in answer.headers["location"]
    assert "switched off" in bo.get(answer.headers["location"]).text
    assert try_password(house.browser(), "bo@clinic.example", PASSWORD).status_code == 403


@pytest.mark.parametrize(
    "aim",
    [
        "https://evil.example/",
        "//evil.example/staff/",
        "/\\evil.example",
        "/staff/\\..",
        "javascript:alert(1)",
        "/other",
        "/staff/sign-in",
    ],
)
def test_after_sign_in_one_never_lands_elsewhere(house: House, aim: str) -> None:
    house.add("ana@clinic.example", "Ana Ruiz")
    assert (
        try_password(house.browser(), "ana@clinic.example", PASSWORD, next=aim).headers["location"]
        == "/staff/"
    )


def test_after_sign_in_one_lands_where_one_was_going(house: House) -> None:
    house.add("ana@clinic.example", "Ana Ruiz")
    answer = try_password(
        house.browser(), "ana@clinic.example", PASSWORD, next="/staff/bookings?state=booked"
    )
    assert answer.headers["location"] == "/staff/bookings?state=booked"


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "password1234",
        "P4ssw0rd!2026",
        "123456789012",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "anaruizanaruiz",
        "ana@clinic.example",
    ],
)
def test_easy_passwords_are_refused(password: str) -> None:
    with pytest.raises(RefusedError):
        check_password(password, email="ana@clinic.example", name="Anaruiz")


def test_long_plain_words_are_a_good_password() -> None:
    check_password("violet harbour lamp")
    check_password("корова гуляет ночью")


def test_add_staff_says_what_is_wrong(house: House) -> None:
    house.add("ana@clinic.example", "Ana Ruiz")
    for email, name, role, word in [
        ("ANA@clinic.example", "Ana", "receptionist", "already has an account"),
        ("no-address", "Ana", "receptionist", "e-mail"),
        ("b@clinic.example", "  ", "receptionist", "name"),
        ("b@clinic.example", "Bo", "boss", "role"),
    ]:
        with house.store.write() as session, pytest.raises(RefusedError, match=word):
            add_staff(session, email, name, role, PASSWORD)


def test_changing_the_password_needs_the_old_one_and_ends_other_sessions(house: House, ana: Person) -> None:
    other = house.sign_in("ana@clinic.example")
    new = "quiet orchard bicycle"
    assert (
        ana.post("/staff/account/password", current="not the right one", new=new, again=new).status_code
        == 400
    )
    assert (
        "too easy"
        in ana.post(
            "/staff/account/password", current=PASSWORD, new="password1234", again="password1234"
        ).text
    )
    assert ana.post("/staff/account/password", current=PASSWORD, new=new, again=new).status_code == 303
    assert ana.get("/staff/").status_code == 200
    assert other.get("/staff/").status_code == 303
    assert try_password(house.browser(), "ana@clinic.example", PASSWORD).status_code == 401
    assert try_password(house.browser(), "ana@clinic.example", new).status_code == 303
