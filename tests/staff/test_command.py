"""Accounts from the command line: for whoever is locked out of the console, and for the first account."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from bot import cli
from bot.clock import now
from bot.staff.auth.accounts import add_staff, verify
from bot.staff.auth.sessions import begin
from bot.store.engine import Store, store
from bot.store.migrate import migrate
from bot.store.models import SignInAttempt, Staff, StaffSession
from tests.staff.conftest import PASSWORD

NEW = "quiet orchard bicycle"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clinic_staff() -> Store:
    """Ana, an admin, with two sessions, and Bo with one, in the database of the settings."""
    made = store()
    migrate(made.engine)
    with made.write() as session:
        for email, name, role, sessions in (
            ("ana@clinic.example", "Ana Ruiz", "admin", 2),
            ("bo@clinic.example", "Bo Lind", "receptionist", 1),
        ):
            person = add_staff(session, email, name, role, PASSWORD)
            for _ in range(sessions):
                begin(session, person.id)
    return made


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run ``python -m bot staff ...`` with something on standard input; returns what it says."""

    def run(*words: str, given: str | io.StringIO = "") -> str:
        monkeypatch.setattr(sys, "stdin", io.StringIO(given) if isinstance(given, str) else given)
        capsys.readouterr()
        cli.main(["staff", *words])
        return capsys.readouterr().out

    return run


def person(email: str) -> Staff:
    with store().read() as session:
        return session.scalars(select(Staff).where(Staff.email == email)).one()


def sessions(email: str) -> int:
    with store().read() as session:
        return (
            session.scalar(
                select(func.count())
                .select_from(StaffSession)
                .where(StaffSession.staff_id == person(email).id)
            )
            or 0
        )


def test_a_new_password_works_at_once_and_ends_that_persons_sessions(
    clinic_staff: Store, command: Callable[..., str]
) -> None:
    with clinic_staff.write() as session:
        session.add_all(
            SignInAttempt(key=f"account:{who}@clinic.example", at=now()) for who in ("ana", "ana", "bo")
        )
    assert "Ana Ruiz has a new password" in command("password", " ANA@clinic.example ", given=f"{NEW}\n")
    assert verify(person("ana@clinic.example"), NEW) and not verify(person("ana@clinic.example"), PASSWORD)
    assert (sessions("ana@clinic.example"), sessions("bo@clinic.example")) == (0, 1)
    with clinic_staff.read() as session:
        assert session.scalars(select(SignInAttempt.key)).all() == ["account:bo@clinic.example"]


def test_at_a_terminal_the_new_password_is_asked_twice(
    clinic_staff: Store, command: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = [NEW, "quiet orchard bicycles", NEW, NEW]
    monkeypatch.setattr(cli.getpass, "getpass", lambda _: typed.pop(0))
    with pytest.raises(SystemExit, match="Nothing was changed"):
        command("password", "ana@clinic.example", given=Terminal())
    assert verify(person("ana@clinic.example"), PASSWORD) and sessions("ana@clinic.example") == 2
    command("password", "ana@clinic.example", given=Terminal())
    assert verify(person("ana@clinic.example"), NEW)


def test_a_weak_password_and_an_unknown_address_are_refused_in_plain_words(
    clinic_staff: Store, command: Callable[..., str]
) -> None:
    with pytest.raises(SystemExit, match="too easy to guess"):
        command("password", "ana@clinic.example", given="password1234\n")
    for words in (
        ["password", "eve@clinic.example"],
        ["off", "eve@clinic.example"],
        ["sign-out", "eve@clinic.example"],
    ):
        with pytest.raises(SystemExit, match="There is no account of eve@"):
            command(*words, given=f"{NEW}\n")
    assert sessions("ana@clinic.example") == 2


def test_switched_off_is_out_at_once_and_its_sessions_never_come_back(
    clinic_staff: Store, command: Callable[..., str]
) -> None:
    assert "Bo Lind can no longer sign in" in command("off", "bo@clinic.example")
    assert person("bo@clinic.example").disabled_at is not None
    assert (sessions("ana@clinic.example"), sessions("bo@clinic.example")) == (2, 0)
    assert "switched off" in command("password", "bo@clinic.example", given=f"{NEW}\n")


def test_the_last_admin_stays(clinic_staff: Store, command: Callable[..., str]) -> None:
    with pytest.raises(SystemExit, match="last admin"):
        command("off", "ana@clinic.example")
    assert person("ana@clinic.example").disabled_at is None and sessions("ana@clinic.example") == 2
    command("add", "cy@clinic.example", "--name", "Cy Day", "--role", "admin", given=f"{PASSWORD}\n")
    command("off", "ana@clinic.example")
    assert person("ana@clinic.example").disabled_at is not None


def test_one_person_or_everybody_is_signed_out(clinic_staff: Store, command: Callable[..., str]) -> None:
    assert command("sign-out", "ana@clinic.example") == "Sessions ended: 2.\n"
    assert (sessions("ana@clinic.example"), sessions("bo@clinic.example")) == (0, 1)
    assert command("sign-out") == "Sessions ended: 1.\n"
    assert sessions("bo@clinic.example") == 0


def test_on_a_new_folder_the_list_is_empty(command: Callable[..., str]) -> None:
    assert command("list") == ""


def test_the_list_says_who_is_there(clinic_staff: Store, command: Callable[..., str]) -> None:
    command("off", "bo@clinic.example")
    assert command("list").splitlines() == [
        "ana@clinic.example\tAna Ruiz\tadmin\tactive",
        "bo@clinic.example\tBo Lind\treceptionist\tdisabled",
    ]
