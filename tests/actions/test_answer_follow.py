"""Messages that lean on what was said before: each is read by the classifier as something else, as it
really was."""

from __future__ import annotations

import pytest

from actions.teaching import called
from bot.content.answers import answers
from bot.content.clinic import clinic
from bot.content.facets import facets
from bot.store.models import TurnLog
from tests.actions.conftest import Patient
from tests.actions.talk import tell, write


def gap(topic: str) -> str:
    """How the honest line on a facet without a text names the topic."""
    return f"({called(answers()[topic])})"


@pytest.mark.parametrize(
    ("topic", "text", "shared"),
    [
        ("ask_worsening_medicines", "so do i quit taking it", "ask_stopping_medicine"),
        ("ask_gabapentin", "may she stop that from one day to the next", "ask_stopping_medicine"),
        ("ask_gabapentin", "and when i forget to take it", "ask_dose"),
        ("ask_dopamine_medicines", "are two okay", "ask_dose"),
        ("ask_dose", "only a ballpark figure please", "ask_dose"),
        ("ask_nerve_stimulation", "where would one get it", "ask_cost"),
        ("ask_iron_infusion", "is it expensive", "ask_cost"),
        ("ask_vein_treatment", "how much is it", "ask_cost"),
        ("ask_gabapentin", "any side effects", "ask_gabapentin"),
        ("ask_nerve_stimulation", "is there a risk", "ask_nerve_stimulation"),
        ("ask_vein_treatment", "is that painful", "ask_vein_treatment"),
        ("ask_iron_infusion", "will it be sore", "ask_iron_infusion"),
        ("ask_iron_test", "how many days for that", "ask_iron_test"),
        ("ask_gabapentin", "how soon does it kick in", "ask_gabapentin"),
        ("ask_gabapentin", "could i get hooked on it", "ask_gabapentin"),
        ("ask_augmentation", "how would i notice that", "ask_augmentation"),
        ("ask_augmentation", "what is done about it", "ask_augmentation"),
        ("ask_exercise", "in the evening as well?", "ask_exercise"),
        ("ask_exercise", "every day?", "ask_exercise"),
        ("ask_compression", "what sort", "ask_compression"),
        ("ask_iron_supplements", "i get bloated from them", "ask_iron_supplements"),
    ],
)
def test_it_keeps_the_subject(patient: Patient, topic: str, text: str, shared: str) -> None:
    """Read by the trained classifier; answered on the subject, or by what all subjects share.

    More: two_turns.tsv.
    """
    tell(patient, "my medicine", topic)
    said = write(patient, text)
    assert said["answer"] in (topic, shared)
    assert patient.slots["topic"] == topic
    assert said["decided_by"] == "follow_up"


@pytest.mark.parametrize(
    ("topic", "text", "facet"),
    [
        ("ask_gabapentin", "side effects?", "side_effects"),
        ("ask_gabapentin", "how soon does it kick in", "how_long"),
        ("ask_augmentation", "how do i know if i have it", "how_to_tell"),
        ("ask_magnesium", "is it worth it", "does_it_help"),
        ("ask_iron_infusion", "how long does it take to work", "how_long"),
        ("ask_dopamine_medicines", "can i just stop taking it", "stopping"),
    ],
)
def test_it_says_the_reviewed_words_for_what_is_asked(
    patient: Patient, topic: str, text: str, facet: str
) -> None:
    tell(patient, "my medicine", topic)
    said = write(patient, text)["text"]
    assert said.startswith(clinic().fill(facets()[topic].facets[facet].text.strip()))


def test_where_no_words_speak_of_it_that_is_said_and_named(patient: Patient) -> None:
    tell(patient, "first", "ask_vein_treatment")
    first = write(patient, "does it hurt")["text"]
    assert gap("ask_vein_treatment") in first
    again = write(patient, "so is it painful or not")["text"]
    assert first != again and gap("ask_vein_treatment") in again
    kept = [(row.answer_id, (row.facts or {}).get("open")) for row in patient.rows(TurnLog)][-2:]
    assert [answer for answer, _ in kept] == ["ask_vein_treatment"] * 2
    assert all(facet not in facets()["ask_vein_treatment"].facets and facet for _, facet in kept)


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
def test_a_question_with_a_subject_of_its_own_is_no_follow_up(patient: Patient, text: str) -> None:
    tell(patient, "my tea", "ask_caffeine")
    assert write(patient, text)["decided_by"] != "follow_up"


def test_every_topic_with_facets_has_a_name_that_reads_well() -> None:
    names = [called(answers()[topic]) for topic in facets() if topic in answers()]
    assert len(names) > 50
    assert not [name for name in names if name.endswith(("?", ".")) or name.startswith("about ")]


def test_with_something_else_beside_it_stays_the_subject(patient: Patient) -> None:
    tell(patient, "my medicine", "ask_gabapentin")
    said = write(patient, "and together with wine?")
    assert said["text"].startswith(clinic().fill(facets()["ask_gabapentin"].facets["safe_with"].text.strip()))
    assert patient.slots["topic"] == "ask_gabapentin"
    tell(patient, "can i drink beer", "ask_alcohol")
    assert patient.slots["topic"] == "ask_alcohol"


def test_why_not_is_no_yes(patient: Patient) -> None:
    tell(patient, "my medicine", "ask_magnesium")
    assert write(patient, "why not")["answer"] == "ask_magnesium"
    assert tell(patient, "yes", "affirm")["answer"] == "affirm"
    assert tell(patient, "no, it is not safe", "deny")["answer"] == "deny"


def test_who_has_tried_it_hears_what_else_there_is(patient: Patient) -> None:
    tell(patient, "awake again", "ask_relief_tonight")
    said = tell(patient, "i have done all that", "rate_unhelpful")
    assert said["text"].endswith(answers()["steps_done"].text)
    assert tell(patient, "that did not help me", "rate_unhelpful")["answer"] == "rate_unhelpful"


def test_what_is_not_known_is_said_in_turns(patient: Patient) -> None:
    tell(patient, "my veins", "ask_vein_treatment")
    texts = [write(patient, text)["text"] for text in ("is it painful", "is it sore", "does that hurt")]
    assert all(gap("ask_vein_treatment") in text for text in texts)
    assert texts[0] != texts[1] != texts[2]


def test_did_you_mean_offers_what_it_leans_on_and_what_it_names(patient: Patient) -> None:
    tell(patient, "my medicine", "ask_gabapentin")
    assert tell(patient, "would my neighbors notice", "nlu_fallback")["choices"][0] == "ask_gabapentin"
    assert tell(patient, "i hear odd rumours of methadone", "nlu_fallback")["choices"][0] == "ask_opioids"
