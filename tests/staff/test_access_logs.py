"""What the console logs when a page fails: our own events, with the page's pattern and nothing that was
typed or looked at."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from bot.staff import conversation_routes
from tests.staff.conftest import House, Person

TYPED = "what the patient told me"


def test_a_broken_database_is_one_database_error(house: House, ana: Person) -> None:
    talk = house.conversation()
    with house.store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE notes RENAME TO lost")
    with capture_logs() as lines:
        assert ana.post(f"/staff/conversations/{talk}/note", text=TYPED).status_code == 503
    (line,) = lines
    assert (line["event"], line["log_level"], line["error"]) == (
        "database_error",
        "error",
        "OperationalError",
    )
    assert line["path"] == "/staff/conversations/{conversation_id}/note"
    assert TYPED not in str(lines) and talk not in str(lines)


def test_a_bug_is_one_event_that_says_where_it_is(
    house: House, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = house.conversation()

    def broken(*_: object, **__: object) -> None:
        raise KeyError(TYPED)

    monkeypatch.setattr(conversation_routes.desk, "add_note", broken)
    with capture_logs() as lines:
        assert ana.post(f"/staff/conversations/{talk}/note", text=TYPED).status_code == 500
    (line,) = lines
    assert (line["event"], line["error"]) == ("page_failed", "KeyError")
    assert line["at"].startswith(f"{__file__}:")
    assert TYPED not in str(lines)
