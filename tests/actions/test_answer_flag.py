"""After a red flag the assistant does not forget it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.clock import now
from bot.content.answers import answers
from bot.content.clinic import clinic
from bot.safety import flags
from bot.store.models import Alert, TurnLog
from tests.actions.conftest import Patient
from tests.actions.talk import flag, tell, write

FLAGS = list(flags())
NOT_HERE = answers()["not_this_leg"].text


def test_every_flag_has_its_line() -> None:
    assert not [name for name in FLAGS if f"after_{name.lower()}" not in answers()]
    assert not [name for name in FLAGS if not answers()[f"after_{name.lower()}"].variants]


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize(
    "intent",
    ["affirm", "deny", "thank", "stop", "complain", "nlu_fallback", "out_of_scope_other", "rate_unhelpful"],
)
def test_what_is_no_question_is_answered_from_the_flag(patient: Patient, name: str, intent: str) -> None:
    flag(patient, "something happened", name)
    said = tell(patient, "hm well", intent)
    assert said["answer"] == f"after_{name.lower()}"
    assert patient.rows(TurnLog)[-1].answer_id == f"after_{name.lower()}"


@pytest.mark.parametrize(
    ("name", "text", "misread"),
    [
        ("R8", "do i quit taking that then", "ask_iron_supplements"),
        ("R9", "for how many weeks", "ask_pregnancy"),
        ("R6", "is this because of my rls?", "ask_symptoms"),
        ("R6", "has that anything to do with restless legs", "ask_symptoms"),
        ("R1", "how long may i wait with it", "ask_when_to_seek_care"),
        ("R10", "what amount is dangerous", "ask_dose"),
        ("R8", "am i to blame for that", "complain"),
        ("R9", "what could happen", "ask_more"),
        ("R9", "i have no doctor at the moment", "ask_when_to_seek_care"),
        ("R7", "it was only a joke", "out_of_scope_other"),
        ("R4", "how do i know if i have it", "check_symptoms"),
    ],
)
def test_what_leans_on_the_flag_is_answered_from_it(
    patient: Patient, name: str, text: str, misread: str
) -> None:
    tell(patient, "my pills", "ask_dopamine_medicines")
    flag(patient, "something happened", name)
    assert tell(patient, text, misread)["answer"] == f"after_{name.lower()}"


@pytest.mark.parametrize("text", ["i'm back home", "it is a bit better now"])
def test_a_short_remark_is_about_the_flag(patient: Patient, text: str) -> None:
    flag(patient, "something happened", "R14")
    assert write(patient, text)["answer"] == "after_r14"


def test_a_wish_for_nobody_is_no_wish_for_staff(patient: Patient) -> None:
    flag(patient, "i see no point", "R7")
    said = tell(patient, "i do not want to talk to anybody", "deny")  # as the trained classifier reads it
    assert said["answer"] == "after_r7"
    assert clinic().fill("{crisis_line}") in said["text"]
    assert patient.conversation().mode == "assistant"


def test_a_wish_for_a_person_is_heard_after_a_flag_too(patient: Patient) -> None:
    flag(patient, "i see no point", "R7")
    assert tell(patient, "i don't know, can someone call me", "talk_to_staff")["answer"].startswith(
        "hand_off"
    )


@pytest.mark.parametrize("name", ["R1", "R4"])
@pytest.mark.parametrize("topic", ["ask_massage_bath", "ask_compression", "ask_exercise"])
def test_hands_off_a_leg_that_must_be_seen(patient: Patient, name: str, topic: str) -> None:
    flag(patient, "my calf", name)
    said = tell(patient, "shall i rub it then", topic)
    assert said["text"].startswith(NOT_HERE)
    assert clinic().fill(answers()[topic].text) not in said["text"]
    assert topic in said["choices"]
    pressed = tell(patient, f"/{topic}", topic)["text"]
    assert pressed.startswith(NOT_HERE) and clinic().fill(answers()[topic].text) in pressed


def test_hands_off_even_where_another_flag_leads(patient: Patient) -> None:
    flag(patient, "my chest and my calf", "R2", "R1")
    assert tell(patient, "can i massage it", "ask_massage_bath")["text"].startswith(NOT_HERE)


@pytest.mark.parametrize("name", ["R2", "R8"])
def test_a_leg_without_such_a_flag_may_be_rubbed(patient: Patient, name: str) -> None:
    flag(patient, "something", name)
    assert tell(patient, "does massage help", "ask_massage_bath")["answer"] == "ask_massage_bath"


def test_a_question_of_its_own_is_answered_as_ever(patient: Patient) -> None:
    flag(patient, "i have gambled", "R8")
    assert tell(patient, "what are restless legs", "ask_what_is_rls")["answer"] == "ask_what_is_rls"
    # ... and then "it" is of that answer, while a bare yes still is of the flag
    tell(patient, "does iron help", "ask_iron_supplements")
    assert tell(patient, "any side effects", "ask_dopamine_medicines")["answer"] == "ask_iron_supplements"
    assert tell(patient, "ok", "affirm")["answer"] == "after_r8"


def test_who_wants_the_topics_gets_them(patient: Patient) -> None:
    flag(patient, "something", "R8")
    assert tell(patient, "which topics do you have", "show_topics")["answer"] == "show_topics"


def test_it_is_not_said_twice_in_the_same_words(patient: Patient) -> None:
    flag(patient, "my calf", "R1")
    assert tell(patient, "ok", "affirm")["text"] != tell(patient, "thanks", "thank")["text"]


@pytest.mark.parametrize("over", ["old", "closed"])
def test_a_flag_that_is_over_is_over(patient: Patient, over: str) -> None:
    rest = {"raised_at": now() - timedelta(minutes=31)} if over == "old" else {"closed_at": now()}
    flag(patient, "my calf", "R1", **rest)
    assert tell(patient, "thanks", "thank")["answer"] == "thank"
    assert tell(patient, "does massage help", "ask_massage_bath")["answer"] == "ask_massage_bath"


def test_a_newer_flag_that_was_closed_ends_it(patient: Patient) -> None:
    flag(patient, "my calf", "R1", raised_at=now() - timedelta(minutes=5))
    assert tell(patient, "thanks", "thank")["answer"] == "after_r1"
    with patient.store.write() as session:  # type: ignore[union-attr]
        session.query(Alert).update({"closed_at": now()})
    assert tell(patient, "thanks", "thank")["answer"] == "thank"


def test_the_flag_of_another_conversation_is_none_of_ours(patient: Patient) -> None:
    other = Patient(patient.store)
    flag(other, "my calf", "R1")
    assert tell(patient, "thanks", "thank")["answer"] == "thank"


def test_the_question_of_deletion_comes_first(patient: Patient) -> None:
    from actions.privacy import ActionAskDelete

    flag(patient, "my calf", "R1")
    patient.writes("delete my data", "delete_my_data").hears(ActionAskDelete())
    assert tell(patient, "no", "deny")["answer"] == "delete_kept"
