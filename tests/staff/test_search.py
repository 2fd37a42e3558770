"""Finding conversations: by code, name, contact and words, with filters and pages, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.clock import now
from bot.errors import RefusedError
from bot.staff import search
from bot.staff.search import Wanted, find
from bot.store.engine import Store
from bot.store.models import Booking, Conversation, Inbound, Message, Staff, TurnLog


class Clinic:
    """Conversations straight into the tables."""

    def __init__(self, store: Store) -> None:
        self.store = store
        with store.write() as session:
            session.add(Staff(id=1, email="ana@clinic.example", name="Ana", password_hash="x"))

    def talk(
        self,
        *lines: str,
        id: str | None = None,
        name: str = "",
        contact: str = "",
        staff: int | None = None,
        **of: Any,
    ) -> str:
        with self.store.write() as session:
            made = Conversation(channel="widget", last_seq=len(lines))
            for key, value in {"id": id, **of}.items():
                if value is not None:
                    setattr(made, key, value)
            session.add(made)
            session.flush()
            for seq, line in enumerate(lines, 1):
                sender = "staff" if staff else "patient"
                of_talk = {"conversation_id": made.id, "seq": seq, "text": line}
                session.add(Message(sender=sender, staff_id=staff, **of_talk))
            if name or contact:
                inbound = Inbound(
                    conversation_id=made.id, channel="widget", external_id=made.id, text="x", seq=1
                )
                session.add(inbound)
                session.flush()
                said = {"times": "x", "reason": "x", "consent_at": now(), "name": name, "contact": contact}
                session.add(Booking(conversation_id=made.id, inbound_id=inbound.id, **said))
            return made.id

    def topic(self, talk: str, topic: str) -> None:
        with self.store.write() as session:
            inbound = Inbound(conversation_id=talk, channel="widget", external_id=f"t{talk}", text="x", seq=9)
            session.add(inbound)
            session.flush()
            session.add(
                TurnLog(conversation_id=talk, inbound_id=inbound.id, action="action_reply", answer_id=topic)
            )

    def found(self, said: str = "", **wanted: Any) -> list[str]:
        with self.store.read() as session:
            return [hit.row.conversation.id for hit in find(session, Wanted(said, **wanted)).hits]


@pytest.fixture
def clinic(store: Store) -> Clinic:
    return Clinic(store)


def test_who_is_looked_for_by_code_name_or_contact_comes_before_the_words(clinic: Clinic) -> None:
    code = clinic.talk("hello", id="beef" + "1" * 28)
    named = clinic.talk("hello", name="Ann Beef Hill", contact="ann.hill@mail.example")
    called = clinic.talk("hello", contact="+1 (555) 010-4477")
    said = clinic.talk("beef makes it worse")
    assert clinic.found("beef") == [code, named, said] == clinic.found("BEEF")
    assert clinic.found("Visitor BEEF") == [code]
    assert clinic.found("hill an") == [named] == clinic.found("ANN.hill@mail")
    assert clinic.found("555 010 4477") == [called] == clinic.found("4477") == clinic.found("0555.0104477")
    assert clinic.found("447") == clinic.found("+1") == clinic.found("%") == []


def test_words_find_the_newest_line_of_each_conversation_once(clinic: Clinic) -> None:
    old = clinic.talk("cramps in my calf", "cramps again, and the iron tablets", "thank you")
    new = clinic.talk("x " * 200 + "cramps at night")
    with clinic.store.read() as session:
        found = find(session, Wanted("cramps")).hits
    assert [(hit.row.conversation.id, hit.by, hit.line and hit.line.seq) for hit in found] == [
        (new, "words", 1),
        (old, "words", 2),
    ]
    assert found[0].part.startswith("… ") and found[0].part.endswith("cramps at night")
    assert clinic.found("iron cramps") == [old]


def test_each_filter_leaves_out_what_does_not_fit_alone_and_with_words(clinic: Clinic) -> None:
    week = now() - timedelta(days=7)
    plain = clinic.talk("legs", updated_at=now() - timedelta(minutes=5))
    telegram = clinic.talk("legs", channel="telegram", external_id="1")
    earlier = clinic.talk("legs", mode="closed", updated_at=week)
    wrote = clinic.talk("legs", staff=1, updated_at=now() - timedelta(minutes=9))
    asked = clinic.talk("legs", name="Ann", updated_at=now() - timedelta(minutes=20))
    clinic.topic(plain, "iron")
    day, before = f"{week:%Y-%m-%d}", f"{week - timedelta(days=2):%Y-%m-%d}"
    cases: list[tuple[dict[str, str], list[str]]] = [
        ({"channel": "telegram"}, [telegram]),
        ({"outcome": "closed"}, [earlier]),
        ({"outcome": "requested"}, [asked]),
        ({"outcome": "flag"}, []),
        ({"by": "1"}, [wrote]),
        ({"topic": "iron"}, [plain]),
        ({"since": before, "until": day}, [earlier]),
        ({"since": day, "channel": "widget"}, [plain, wrote, asked, earlier]),
        ({"until": before}, []),
    ]
    for wanted, expected in cases:
        assert clinic.found(**wanted) == expected, wanted
        assert sorted(clinic.found("legs", **wanted)) == sorted(expected), wanted
    for day in ("yesterday", "9999-12-31"):
        with pytest.raises(RefusedError):
            clinic.found(until=day)
    assert clinic.found(by="99999999999") == []


def test_pages_repeat_nobody_and_miss_nobody(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PAGE", 3)
    named = clinic.talk("hello", name="Legs")
    talks = [clinic.talk("legs", "legs again") for _ in range(6)]
    pages = [clinic.found("legs", page=number) for number in (1, 2, 3, 4)]
    assert pages == [[named, *talks[:3:-1]], talks[3:0:-1], talks[:1], []]
    with clinic.store.read() as session:
        assert [find(session, Wanted("legs", page=number)).more for number in (1, 2, 3)] == [
            True,
            True,
            False,
        ]
        assert find(session, Wanted(channel="widget", page=2)).more


def test_it_says_so_when_not_all_lines_were_looked_at(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST_LINES", 500)
    clinic.talk(*["legs"] * 600)
    with clinic.store.read() as session:
        assert find(session, Wanted("legs")).too_many and len(find(session, Wanted("legs")).hits) == 1
        assert not find(session, Wanted("arms")).too_many
