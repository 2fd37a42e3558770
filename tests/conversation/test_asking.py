"""Not sure whether it is an emergency: the patient is told what to do and asked; yes is a flag; the
ordinary answer follows at once, whatever comes of it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from bot.clock import now
from bot.conversation import inbox
from bot.conversation.intake import accept
from bot.conversation.messages import add_message, locked
from bot.safety import Finding
from bot.store.engine import Store
from bot.store.models import Alert, Conversation, Event, Inbound, Message
from bot.store.modes import change_mode

UNSURE = Finding(
    ("R1",),
    "today",
    "Please get help today: {emergency_link}.",
    ask=True,
    raised_by="r01_clot.yml rule 3 + classifier",
    score=1.25,
)


class Unsure:
    """Rules that are unsure of everything in which "odd" stands, and sure of chest pain."""

    def prepare(self, text: str) -> None:
        pass

    def crisis_line(self, text: str) -> str:
        return ""

    def check(self, text: str, earlier: Sequence[str] = ()) -> Finding | None:
        if "chest pain" in text:
            return Finding(("R2",), "emergency", "Call 911 now.", raised_by="r02_chest.yml rule 1")
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


def speak(store: Store, talk: str, text: str, choices: Sequence[str] = ()) -> None:
    """The assistant says something."""
    with store.write() as session:
        add_message(
            session,
            locked(session, talk),
            "assistant",
            text,
            choices=[{"key": key, "label": key} for key in choices],
        )


def said(store: Store) -> list[str]:
    """What the patient was told by the red-flag check."""
    with store.read() as session:
        return list(
            session.scalars(select(Message.text).where(Message.sender == "system").order_by(Message.seq))
        )


def states(store: Store) -> list[tuple[str, str, str | None]]:
    with store.read() as session:
        return [
            (row.text, row.state, row.note) for row in session.scalars(select(Inbound).order_by(Inbound.id))
        ]


def alerts(store: Store) -> list[Alert]:
    with store.read() as session:
        return list(session.scalars(select(Alert).order_by(Alert.id)))


def test_it_asks_with_the_advice_and_the_ordinary_answer_follows_at_once(store: Store, talk: str) -> None:
    say(store, talk, "my leg is odd")
    with store.read() as session:
        line = session.scalars(select(Message).where(Message.sender == "system")).one()
    assert line.urgent and "tel:911" in line.text and "happening now" in line.text
    assert [choice["key"] for choice in line.choices] == ["flag_yes", "flag_no"]
    assert states(store) == [("my leg is odd", "pending", None)]
    assert not alerts(store)


@pytest.mark.parametrize(
    ("text", "choice"), [(None, "flag_yes"), ("yes", None), ("Yes it is, since this morning", None)]
)
def test_yes_is_the_flag(store: Store, talk: str, text: str | None, choice: str | None) -> None:
    say(store, talk, "my leg is odd")
    say(store, talk, text, choice)
    assert [alert.flags for alert in alerts(store)] == [["R1"]]
    assert states(store)[1][1:] == ("done", "red_flag")
    with store.read() as session:
        assert session.get_one(Conversation, talk).mode == "waiting"


@pytest.mark.parametrize(("text", "choice"), [(None, "flag_no"), ("no", None), ("Nope.", None)])
def test_no_gets_one_word_and_the_question_keeps_its_place(
    store: Store, talk: str, text: str | None, choice: str | None
) -> None:
    say(store, talk, "my leg is odd")
    say(store, talk, text, choice)
    assert [(row[1], row[2]) for row in states(store)] == [("pending", None), ("done", "asked_reply")]
    with store.read() as session:
        assert (
            session.scalars(select(Message.answer_id).order_by(Message.seq.desc())).first() == "after_not_now"
        )
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


def test_pressing_yes_counts_whatever_came_between(store: Store, talk: str) -> None:
    """The second half of the thought, sent before the question was read, is no reply that closes it."""
    say(store, talk, "my leg is odd")
    say(store, talk, "since this morning")
    say(store, talk, choice="flag_yes")
    assert [(alert.flags, alert.inbound_id) for alert in alerts(store)] == [(["R1"], 3)]
    # The message that was asked about is answered by the alert; the other one still gets its ordinary answer.
    assert [row[1:] for row in states(store)] == [
        ("done", "red_flag"),
        ("pending", None),
        ("done", "red_flag"),
    ]
    assert said(store)[-1].startswith("Please get help today")


def test_pressing_yes_after_no_is_the_flag(store: Store, talk: str) -> None:
    say(store, talk, "my leg is odd")
    say(store, talk, choice="flag_no")
    say(store, talk, choice="flag_yes")
    assert [alert.flags for alert in alerts(store)] == [["R1"]]
    assert states(store)[0][1:] == ("done", "red_flag")


def test_pressing_yes_is_never_too_late(store: Store, talk: str) -> None:
    say(store, talk, "my leg is odd")
    for number in range(50):
        say(store, talk, f"message {number}")
    say(store, talk, choice="flag_yes")
    assert len(alerts(store)) == 1


def test_pressing_yes_a_second_time_or_no_after_it_does_nothing(store: Store, talk: str) -> None:
    say(store, talk, "my leg is odd")
    for choice in ("flag_yes", "flag_yes", "flag_no", "flag_yes"):
        say(store, talk, choice=choice)
    assert len(alerts(store)) == 1 and len(said(store)) == 2
    assert [row[1:] for row in states(store)] == [("done", "red_flag")] * 2 + [("done", "asked_reply")] * 3


def test_pressing_no_again_answers_nothing_a_second_time(store: Store, talk: str) -> None:
    say(store, talk, "my leg is odd")
    say(store, talk, choice="flag_no")
    with store.write() as session:
        inbox.end(session.get_one(Inbound, 1), "answered")
    say(store, talk, choice="flag_no")
    say(store, talk, "no")
    assert [row[1:] for row in states(store)] == [("done", "answered")] + [("done", "asked_reply")] * 3


def test_a_flag_that_stands_is_not_asked_about_again(store: Store, talk: str) -> None:
    say(store, talk, "my leg is odd")
    say(store, talk, choice="flag_yes")
    say(store, talk, "thank you")
    say(store, talk, "now my arm is odd")
    say(store, talk, choice="flag_yes")
    assert [alert.inbound_id for alert in alerts(store)] == [2]
    assert sum("happening now" in line for line in said(store)) == 1


@pytest.mark.parametrize(
    "text", ["yes", "Yes!", "yes, now", "yes it is happening right now", "yep", "yes please"]
)
def test_a_typed_yes_counts_although_another_message_came_between(store: Store, talk: str, text: str) -> None:
    say(store, talk, "my leg is odd")
    say(store, talk, "since this morning")
    speak(store, talk, "Here is something about legs.")
    say(store, talk, text)
    assert len(alerts(store)) == 1
    say(store, talk, text)  # as often as it is said
    assert len(alerts(store)) == 1


@pytest.mark.parametrize("text", ["no", "No.", "not now"])
def test_a_typed_no_to_the_question_before_last_is_no_question_itself(
    store: Store, talk: str, text: str
) -> None:
    say(store, talk, "my leg is odd")
    say(store, talk, "since this morning")
    say(store, talk, text)
    assert [row[1:] for row in states(store)] == [
        ("pending", None),
        ("pending", None),
        ("done", "asked_reply"),
    ]


@pytest.mark.parametrize(
    "text", ["yes that helps", "yesterday", "yes and what about iron", "no idea what iron does"]
)
def test_later_only_a_bare_yes_or_no_is_a_reply(store: Store, talk: str, text: str) -> None:
    say(store, talk, "my leg is odd")
    say(store, talk, "since this morning")
    say(store, talk, text)
    assert not alerts(store) and states(store)[2][1] == "pending"


@pytest.mark.parametrize(
    ("line", "choices"),
    [
        ("Shall I send it?", []),
        ("Question 2 of 5.\n\nIs it worse at night?\n\nTake your time.", []),
        ("Check it:", ["affirm"]),
    ],
)
def test_a_bare_yes_belongs_to_the_question_that_was_asked_last(
    store: Store, talk: str, line: str, choices: list[str]
) -> None:
    say(store, talk, "my leg is odd")
    say(store, talk, "since this morning")
    speak(store, talk, line, choices)
    say(store, talk, "yes")
    assert not alerts(store) and states(store)[2][1] == "pending"
    say(store, talk, "yes, now")  # the words of our own question
    assert len(alerts(store)) == 1


def test_a_bare_yes_long_after_the_question_is_none(store: Store, talk: str) -> None:
    say(store, talk, "my leg is odd")
    for number in range(10):
        say(store, talk, f"message {number}")
    say(store, talk, "yes")
    say(store, talk, "yes, now")
    assert not alerts(store)


def test_what_is_no_message_does_not_come_between(store: Store, talk: str) -> None:
    """A sticker, a photograph or a command; the channels store these by other kinds."""
    say(store, talk, "my leg is odd")
    for kind in ("other", "command", "edit", "caption", "service"):
        with store.write() as session:
            session.add(
                Inbound(
                    conversation_id=talk,
                    channel="widget",
                    external_id=kind,
                    kind=kind,
                    text="",
                    seq=2,
                    state="done",
                    note=kind,
                )
            )
    speak(store, talk, "I only understand words. What would you like to know?")
    say(store, talk, "Yes it is, since this morning")
    assert len(alerts(store)) == 1


def test_a_no_wakes_a_closed_conversation(store: Store, talk: str) -> None:
    with store.write() as session:
        change_mode(session, session.get_one(Conversation, talk), "close", actor="Ann")
    say(store, talk, "my leg is odd")
    say(store, talk, "no")
    with store.read() as session:
        assert session.get_one(Conversation, talk).mode == "assistant"


def test_a_direct_flag_between_leaves_the_question_open(store: Store, talk: str) -> None:
    say(store, talk, "my leg is odd")
    say(store, talk, "chest pain")
    say(store, talk, choice="flag_yes")
    assert [alert.flags for alert in alerts(store)] == [["R2"], ["R1"]]


def test_the_alert_says_what_raised_it_after_a_yes_too(store: Store, talk: str) -> None:
    """What raised it was seen in the message before, and is kept with the question."""
    say(store, talk, "my leg is odd")
    say(store, talk, choice="flag_yes")
    say(store, talk, "chest pain")
    with store.read() as session:
        alerts = session.scalars(select(Alert).order_by(Alert.id)).all()
    assert [(alert.raised_by, alert.score) for alert in alerts] == [
        ("r01_clot.yml rule 3 + classifier", 1.25),
        ("r02_chest.yml rule 1", None),
    ]


def test_a_question_kept_before_the_cause_was_kept_is_still_answered(store: Store, talk: str) -> None:
    """An upgrade between the question and the yes."""
    say(store, talk, "my leg is odd")
    with store.write() as session:
        kept = session.scalars(select(Event).where(Event.kind == "asked_if_urgent")).one()
        kept.data = {name: kept.data[name] for name in ("inbound", "flags", "tier", "reply")}
    say(store, talk, choice="flag_yes")
    with store.read() as session:
        alert = session.scalars(select(Alert)).one()
    assert (alert.flags, alert.tier, alert.raised_by) == (["R1"], "today", None)


def test_a_cause_longer_than_its_column_costs_no_alert(store: Store, talk: str) -> None:
    with store.write() as session:
        found = Finding(("R2",), "emergency", "Call 911 now.", raised_by="x" * 500)
        accept(session, _Always(found), talk, external_id="long", text="chest pain")
    with store.read() as session:
        assert session.scalars(select(Alert.raised_by)).one() == "x" * 120


class _Always(Unsure):
    def __init__(self, finding: Finding) -> None:
        self._finding = finding

    def crisis_line(self, text: str) -> str:
        return ""

    def check(self, text: str, earlier: Sequence[str] = ()) -> Finding | None:
        return self._finding
