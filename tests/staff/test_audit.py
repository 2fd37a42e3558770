"""What the console writes into the audit, and the page and the file on which it is read."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from sqlalchemy import select

from bot import cli
from bot.conversation.erasure import erase
from bot.staff.auth.sessions import FREE_TRIES
from bot.staff.pages import safe_cell
from bot.store import audit
from bot.store.audit import AuditEntry
from bot.store.engine import store as store_of_process
from tests.staff.conftest import PASSWORD, House, Person, talk_path, try_password


def entries(house: House, *actions: str) -> list[AuditEntry]:
    with house.store.read() as session:
        found = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        return [entry for entry in found if entry.action in actions or not actions]


def said(house: House, *actions: str) -> list[tuple[Any, ...]]:
    return [(entry.action, entry.actor, entry.object, entry.detail) for entry in entries(house, *actions)]


def test_signing_in_is_recorded_right_wrong_and_locked(house: House) -> None:
    house.add("ana@clinic.example", "Ana Ruiz", "admin")
    browser = house.browser(address="203.0.113.9")
    try_password(browser, "ana@clinic.example", PASSWORD)
    try_password(browser, "my secret password", "x")
    for _ in range(FREE_TRIES + 3):
        try_password(browser, "ana@clinic.example", "wrong")
    assert said(house) == [
        ("signed_in", "staff:1", "", ""),
        ("sign_in_failed", "unknown", "", ""),
        *[("sign_in_failed", "staff:1", "", "")] * FREE_TRIES,
        ("sign_in_locked", "staff:1", "", ""),  # once a minute, or a stranger could fill the table
    ]
    assert {entry.address for entry in entries(house)} == {"203.0.113.9"}


def test_a_sign_in_to_an_account_that_is_off_says_so(house: House, ana: Person, bo: Person) -> None:
    ana.post("/staff/people/2/off")
    assert try_password(house.browser(), "bo@clinic.example", PASSWORD).status_code == 403
    assert said(house, "account_off", "sign_in_failed") == [
        ("account_off", "staff:1", "staff:2", ""),
        ("sign_in_failed", "staff:2", "", "account is switched off"),
    ]


def test_what_is_done_to_accounts_is_recorded(house: House, ana: Person) -> None:
    new = "quiet orchard bicycle"
    ana.post(
        "/staff/people", email="cy@clinic.example", name="Cy Day", role="receptionist", password=PASSWORD
    )
    ana.post(
        "/staff/people", email="cy@clinic.example", name="Cy Day", role="receptionist", password=PASSWORD
    )
    ana.post("/staff/people/2/password", password=new)
    ana.post("/staff/people/2/off")
    ana.post("/staff/people/2/on")
    ana.post("/staff/account/password", current="wrong", new=new, again=new)
    ana.post("/staff/account/password", current=PASSWORD, new=new, again=new)
    assert said(house)[1:] == [
        ("account_added", "staff:1", "staff:2", "receptionist"),
        ("password_reset", "staff:1", "staff:2", ""),
        ("account_off", "staff:1", "staff:2", ""),
        ("account_on", "staff:1", "staff:2", ""),
        ("sign_in_failed", "staff:1", "", "account page"),
        ("signed_in", "staff:1", "", "account page"),
        ("password_changed", "staff:1", "staff:1", ""),
    ]


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Purpose": "prefetch"}, {"Purpose": "prefetch"}, {"X-Fragment": "1"}]
)
def test_every_way_to_a_conversation_is_a_reading(house: House, bo: Person, headers: dict[str, str]) -> None:
    ways = [
        talk_path("{}"),
        "/staff/fragments/lines?conversation={}",
        "/staff/fragments/conversation?conversation={}",
    ]
    for way in ways:
        talk = house.conversation()
        for _ in range(2):  # the same page again is one reading
            assert bo.get(way.format(talk), headers=headers).status_code == 200
        reading = ("conversation_read", "staff:1", audit.of_conversation(talk), "")
        assert said(house, "conversation_read")[-1:] == [reading]
    assert len(said(house, "conversation_read")) == len(ways)


def test_lists_and_contacts_are_recorded(house: House, bo: Person) -> None:
    talk = house.conversation()
    booking = house.booking(talk)
    bo.get("/staff/")
    bo.get("/staff/fragments/queue")
    bo.get("/staff/bookings")
    bo.get("/staff/calendar.csv")
    assert bo.post(talk_path(talk, f"bookings/{booking}/contact")).status_code == 303
    assert said(house)[1:] == [
        ("list_read", "staff:1", "", ""),
        ("bookings_read", "staff:1", "", ""),
        ("bookings_exported", "staff:1", "", ""),
        ("conversation_read", "staff:1", audit.of_conversation(talk), ""),
        ("contact_read", "staff:1", audit.of_conversation(talk), f"request {booking}"),
    ]


def test_nothing_is_read_without_a_record(house: House, bo: Person) -> None:
    talk = house.conversation("my own words")
    with house.store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE audit RENAME TO lost")
    answer = bo.get(talk_path(talk))
    assert answer.status_code == 503 and "my own words" not in answer.text


def test_refusals_are_recorded_by_the_page_and_not_by_what_was_typed(house: House, bo: Person) -> None:
    talk = house.conversation()
    bo.get("/staff/people")
    bo.browser.post(talk_path(talk, "note"), data={"csrf": "old", "text": "my secret"})
    bo.browser.post(
        talk_path(talk, "note"), data={"csrf": bo.csrf}, headers={"Origin": "https://evil.example"}
    )
    note = "POST /staff/conversations/{conversation_id}/note"
    assert said(house, "access_refused", "csrf_refused") == [
        ("access_refused", "staff:1", "", "GET /staff/people"),
        ("csrf_refused", "staff:1", "", note),
        ("csrf_refused", "unknown", "", note),  # it is refused before anybody looks whose it is
    ]


def test_no_words_name_or_contact_of_a_patient_are_in_it_and_it_outlives_them(
    house: House, bo: Person
) -> None:
    talk = house.conversation("I am Margaret, call 555 010 4477")
    booking = house.booking(talk)
    for what in ("claim", "reply", "note", f"bookings/{booking}/contact"):
        bo.post(talk_path(talk, what), text="dear Margaret")
    before = len(entries(house))
    erase(house.store, talk)
    kept = entries(house)
    assert len(kept) == before + 1
    everything = str([vars(entry) for entry in kept])
    assert not [word for word in ("Margaret", "4477", talk) if word in everything]
    assert audit.of_conversation(talk) in everything


def test_only_admins_read_it(house: House, ana: Person, bo: Person) -> None:
    for path in ("/staff/audit", "/staff/audit.csv"):
        assert bo.get(path).status_code == 403
        assert ana.get(path).status_code == 200
    assert said(house, "audit_read", "audit_exported") == [
        ("audit_read", "staff:1", "", ""),
        ("audit_exported", "staff:1", "", ""),
    ]


def rows(answer: Any) -> list[dict[str, str]]:
    assert (
        answer.headers["content-type"].startswith("text/csv")
        and "attachment" in answer.headers["content-disposition"]
    )
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_the_filters_hold_on_the_page_and_in_the_file(house: House, ana: Person, bo: Person) -> None:
    talk, other = house.conversation(), house.conversation("something else")
    bo.get(talk_path(talk))
    ana.get(talk_path(other))
    for query, actions in {
        f"on=http://testserver{talk_path(talk)}?view=mine": ["Read a conversation"],
        "actor=staff:2": ["Read a conversation", "Signed in"],
        "action=signed_in": ["Signed in", "Signed in"],
        "since=2999-01-01": [],
        "until=2001-01-01": [],
        "actor=staff:2&action=conversation_read&since=2001-01-01&until=2999-01-01": ["Read a conversation"],
    }.items():
        assert [row["What"] for row in rows(ana.get(f"/staff/audit.csv?{query}"))] == actions, query
        page = ana.get(f"/staff/audit?{query}")
        assert page.status_code == 200 and page.text.count("<tr><td>") == len(actions), query
    bad = ana.get("/staff/audit?since=yesterday")
    assert bad.status_code == 400 and "2026-12-31" in bad.text
    assert ana.get("/staff/audit.csv?until=0").status_code == 400


def test_older_entries_are_on_the_next_page(house: House, ana: Person) -> None:
    with house.store.write() as session:
        for _ in range(130):
            audit.record(session, "erased", actor=audit.PATIENT)
    first = ana.get("/staff/audit?action=erased").text
    assert first.count("<tr><td>") == 100 and "action=erased&amp;before=32" in first
    second = ana.get("/staff/audit?action=erased&before=32").text
    assert second.count("<tr><td>") == 30 and "Older entries" not in second


def test_a_name_is_no_formula_in_the_file(house: House, ana: Person) -> None:
    house.add("x@clinic.example", '=HYPERLINK("https://evil.example")')
    house.sign_in("x@clinic.example")
    (row,) = rows(ana.get("/staff/audit.csv?actor=staff:2"))
    assert row["Who"].startswith("'=HYPERLINK")
    assert [safe_cell(cell)[0] for cell in ("=1", "+1", "-1", "@a", "\t=1", "\r=1")] == ["'"] * 6
    assert safe_cell("Ana Ruiz") == "Ana Ruiz"


def test_the_command_says_whole_or_names_the_link(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    cli.main(["staff", "add", "ana@clinic.example", "--name", "Ana Ruiz", "--role", "admin"])
    cli.main(["staff", "sign-out"])
    cli.main(["audit", "verify"])
    out = capsys.readouterr().out
    assert "The audit is whole: 2 entries." in out
    with store_of_process().engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        connection.exec_driver_sql("UPDATE audit SET actor = 'staff:7' WHERE id = 1")
    with pytest.raises(SystemExit, match=r"2 entries\):\nEntry 1 .* was changed after it was written"):
        cli.main(["audit", "verify", "--holds", out.split()[-1]])
