"""Not sure whether it is an emergency: the patient is told what to do and asked; yes is a flag, no gets the ordinary answer."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from bot.conversation.intake import accept
from bot.safety import Finding
from bot.store.engine import Store
from bot.store.models import Alert, Conversation, Inbound, Message, now

UNSURE = Finding(("R1",), "today", "Please get help today: {emergency_link}.", ask=True)


class Unsure:
    """A guard that is unsure of everything in which "odd" stands."""

    def prepare(self, text: str) -> None:
        pass

    def check(self, text: str, earlier: Sequence[str] = ()) -> Finding | None:
        return UNSURE if "odd" in text else None


@pytest.fixture
def talk(store: Store) -> str:
    with store.write() as session:
        made = Conversation(channel="widget", token_hash="x", consent_at=now())
        session.add(made)
        session.flush()
        return made.id


def say(store: Store, talk: str, text: str | None = None, choice: str | None = None) -> None:
    with store.write() as session:
        count = len(session.scalars(select(Inbound.id)).all())
        accept(session, Unsure(), talk, external_id=f"m{count}", text=text, choice=choice)


def states(store: Store) -> list[tuple[str, str, str | None]]:
    with store.read() as session:
        return [(row.text, row.state, row.note) for row in session.scalars(select(Inbound).order_by(Inbound.id))]


def alerts(store: Store) -> list[Alert]:
    with store.read() as session:
        return list(session.scalars(select(Alert)))


def test_it_asks_with_the_advice_and_holds_the_answer(store: Store, talk: str) -> None:
    say(store, talk, "my leg is odd")
    with store.read() as session:
        line = session.scalars(select(Message).where(Message.sender == "system")).one()
    assert line.urgent and "tel:911" in line.text and "happening now" in line.text
    assert [choice["key"] for choice in line.choices] == ["flag_yes", "flag_no"]
    assert states(store) == [("my leg is odd", "done", "asked")]
    assert not alerts(store)


@pytest.mark.parametrize(("text", "choice"), [(None, "flag_yes"), ("yes", None), ("Yes it is, since this morning", None)])
def test_yes_is_the_flag(store: Store, talk: str, text: str | None, choice: str | None) -> None:
    say(store, talk, "my leg is odd")
    say(store, talk, text, choice)
    assert [alert.flags for alert in alerts(store)] == [["R1"]]
    assert states(store)[1][1:] == ("done", "red_flag")
    with store.read() as session:
        assert session.get_one(Conversation, talk).mode == "waiting"


@pytest.mark.parametrize(("text", "choice"), [(None, "flag_no"), ("no", None), ("Nope.", None)])
def test_no_gets_the_ordinary_answer_and_is_not_answered_itself(store: Store, talk: str, text: str | None, choice: str | None) -> None:
    say(store, talk, "my leg is odd")
    say(store, talk, text, choice)
    assert [(row[1], row[2]) for row in states(store)] == [("pending", "asked_no"), ("done", "asked_reply")]
    assert not alerts(store)


def test_anything_else_lets_both_be_answered_and_does_not_ask_again(store: Store, talk: str) -> None:
    say(store, talk, "my leg is odd")
    say(store, talk, "what about odd iron pills")
    assert [row[1] for row in states(store)] == ["pending", "pending"]
    with store.read() as session:
        assert len(session.scalars(select(Message).where(Message.sender == "system")).all()) == 1


def test_the_buttons_cannot_be_pressed_unasked(store: Store, talk: str) -> None:
    with pytest.raises(Exception, match="no longer there"):
        say(store, talk, choice="flag_yes")


def test_pressing_yes_later_does_nothing_by_itself(store: Store, talk: str) -> None:
    say(store, talk, "my leg is odd")
    say(store, talk, choice="flag_no")
    say(store, talk, choice="flag_yes")
    assert states(store)[2][1:] == ("done", "asked_reply")
