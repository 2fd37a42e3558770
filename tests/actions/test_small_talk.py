"""Greetings, "are you there", details for staff, stories that ask nothing, and medicines that are named."""

from __future__ import annotations

import pytest

from bot.content.answers import answers
from bot.content.clinic import FACTS
from bot.content.clinic_facts import fact
from bot.content.medicine_text import medicine_text
from tests.actions.conftest import Patient
from tests.actions.talk import tell


def test_hello_again_goes_on_where_one_was(patient: Patient) -> None:
    assert tell(patient, "hi", "greet")["answer"] == "greet"
    tell(patient, "the drip", "ask_iron_infusion")
    said = tell(patient, "hello, back now", "greet")
    assert said["decided_by"] == "greets_again" and "iron by drip" in said["text"]
    assert "ask_iron_infusion" in said["choices"]


def test_are_you_there_while_waiting(patient: Patient) -> None:
    assert tell(patient, "you there?", "ask_presence")["answer"] == "ask_presence"
    patient.becomes("hand_over", reason="asked")
    said = tell(patient, "you there?", "ask_presence")
    assert said["answer"] == "presence_waiting" and said["decided_by"] == "presence_waiting"


@pytest.mark.parametrize("intent", ["out_of_scope_other", "nlu_fallback", "stop", "out_of_scope_medical"])
def test_details_of_an_unknown_booking_are_offered_to_staff(patient: Patient, intent: str) -> None:
    patient.events += [{"event": "bot", "data": {"custom": {"answer": "change_none", "text": "x"}}}]
    said = tell(patient, "it stands under Whitlock, on Monday", intent)
    assert said["answer"] == "change_details" and "talk_to_staff" in said["choices"]
    assert tell(patient, "yes", "affirm")["decided_by"] in (None, "offer_answered")


def test_what_is_asked_of_the_summary(patient: Patient) -> None:
    patient.events += [{"event": "bot", "data": {"custom": {"answer": "check_fits", "text": "x"}}}]
    assert tell(patient, "may i print it", "out_of_scope_other")["answer"] == "check_keep"


@pytest.mark.parametrize(
    "text",
    [
        "i have fibromyalgia too",
        "she also has a bad thyroid, poor thing",
        "i am completely worn out, what can be done about asthma",
    ],
)
def test_a_story_is_heard_and_not_refused(patient: Patient, text: str) -> None:
    tell(patient, "is it dangerous", "ask_cure")
    said = tell(patient, text, "out_of_scope_medical")
    assert said["answer"] == "story" and said["decided_by"] == "story"
    assert "check_symptoms" in said["choices"]


def test_a_question_on_another_illness_is_not_ours(patient: Patient) -> None:
    said = tell(patient, "how is asthma treated", "out_of_scope_medical")
    assert said["answer"] == "out_of_scope_medical"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("i also take benadryl in spring", "out_of_scope_medical"),
        ("what about zoloft", "ask_worsening_medicines"),
        ("and lisinopril?", "nlu_fallback"),
    ],
)
def test_a_medicine_is_answered_from_its_row(patient: Patient, text: str, intent: str) -> None:
    said = tell(patient, text, intent, 0.6)
    name = text.rstrip("?").split()[-3] if "spring" in text else text.rstrip("?").split()[-1]
    found = medicine_text(name)
    assert found and said["decided_by"] == "medicine_named" and name in said["text"].lower()
    assert said["answer"] == (found.topic if found.topic in answers() else "ask_worsening_medicines")


def test_a_topic_that_speaks_of_the_medicine_keeps_it(patient: Patient) -> None:
    assert tell(patient, "tell me about gabapentin", "ask_gabapentin")["decided_by"] == "topic"


def test_a_medicine_beside_the_subject(patient: Patient) -> None:
    tell(patient, "does magnesium help", "ask_magnesium")
    said = tell(patient, "and with lisinopril?", "out_of_scope_medical")
    assert said["decided_by"] == "medicine_beside" and "lisinopril" in said["text"].lower()


def test_nobody_in_distress_is_told_what_we_do_not_know(patient: Patient) -> None:
    for line in ("out_of_scope_medical", "out_of_scope_other", "story"):
        assert not any("all I know" in words for words in (answers()[line].text, *answers()[line].variants))


def test_a_fact_about_the_clinic_is_answered_alone(patient: Patient) -> None:
    asked = {"clinic_fact": {"name": "hours", "confidence": 0.8}}
    said = tell(patient, "what time do you open", "ask_clinic", **asked)
    assert said["decided_by"] == "clinic_fact" and fact("hours").text in said["text"]
    assert answers()["ask_clinic"].text not in said["text"]


def test_a_fact_that_nobody_wrote_down_is_offered_to_staff(patient: Patient) -> None:
    unknown = next(kind for kind in FACTS if not fact(kind).known)
    asked = {"clinic_fact": {"name": unknown, "confidence": 0.8}}
    said = tell(patient, "a question on that", "ask_clinic", **asked)
    assert said["answer"] == "ask_staff_for_fact" and "talk_to_staff" in said["choices"]
    assert tell(patient, "yes please", "affirm")["decided_by"] != "small_talk"


def test_an_unclear_fact_gets_the_clinic_as_a_whole(patient: Patient) -> None:
    asked = {"clinic_fact": {"name": "hours", "confidence": 0.2}}
    assert tell(patient, "tell me of the clinic", "ask_clinic", **asked)["decided_by"] == "topic"
