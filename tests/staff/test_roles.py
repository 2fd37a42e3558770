"""Which role may use which route: a file of all pairs, held against the route table and against real requests.

After a decision about a new route: ``python -m tests.staff.test_roles`` writes the file anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from bot.staff.auth.access import PUBLIC
from bot.staff.auth.roles import ROLES, may_open
from bot.store.migrate import go_to
from bot.store.models import Conversation, Staff
from tests.staff.conftest import House, Person, talk_path
from tests.staff.test_access import ROUTES, SAFE, filled
from tests.staff.test_audit import said

FILE = Path(__file__).parent / "routes.tsv"


def table() -> str:
    rows = ["\t".join(("method", "route", *ROLES))]
    for method, path in ROUTES:
        may = ROLES if path in PUBLIC else may_open(path)
        rows.append("\t".join((method, path, *("yes" if role in may else "-" for role in ROLES))))
    return "\n".join(rows) + "\n"


def test_every_route_has_its_roles_in_the_file() -> None:
    assert table().splitlines() == FILE.read_text().splitlines(), "a new route: who may use it? See above"


@pytest.mark.parametrize("role", ROLES)
def test_the_file_says_what_happens(house: House, role: str) -> None:
    house.add("ana@clinic.example", "Ana Ruiz", role)
    ana = house.sign_in("ana@clinic.example")
    for line in FILE.read_text().splitlines()[1:]:
        method, path, *answers = line.split("\t")
        if path in ("/staff/sign-out", "/staff/sign-in") or (
            answers[ROLES.index(role)] == "yes" and "events" in path
        ):
            continue  # it ends the session, or never ends
        data = {"csrf": ana.csrf} if method not in SAFE else None
        status = ana.browser.request(method, filled(path, house), data=data).status_code
        if answers[ROLES.index(role)] == "yes":
            assert status != 403, line
        elif path == "/staff/":
            assert status == 303, "the first page leads to the one that is open"
        else:
            assert status == 403, line


def test_an_auditor_sees_the_audit_and_no_word_of_a_patient(house: House, ana: Person) -> None:
    house.conversation("my own words")
    house.add("cy@clinic.example", "Cy Day", "auditor")
    cy = house.sign_in("cy@clinic.example")
    for path in ("/staff", "/staff/"):
        assert cy.get(path).headers["location"] == "/staff/audit"
    page = cy.get("/staff/audit").text
    assert "Ana Ruiz" in page and 'href="/staff/bookings"' not in page and "my own words" not in page
    assert "data-signed-in" not in page, "its script would ask for the queue"


def test_a_role_is_changed_and_written_down_and_what_was_held_is_free(
    house: House, ana: Person, bo: Person
) -> None:
    talk = house.conversation()
    bo.post(talk_path(talk, "claim"))
    assert ana.post("/staff/people/2/role", role="auditor").status_code == 303
    assert bo.get(talk_path(talk)).status_code == 403
    with house.store.read() as session:
        assert session.get_one(Conversation, talk).claimed_by is None
        assert session.get_one(Staff, 2).role == "auditor"
    assert said(house, "role_changed") == [("role_changed", "staff:1", "staff:2", "receptionist to auditor")]


def test_the_last_admin_keeps_the_role_and_there_is_no_other_than_the_five(
    house: House, ana: Person, bo: Person
) -> None:
    assert ana.post("/staff/people/1/role", role="lead").status_code == 409
    assert ana.post("/staff/people/2/role", role="staff").status_code == 400
    assert ana.post("/staff/people/9/role", role="lead").status_code == 404
    assert bo.post("/staff/people/1/role", role="lead").status_code == 403
    assert said(house, "role_changed") == []


def test_accounts_of_before_keep_what_they_could(engine: Engine) -> None:
    def roles() -> list[tuple[str, bool]]:
        with engine.connect() as connection:
            found = connection.execute(text("SELECT role, disabled_at FROM staff ORDER BY email"))
            return [(role, off is not None) for role, off in found]

    go_to(engine, "0009")
    insert = "INSERT INTO staff (email, name, role, password_hash, created_at) VALUES (:e, 'N', :r, '-', '2026-01-01')"
    with engine.begin() as connection:
        for mail, role in (("a", "admin"), ("b", "staff")):
            connection.execute(text(insert), {"e": mail, "r": role})
    go_to(engine, "0010")
    assert roles() == [("admin", False), ("receptionist", False)]
    with engine.begin() as connection:
        connection.execute(text(insert), {"e": "c", "r": "auditor"})
    go_to(engine, "0009")
    assert roles() == [("admin", False), ("staff", False), ("staff", True)]


if __name__ == "__main__":
    FILE.write_text(table())
