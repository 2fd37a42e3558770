"""What says little alone is read after the last topic; what is told and not asked gets no answer to a question."""

from __future__ import annotations

import pytest

from bot.content.answers import answers
from bot.content.clinic import clinic
from bot.content.facets import facets
from bot.understanding.intent_model import IntentModel
from bot.understanding.reading import read_after
from tests.actions.conftest import Patient
from tests.actions.talk import _trained, tell


def after(topic: str, confidence: float = 0.9) -> dict[str, object]:
    return {"in_context": {"name": topic, "confidence": confidence}}


@pytest.mark.parametrize(
    ("subject", "text", "topic"),
    [
        ("iron blood tests", "so i swallow them with juice?", "ask_iron_supplements"),
        ("restless legs in pregnancy", "could it harm the little one", "ask_pregnancy"),
    ],
)
def test_after_the_name_of_a_subject_a_message_is_read_as_of_it(subject: str, text: str, topic: str) -> None:
    name, confidence = read_after(_trained(IntentModel, "intents.npz"), subject, text)
    assert name == topic and confidence > 0.4


def test_what_is_not_read_alone_is_answered_in_context(patient: Patient) -> None:
    tell(patient, "first", "ask_iron_test")
    said = tell(patient, "juice and tablets together", "nlu_fallback", 0.2, **after("ask_iron_supplements"))
    assert said["decided_by"] == "in_context" and said["answer"] == "ask_iron_supplements"


@pytest.mark.parametrize(
    ("intent", "confidence", "context"),
    [
        ("ask_caffeine", 0.9, 0.9),  # read alone
        ("out_of_scope_other", 0.99, 0.9),  # surely something else
        ("nlu_fallback", 0.2, 0.3),  # not clear in context either
    ],
)
def test_what_is_read_alone_or_clear_in_neither_way_is_not(
    patient: Patient, intent: str, confidence: float, context: float
) -> None:
    tell(patient, "first", "ask_iron_test")
    said = tell(
        patient, "purple clouds over there", intent, confidence, **after("ask_iron_supplements", context)
    )
    assert said["decided_by"] != "in_context"


def test_what_is_told_gets_no_answer_to_a_question_nobody_asked(patient: Patient) -> None:
    tell(patient, "first", "ask_varicose_veins")
    said = tell(patient, "that was years ago with me", "nlu_fallback", 0.2)
    assert said["decided_by"] == "tells_on" and said["answer"] == "told_on"
    texts = [own.text.strip() for own in facets()["ask_varicose_veins"].facets.values()]
    assert not [words for words in texts if clinic().fill(words) in said["text"]]
    again = tell(patient, "i have had those for ages", "nlu_fallback", 0.2)
    assert again["text"] != said["text"]


def test_two_facts_of_the_clinic_are_both_said(patient: Patient) -> None:
    facts = {
        "clinic_fact": {"name": "address", "confidence": 0.9},
        "clinic_fact_also": {"name": "hours", "confidence": 0.9},
    }
    said = tell(patient, "your address and when do you open", "ask_clinic", **facts)
    assert (
        clinic().fill("{clinic_address}") in said["text"] and clinic().fill("{clinic_hours}") in said["text"]
    )


def test_a_third_question_is_named_and_offered_first(patient: Patient) -> None:
    said = tell(
        patient,
        "is it dangerous, does it get worse and may i have wine",
        "ask_is_it_dangerous",
        also={"name": "ask_alcohol", "confidence": 0.9},
        rest=["ask_progression"],
    )
    assert facets()["ask_progression"].asks in said["text"] and "ask_progression" in said["choices"]
    assert answers()["ask_progression"].text not in said["text"]
