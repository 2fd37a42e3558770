"""The self-check: five questions in the patient's words, left and resumed, a summary at the end and never
a diagnosis."""

from __future__ import annotations

import pytest

from actions.asks import AskOther, AskUrge
from actions.self_check import (
    QUESTIONS,
    ActionBeginCheck,
    ActionFinishCheck,
    ActionStopCheck,
    ValidateSelfCheckForm,
    outcome,
    summary,
)
from tests.actions.conftest import Patient
from tests.actions.talk import read_follow_up

FORM = "self_check_form"
ALL_YES = {**dict.fromkeys(QUESTIONS, "yes"), "check_other": "no"}


def answer(patient: Patient, text: str, intent: str | None = None, **parsed: object) -> dict:
    return patient.fills(FORM, ValidateSelfCheckForm(), text, intent, **parsed)


@pytest.mark.parametrize(
    ("text", "intent", "value"),
    [
        ("/affirm", "affirm", "yes"),
        ("/deny", "deny", "no"),
        ("yes, every night", "ask_symptoms", "yes"),
        ("it does", "affirm", "yes"),
        ("definitely", None, "yes"),
        ("nope", "deny", "no"),
        ("not really", "deny", "no"),
        ("not at all", None, "no"),
        ("never", None, "no"),
        ("Not sure", "deny", "unsure"),
        ("maybe", "deny", "unsure"),
        ("sometimes, it depends", None, "unsure"),
    ],
)
def test_answers_in_patients_words(patient: Patient, text: str, intent: str | None, value: str) -> None:
    assert answer(patient, text, intent) == {"check_urge": value}


def test_one_question_at_a_time_to_the_end(patient: Patient) -> None:
    for text, slot in zip(["yes", "yes", "no", "not sure", "no"], QUESTIONS, strict=True):
        assert list(answer(patient, text)) == [slot]
    assert {key: patient.slots[key] for key in QUESTIONS} == dict(
        zip(QUESTIONS, ["yes", "yes", "no", "unsure", "no"], strict=True)
    )


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("what helps tonight?", "ask_relief_tonight"),
        ("/ask_iron_link", "ask_iron_link"),
        ("book an appointment", "book_appointment"),
        ("stop", "stop"),
    ],
)
def test_a_question_of_ones_own_is_left_to_the_other_rules(patient: Patient, text: str, intent: str) -> None:
    assert answer(patient, text, intent) == {}
    assert patient.said == []


def test_what_is_no_answer_is_asked_again_in_other_words(patient: Patient) -> None:
    texts = []
    for _ in range(2):
        answer(patient, "purple")
        assert patient.slots["check_urge"] is None
        texts += [said["text"] for said in patient.said if said["answer"] == "check_bad_answer"]
    assert len(set(texts)) == 2


def test_every_question_has_buttons_that_it_understands(patient: Patient) -> None:
    (asked,) = patient.writes("check", "check_symptoms").hears(AskUrge())
    assert [choice["key"] for choice in asked["choices"]] == ["affirm", "deny", "say_not_sure", "stop"]
    label = next(choice["label"] for choice in asked["choices"] if choice["key"] == "say_not_sure")
    assert answer(patient, label) == {"check_urge": "unsure"}


@pytest.mark.parametrize("sign", [key for key in QUESTIONS if key != "check_other"])
@pytest.mark.parametrize("value", ["no", "unsure"])
def test_one_sign_missing_does_not_fit(sign: str, value: str) -> None:
    assert outcome({**ALL_YES, sign: value}) == "check_fits_not_all"


@pytest.mark.parametrize(
    ("other", "line"), [("no", "check_fits"), ("unsure", "check_fits"), ("yes", "check_other_reason")]
)
def test_another_reason_found_outranks_the_signs(other: str, line: str) -> None:
    assert outcome({**ALL_YES, "check_other": other}) == line


def test_the_end_brings_the_summary_and_offers_a_visit_and_forgets(patient: Patient) -> None:
    patient.slots |= {**ALL_YES, "check_other": "unsure"}
    (said,) = patient.writes("not sure").hears(ActionFinishCheck())
    assert summary({**ALL_YES, "check_other": "unsure"}) in said["text"]
    assert "not a diagnosis" in said["text"]
    assert said["choices"][0]["key"] == "book_appointment"
    assert said["sources"]
    assert not any(patient.slots[key] for key in QUESTIONS)


@pytest.mark.parametrize(
    "slots", [ALL_YES, {**ALL_YES, "check_rest": "no"}, {**ALL_YES, "check_other": "yes"}]
)
def test_no_end_says_that_it_is_or_is_not(patient: Patient, slots: dict) -> None:
    patient.slots |= slots
    text = patient.writes("ok").hears(ActionFinishCheck())[0]["text"].lower()
    for verdict in ("you have restless legs", "you do not have", "you don't have", "diagnosed with"):
        assert verdict not in text


def test_left_it_keeps_the_answers_and_goes_on_without_the_opening(patient: Patient) -> None:
    (opening,) = patient.writes("check", "check_symptoms").hears(ActionBeginCheck())
    assert opening["answer"] == "check_symptoms_intro"
    answer(patient, "yes")
    (left,) = patient.writes("stop", "stop").hears(ActionStopCheck())
    assert "check_symptoms" in [choice["key"] for choice in left["choices"]]
    assert patient.slots["check_urge"] == "yes"
    assert patient.writes("go on", "check_symptoms").hears(ActionBeginCheck()) == []
    assert answer(patient, "no") == {"check_rest": "no"}


def at(patient: Patient, slot: str, text: str, intent: str | None = None, **parsed: object) -> dict:
    """Answer the question for ``slot``; the questions before it were answered with yes."""
    patient.slots |= {key: "yes" for key in list(QUESTIONS)[: list(QUESTIONS).index(slot)]}
    return answer(patient, text, intent, **parsed)


@pytest.mark.parametrize(
    ("slot", "text", "intent", "value"),
    [
        ("check_urge", "it's like ants crawling and i have to get up", "check_symptoms", "yes"),
        ("check_rest", "worst when i lie down", "ask_symptoms", "yes"),
        ("check_rest", "when i sit in the cinema its terrible", "ask_travel", "yes"),
        ("check_rest", "better when i put them up", "ask_relief_tonight", "no"),
        ("check_movement", "walking helps a lot", "ask_exercise", "yes"),
        ("check_movement", "it helps to stand up", None, "yes"),
        ("check_movement", "only when i walk a lot", None, "yes"),
        ("check_movement", "walking doesn't help", "ask_exercise", "no"),
        ("check_movement", "walking makes it worse", "ask_exercise", "no"),
        ("check_evening", "mostly evenings", "affirm", "yes"),
        ("check_evening", "its all day long", None, "no"),
        ("check_other", "my doc said neuropathy", "ask_neuropathy", "yes"),
        ("check_other", "they found nothing", None, None),
    ],
)
def test_prose_answers_the_question_that_was_asked(
    patient: Patient, slot: str, text: str, intent: str | None, value: str | None
) -> None:
    assert at(patient, slot, text, intent).get(slot) == value


@pytest.mark.parametrize(
    ("slot", "text"),
    [
        ("check_movement", "it is worse at night yes"),
        ("check_urge", "mostly evenings"),
        ("check_urge", "it helps to stand up"),
        ("check_rest", "walking helps a lot"),
    ],
)
def test_what_belongs_to_another_question_fills_none(patient: Patient, slot: str, text: str) -> None:
    set_ = at(patient, slot, text, "affirm")
    assert patient.slots[slot] is None
    assert not any(set_.values()) or set(set_) == {
        key for key in QUESTIONS if key != slot and patient.slots.get(key)
    }
    assert [said["answer"] for said in patient.said] == ["check_one_at_a_time"]


def test_what_was_meant_puts_the_answer_before_right(patient: Patient) -> None:
    answer(patient, "yes", "affirm")
    answer(patient, "no wait i meant no", "deny")
    assert (patient.slots["check_urge"], patient.slots["check_rest"]) == ("no", None)


def test_back_opens_the_question_before(patient: Patient) -> None:
    answer(patient, "yes", "affirm")
    answer(patient, "back", "nlu_fallback")
    assert patient.slots["check_urge"] is None


@pytest.mark.parametrize(
    ("text", "intent"),
    [("tonic water then", "ask_home_remedies"), ("at what age does it start", "nlu_fallback")],
)
def test_a_topic_and_a_question_are_left_with_or_without_a_question_mark(
    patient: Patient, text: str, intent: str
) -> None:
    assert answer(patient, text, intent, confidence=0.9) == {}
    assert patient.said == []


@pytest.mark.parametrize(("text", "intent", "line"), [("so no rls?", "deny", "check_no_verdict"), ("check my symptoms", "check_symptoms", "check_already"), ("/check_symptoms", "check_symptoms", "check_already")])  # fmt: skip
def test_the_check_asked_for_in_the_check_goes_on(
    patient: Patient, text: str, intent: str, line: str
) -> None:
    answer(patient, text, intent)
    assert patient.slots["check_urge"] is None
    assert [said["answer"] for said in patient.said] == [line]


def begins(patient: Patient, text: str, confidence: float = 0.95) -> list[str]:
    patient.form = None
    patient.writes(text, "check_symptoms", confidence, **read_follow_up(text))
    return [said["answer"] for said in patient.hears(ActionBeginCheck())]


@pytest.mark.parametrize("text", ["do you think i have rls?", "is that restless legs", "can i test them"])
def test_what_is_not_surely_a_wish_gets_its_answer_and_not_the_form(patient: Patient, text: str) -> None:
    assert begins(patient, text, 0.7) == ["ask_diagnosis"]
    assert "check_symptoms" in [choice["key"] for choice in patient.events[-1]["data"]["custom"]["choices"]]


@pytest.mark.parametrize("text", ["thanks, so do i have it?", "have i got rls then?"])
def test_do_i_have_it_after_the_five_questions_does_not_begin_again(patient: Patient, text: str) -> None:
    patient.slots |= ALL_YES
    patient.writes("no").hears(ActionFinishCheck())
    assert begins(patient, text) == ["check_no_verdict"]


@pytest.mark.parametrize("text", ["check my symptoms", "do i have rls", "/check_symptoms"])
def test_the_wish_for_the_check_begins_it(patient: Patient, text: str) -> None:
    assert begins(patient, text) == ["check_symptoms_intro"]


def test_for_somebody_else_the_questions_are_said_to_be_about_them(patient: Patient) -> None:
    assert begins(patient, "can you check my moms symptoms") == ["check_symptoms_intro", "check_for_other"]


def test_works_without_the_front_door(outsider: Patient) -> None:
    assert outsider.writes("check", "check_symptoms").hears(AskOther())[0]["answer"] == "check_other"
    outsider.slots |= ALL_YES
    assert outsider.writes("no").hears(ActionFinishCheck())[0]["answer"] == "check_fits"
