"""Who and what is meant over several turns; nothing said twice; what must come before an answer."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bot.content.answers import TEACHING, answers
from bot.content.clinic import Clinic, clinic
from tests.actions.conftest import Patient
from tests.actions.talk import tell


def caution(key: str, answer: str) -> str:
    return clinic().fill(answers()[answer].caution_texts.get(key, answers().cautions[key].text))


def test_a_medicine_asked_for_by_name_is_the_topic(patient: Patient) -> None:
    tell(patient, "i'm expecting, may i have pramipexole", "ask_pregnancy")
    assert tell(patient, "oops i am not pregnant", "deny")["answer"] == "context_corrected"
    said = tell(patient, "could i take pramipexole", "ask_dopamine_medicines")
    assert said["answer"] == "ask_dopamine_medicines"
    assert caution("pregnant", "ask_dopamine_medicines") not in said["text"]
    assert patient.slots.get("dopamine") is None  # who asks whether they may take it does not take it


def test_another_medicine_after_an_answer_is_a_new_topic(patient: Patient) -> None:
    tell(patient, "iron?", "ask_iron_supplements")
    assert tell(patient, "how about pregabalin", "ask_gabapentin")["answer"] == "ask_gabapentin"
    said = tell(patient, "what about neurontin", "ask_gabapentin")
    assert said["answer"] == "ask_gabapentin" and said["text"].startswith("As I said, in short:")
    assert len(said["choices"]) == len(set(said["choices"]))


def test_a_medicine_beside_it_is_a_circumstance(patient: Patient) -> None:
    tell(patient, "wine?", "ask_alcohol")
    said = tell(patient, "and with pregabalin?", "ask_gabapentin")
    assert said["answer"] == "ask_alcohol" and caution("gabapentinoid", "ask_alcohol") in said["text"]


def test_no_button_stands_twice(patient: Patient) -> None:
    tell(patient, "lyrica?", "ask_gabapentin")
    said = tell(patient, "and with pregabalin?", "ask_gabapentin")
    assert len(said["choices"]) == len(set(said["choices"]))
    offered = tell(patient, "zzz methadone", "nlu_fallback")["choices"]
    assert len(offered) == len(set(offered))


@pytest.mark.parametrize("text", ["and magnesium for me", "my own legs are bad too, is magnesium ok"])
def test_who_comes_back_to_themselves_is_heard(patient: Patient, text: str) -> None:
    tell(patient, "my daughter is 8, her legs hurt in bed", "ask_children")
    assert patient.slots["subject"] == "child"
    said = tell(patient, text, "ask_magnesium")
    assert patient.slots["subject"] == "self"
    assert said["answer"] == "ask_magnesium" and caution("child", "ask_magnesium") not in said["text"]


@pytest.mark.parametrize(
    "text", ["will our kids have that as well", "so my daughters might get it", "can our boys inherit this"]
)
def test_heirs_are_not_whom_it_is_about(patient: Patient, text: str) -> None:
    tell(patient, "is it in the genes", "ask_genetics")
    assert tell(patient, text, "ask_genetics")["answer"] == "ask_genetics"
    assert patient.slots.get("subject") is None


def test_a_minor_says_so(patient: Patient) -> None:
    tell(patient, "i'm 16 and my legs won't rest", "ask_symptoms")
    assert (
        caution("child", "ask_iron_supplements")
        in tell(patient, "should i take iron", "ask_iron_supplements")["text"]
    )


@pytest.mark.parametrize(
    ("text", "answer", "warned"),
    [
        (
            "my aunt has kidney failure and is on codeine and lyrica, do they go together",
            "ask_opioids",
            ["gabapentinoid", "kidney"],
        ),
        ("can you have paracetamol with pramipexole", "ask_dopamine_medicines", []),
        ("is aspirin alright on dialysis", "ask_kidney", []),
    ],
)
def test_what_is_dangerous_is_not_sent_away(
    patient: Patient, text: str, answer: str, warned: list[str]
) -> None:
    said = tell(patient, text, "out_of_scope_medical")
    assert said["answer"] == answer
    assert said["text"].startswith(answers()["not_together"].text)
    assert all(caution(key, answer) in said["text"] for key in warned)


@pytest.mark.parametrize("text", ["my son has an earache", "what is good for a cold"])
def test_what_is_not_ours_still_is_not(patient: Patient, text: str) -> None:
    assert tell(patient, text, "out_of_scope_medical")["answer"] == "out_of_scope_medical"


@pytest.mark.parametrize("topic", [answer.id for answer in answers().values() if answer.group in TEACHING])
def test_no_answer_is_said_twice_running(patient: Patient, topic: str) -> None:
    texts = [tell(patient, "my pills again", topic)["text"] for _ in range(5)]
    assert all(one != two for one, two in pairwise(texts))


@pytest.mark.parametrize(
    ("topic", "key"),
    [("ask_gabapentin", "gabapentinoid"), ("ask_dopamine_medicines", "dopamine"), ("ask_opioids", "opioid")],
)
def test_an_answer_does_not_warn_of_its_own_medicine(patient: Patient, topic: str, key: str) -> None:
    patient.slots[key] = "yes"
    assert answers().cautions[key].label not in tell(patient, "the pills", topic)["text"]


def test_a_text_that_speaks_of_the_situation_itself_gets_no_caution(patient: Patient) -> None:
    patient.slots["subject"] = "child"
    said = tell(patient, "for whom is melatonin safe", "ask_melatonin")["text"]
    assert "the child's doctor says so" in said
    assert answers().cautions["child"].label not in said


def test_a_caution_is_not_said_again_within_twelve_turns(patient: Patient) -> None:
    patient.slots["kidney"] = "yes"
    topics = [
        "ask_gabapentin",
        "ask_opioids",
        "ask_treatment",
        "ask_other_medicines",
        "ask_iron_link",
        "ask_magnesium",
    ]
    shared = [
        topic
        for topic in topics
        if "kidney" in answers()[topic].cautions and "kidney" not in answers()[topic].caution_texts
    ]
    assert len(shared) >= 5
    said = [caution("kidney", topic) in tell(patient, "q", topic)["text"] for topic in shared[:5]]
    assert said == [True, False, False, False, False]


def test_a_result_is_refused_before_anything_else(patient: Patient) -> None:
    lead = answers()["cannot_read_result"].text
    assert tell(patient, "mine came back at 21", "ask_iron_test")["text"].startswith(lead)
    assert not tell(patient, "how is iron tested", "ask_iron_test")["text"].startswith(lead)


def test_a_dose_is_refused_before_anything_else() -> None:
    for text in (answers()["ask_dose"].text, answers()["ask_dose"].simple):
        assert text.startswith(
            (
                "I cannot tell you how much",
                "I can't tell you how much",
                "I can't name a dose",
                "I cannot name a dose",
            )
        )


@pytest.mark.parametrize(("is_open", "words"), [(True, "We are open now."), (False, "We are closed now.")])
def test_whether_the_clinic_is_open_is_said_first(
    patient: Patient, is_open: bool, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Clinic, "is_open", lambda self, at: is_open)
    said = tell(patient, "is anybody there at this hour", "ask_clinic")["text"]
    assert said.startswith(words)
    assert ("Staff are back" in said) is not is_open


@pytest.mark.parametrize("text", ["each winter it is stronger", "it has spread and starts sooner"])
def test_getting_worse_without_a_medicine_is_not_put_down_to_one(patient: Patient, text: str) -> None:
    said = tell(patient, text, "ask_augmentation", 0.7)  # a sure reading would stand
    assert said["answer"] == "ask_symptoms" and answers()["augmentation_if"].text in said["text"]
    assert "ask_augmentation" in said["choices"]


@pytest.mark.parametrize("known", ["slot", "text", "topic"])
def test_getting_worse_on_a_medicine_is_augmentation(patient: Patient, known: str) -> None:
    if known == "slot":
        patient.slots["dopamine"] = "yes"
    if known == "topic":
        tell(patient, "x", "ask_dopamine_medicines")
    text = "the tablets make it start sooner" if known == "text" else "it starts sooner"
    assert tell(patient, text, "ask_augmentation")["answer"] == "ask_augmentation"
