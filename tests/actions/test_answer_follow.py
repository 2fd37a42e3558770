"""Messages that lean on what was said before: each is read by the classifier as something else, as it really was."""

from __future__ import annotations

import pytest

from actions.aspect import ASPECTS, THINGS, aspect, leans, noun, told
from bot.content.answers import answers
from bot.content.clinic import clinic
from tests.actions.conftest import Patient
from tests.actions.talk import tell

NOTHING = tuple(
    clinic().fill(text)
    for text in (answers()["nothing_more_exact"].text, *answers()["nothing_more_exact"].variants)
)


@pytest.mark.parametrize(
    ("topic", "text", "misread", "answer"),
    [
        # stopping, amounts and money have answers of their own
        (
            "ask_worsening_medicines",
            "so do i quit taking it",
            "ask_when_to_seek_care",
            "ask_stopping_medicine",
        ),
        (
            "ask_dopamine_medicines",
            "could he simply come off them",
            "ask_prevention",
            "ask_stopping_medicine",
        ),
        (
            "ask_gabapentin",
            "may she stop that from one day to the next",
            "ask_exercise",
            "ask_stopping_medicine",
        ),
        ("ask_gabapentin", "and when i forget to take it", "ask_travel", "ask_dose"),
        ("ask_dopamine_medicines", "are two okay", "out_of_scope_other", "ask_dose"),
        ("ask_iron_supplements", "how many of them", "ask_prevalence", "ask_dose"),
        ("ask_dose", "only a ballpark figure please", "ask_prevalence", "ask_dose"),
        ("ask_nerve_stimulation", "where would one get it", "out_of_scope_other", "ask_cost"),
        ("ask_iron_infusion", "is it expensive", "out_of_scope_other", "ask_cost"),
        ("ask_vein_treatment", "how much is it", "ask_dose", "ask_cost"),
        # the rest is said of the subject itself
        ("ask_gabapentin", "any side effects", "ask_dopamine_medicines", "ask_gabapentin"),
        ("ask_nerve_stimulation", "is there a risk", "ask_dopamine_medicines", "ask_nerve_stimulation"),
        ("ask_vein_treatment", "what could go wrong", "ask_when_to_seek_care", "ask_vein_treatment"),
        ("ask_vein_treatment", "is that painful", "ask_symptoms", "ask_vein_treatment"),
        ("ask_iron_infusion", "will it be sore", "ask_symptoms", "ask_iron_infusion"),
        ("ask_iron_test", "how many days for that", "ask_iron_infusion", "ask_iron_test"),
        ("ask_gabapentin", "how soon does it kick in", "ask_iron_supplements", "ask_gabapentin"),
        ("ask_gabapentin", "could i get hooked on it", "ask_opioids", "ask_gabapentin"),
        ("ask_gabapentin", "am i allowed to be driving", "ask_travel", "ask_gabapentin"),
        ("ask_iron_infusion", "are such reactions likely", "ask_prevalence", "ask_iron_infusion"),
        ("ask_augmentation", "how would i notice that", "check_symptoms", "ask_augmentation"),
        ("ask_augmentation", "what is done about it", "ask_treatment", "ask_augmentation"),
        ("ask_magnesium", "how come", "out_of_scope_other", "ask_magnesium"),
        ("ask_magnesium", "and for a pregnant woman", "out_of_scope_medical", "ask_magnesium"),
        ("ask_exercise", "in the evening as well?", "nlu_fallback", "ask_exercise"),
        ("ask_exercise", "every day?", "nlu_fallback", "ask_exercise"),
        ("ask_compression", "what sort", "out_of_scope_other", "ask_compression"),
        (
            "ask_vein_treatment",
            "how long until one has recovered",
            "out_of_scope_medical",
            "ask_vein_treatment",
        ),
        ("ask_home_remedies", "how does that work", "ask_dopamine_role", "ask_home_remedies"),
        ("ask_iron_supplements", "i get bloated from them", "out_of_scope_medical", "ask_iron_supplements"),
    ],
)
def test_it_keeps_the_subject(patient: Patient, topic: str, text: str, misread: str, answer: str) -> None:
    tell(patient, "my medicine", topic)
    said = tell(patient, text, misread)
    assert said["answer"] == answer
    assert patient.slots["topic"] == topic
    if answer == topic != "ask_dose":
        assert said["text"].startswith(f"On {noun(topic)}:")


@pytest.mark.parametrize(
    ("topic", "text", "misread", "words"),
    [
        (
            "ask_gabapentin",
            "side effects?",
            "ask_dopamine_medicines",
            "sleepiness, dizziness, swelling and low mood",
        ),
        ("ask_dopamine_medicines", "can i still drive with it", "ask_travel", "do not drive"),
        ("ask_augmentation", "how do i know if i have it", "check_symptoms", "starts earlier in the day"),
        ("ask_exercise", "at night?", "nlu_fallback", "late in the evening"),
        ("ask_magnesium", "why not", "out_of_scope_other", "We do not know if magnesium helps"),
        ("ask_iron_infusion", "how long does it take to work", "ask_iron_supplements", "some weeks before"),
    ],
)
def test_it_says_the_reviewed_words_that_speak_of_it(
    patient: Patient, topic: str, text: str, misread: str, words: str
) -> None:
    tell(patient, "my medicine", topic)
    said = tell(patient, text, misread)["text"]
    assert words in said
    assert not any(line in said for line in NOTHING)


def test_where_no_words_speak_of_it_that_is_said(patient: Patient) -> None:
    tell(patient, "first", "ask_vein_treatment")
    first = tell(patient, "does it hurt", "ask_symptoms")["text"]
    assert any(line in first for line in NOTHING)
    assert clinic().fill(answers()["ask_vein_treatment"].more) in first
    again = tell(patient, "so is it painful or not", "ask_symptoms")["text"]
    assert first != again and any(line in again for line in NOTHING)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("does magnesium have side effects", "ask_magnesium"),
        ("how long do restless legs last", "ask_cure"),
        ("can i drink wine", "ask_alcohol"),
        ("are there risks with stockings", "ask_compression"),
        ("how common is rls", "ask_prevalence"),
        ("should i stop smoking", "ask_smoking"),
    ],
)
def test_a_message_with_a_topic_of_its_own_gets_it(patient: Patient, text: str, intent: str) -> None:
    tell(patient, "first", "ask_gabapentin")
    assert tell(patient, text, intent)["answer"] == intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("tell me a joke", "out_of_scope_other"),
        ("will it rain on sunday", "out_of_scope_other"),
        ("how much is a pizza", "out_of_scope_other"),
    ],
)
def test_what_has_nothing_to_do_with_it_stays_outside(patient: Patient, text: str, intent: str) -> None:
    tell(patient, "first", "ask_gabapentin")
    assert tell(patient, text, intent)["answer"] == intent


@pytest.mark.parametrize(
    ("text", "intent"), [("is it dangerous", "ask_when_to_seek_care"), ("how common is it", "ask_prevalence")]
)
def test_after_a_general_answer_it_means_restless_legs(patient: Patient, text: str, intent: str) -> None:
    tell(patient, "first", "ask_what_is_rls")
    assert tell(patient, text, intent)["answer"] == intent


@pytest.mark.parametrize("intent", ["thank", "complain", "stop", "goodbye", "rate_unhelpful"])
def test_manners_are_no_follow_up(patient: Patient, intent: str) -> None:
    tell(patient, "first", "ask_gabapentin")
    assert tell(patient, "that hurts", intent)["answer"] == intent


def test_the_self_check_starts_where_it_is_meant(patient: Patient) -> None:
    tell(patient, "first", "ask_gabapentin")
    assert (
        tell(patient, "do the five questions with me", "check_symptoms")["answer"] == "check_symptoms_intro"
    )


@pytest.mark.parametrize("aside", ["ask_clinic", "ask_cost"])
def test_what_is_said_of_the_clinic_is_no_subject(patient: Patient, aside: str) -> None:
    tell(patient, "first", "ask_iron_supplements")
    tell(patient, "and where are you", aside)
    assert tell(patient, "any side effects", "ask_dopamine_medicines")["answer"] == "ask_iron_supplements"
    tell(patient, "and where are you", aside)
    assert (
        clinic().fill(answers()[aside].more) in tell(patient, "/ask_more", "ask_more")["text"]
    )  # the button below it


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("how long till someone writes back", "ask_cure"),
        ("and when do you phone me", "ask_clinic"),
        ("how long will that take", "ask_cure"),
        ("when?", "out_of_scope_other"),
    ],
)
def test_who_waits_for_staff_hears_when_they_read(patient: Patient, text: str, intent: str) -> None:
    tell(patient, "first", "ask_gabapentin")
    tell(patient, "a person please", "talk_to_staff")
    patient.becomes("hand_over", reason="asked")
    said = tell(patient, text, intent)
    assert said["answer"] == "staff_hours"
    assert clinic().fill("{clinic_hours}") in said["text"]


def test_who_waits_may_still_ask_about_a_medicine(patient: Patient) -> None:
    patient.becomes("hand_over", reason="asked")
    tell(patient, "first", "ask_gabapentin")
    assert (
        tell(patient, "how long does it take to work", "ask_iron_supplements")["answer"] == "ask_gabapentin"
    )


@pytest.mark.parametrize(
    "text",
    ["which veins hurt", "does iron hurt", "is my ferritin dangerous", "is lyrica safe", "do my kids get it"],
)
def test_a_topic_word_is_never_a_follow_up(text: str) -> None:
    assert not leans(text)


def test_every_subject_has_a_name_that_reads_well() -> None:
    names = [noun(topic) for topic in sorted(THINGS)]
    assert not [
        name
        for name in names
        if name.endswith(("?", ".")) or name.startswith(("how ", "when ", "why ", "what ", "about "))
    ]
    assert noun("ask_cure") != "will it go away?"


def test_an_aspect_shows_whole_paragraphs_of_its_own_answer_only() -> None:
    for topic in THINGS:
        answer = answers()[topic]
        for wanted in ASPECTS:
            assert all(part in answer.text or part in answer.more for part in told(wanted, answer))


def test_with_something_else_beside_it_stays_the_subject(patient: Patient) -> None:
    tell(patient, "my medicine", "ask_gabapentin")
    said = tell(patient, "and together with wine?", "ask_alcohol")
    assert said["answer"] == "ask_alcohol"
    assert clinic().fill(answers().cautions["gabapentinoid"].text) in said["text"]
    assert tell(patient, "what if i skip one", "ask_travel")["answer"] == "ask_dose"
    tell(patient, "can i drink beer", "ask_alcohol")
    assert patient.slots["topic"] == "ask_alcohol"


def test_why_not_is_no_yes(patient: Patient) -> None:
    tell(patient, "my medicine", "ask_magnesium")
    assert tell(patient, "why not", "affirm")["answer"] == "ask_magnesium"
    assert tell(patient, "yes", "affirm")["answer"] == "affirm"
    assert tell(patient, "no, it is not safe", "deny")["answer"] == "deny"


def test_who_has_tried_it_hears_what_else_there_is(patient: Patient) -> None:
    tell(patient, "awake again", "ask_relief_tonight")
    said = tell(patient, "i have done all that", "rate_unhelpful")
    assert said["text"] == clinic().fill(answers()["ask_relief_tonight"].more)
    assert tell(patient, "that did not help me", "rate_unhelpful")["answer"] == "rate_unhelpful"


def test_what_is_not_known_is_said_first_and_in_turns(patient: Patient) -> None:
    tell(patient, "my veins", "ask_vein_treatment")
    texts = [
        tell(patient, text, "ask_symptoms")["text"]
        for text in ("is it painful", "is it sore", "does that hurt")
    ]
    assert all(text.split("\n\n")[1] in NOTHING for text in texts)
    assert [clinic().fill(answers()["ask_vein_treatment"].more) in text for text in texts] == [
        True,
        False,
        False,
    ]
    assert texts[1] != texts[2]


def test_did_you_mean_offers_what_it_leans_on_and_what_it_names(patient: Patient) -> None:
    tell(patient, "my medicine", "ask_gabapentin")
    assert tell(patient, "would it turn my hair grey", "nlu_fallback")["choices"][0] == "ask_gabapentin"
    assert tell(patient, "i hear odd rumours of methadone", "nlu_fallback")["choices"][0] == "ask_opioids"


def test_numbers_and_numbness_are_two_things() -> None:
    assert leans("just a rough number") and aspect("just a rough number").name == "dose"  # type: ignore[union-attr]
    assert not leans("is that numb feeling dangerous")
