"""A conversation as a file for staff."""

from __future__ import annotations

from bot.store import audit
from tests.staff.conftest import House, Person, talk_path
from tests.staff.test_audit import said


def test_a_conversation_is_saved_with_every_line_and_no_note(house: House, ana: Person) -> None:
    talk, other = house.conversation("my legs, <b>Müller</b>"), house.conversation("of somebody else")
    ana.post(talk_path(talk, "claim"))
    ana.post(talk_path(talk, "reply"), text="Please come on Tuesday.", client_id="k" * 32)
    ana.post(talk_path(talk, "note"), text="a secret note", client_id="n" * 32)
    path = talk_path(talk, "transcript.txt")
    assert f'href="{path}" download' in ana.get(talk_path(talk)).text
    file = ana.get(path)
    assert file.headers["content-type"] == "text/plain; charset=utf-8"
    assert file.headers["content-disposition"] == f'attachment; filename="conversation-{talk[:4]}.txt"'
    assert file.headers["cache-control"] == "no-store"
    for part in (
        "Patient:\nmy legs, <b>Müller</b>",
        "Ana Ruiz:\nPlease come on Tuesday.",
        "saved by Ana Ruiz",
    ):
        assert part in file.text
    assert "secret note" not in file.text and "somebody else" not in file.text and other
    on = audit.of_conversation(talk)
    assert said(house, "conversation_exported") == [("conversation_exported", "staff:1", on, "")]
    ana.get(path)
    assert len(said(house, "conversation_exported")) == 2  # each file that leaves the house


def test_a_conversation_that_is_not_there_has_no_file(house: House, ana: Person) -> None:
    assert ana.get(talk_path("0" * 32, "transcript.txt")).status_code == 404
    assert said(house, "conversation_exported") == []
