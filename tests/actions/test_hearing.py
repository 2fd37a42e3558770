"""A reply takes up what was told, does not advise again what was tried, and does not go round in circles."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bot.content.answers import answers
from bot.content.facets import facets
from bot.content.texts import text
from tests.actions.conftest import Patient
from tests.actions.talk import tell


def test_what_was_tried_is_not_advised_again(patient: Patient) -> None:
    tell(patient, "my legs won't settle", "ask_relief_tonight")
    said = tell(patient, "i did a hot soak and pacing, no good", "ask_relief_tonight")
    assert said["decided_by"] == "tried_already" and said["answer"] == "steps_left"
    assert "walk" in said["text"].split(".")[0]  # taken up
    left = said["text"].split(".", 1)[1]
    assert "bath" not in left and "walk" not in left and answers()["step_stretch"].text in left


def test_it_is_remembered(patient: Patient) -> None:
    tell(patient, "ice packs do nothing", "ask_massage_bath")
    assert patient.slots["tried"] == ["cold"]
    said = tell(patient, "what eases it at home", "ask_lifestyle")
    assert answers()["step_cold"].text not in said["text"] and said["decided_by"] == "tried_already"


def test_when_everything_was_tried_a_clinician_can_do_more(patient: Patient) -> None:
    tell(patient, "x", "ask_relief_tonight")
    first = tell(patient, "nothing helps", "nlu_fallback")
    assert first["answer"] == "steps_done" and "talk_to_staff" in first["choices"]
    assert tell(patient, "done everything", "complain")["text"] != first["text"]


@pytest.mark.parametrize(
    ("words", "intent", "name", "values"),
    [
        ("it comes at midday too", "ask_symptoms", "when", {"when": "in the afternoon"}),
        ("expecting our second baby, legs are awful", "ask_pregnancy", "birth", {"which": "second"}),
        ("completely worn out by this", "ask_treatment", "weary", {}),
        ("twelve years of it", "ask_cure", "long", {}),
    ],
)
def test_a_story_is_taken_up_once(
    patient: Patient, words: str, intent: str, name: str, values: dict[str, str]
) -> None:
    clause = text(f"assistant.heard.{name}", **values)
    said = tell(patient, words, intent)
    assert said["text"].startswith(clause) and said["answer"] == intent
    assert clause not in tell(patient, words, intent)["text"]


def test_whom_it_is_about_is_taken_up(patient: Patient) -> None:
    said = tell(patient, "my grandmother is 91 with dementia, she rubs her legs", "ask_other_leg_problems")
    assert said["text"].startswith("You are asking for your grandmother, who is 91, with dementia as well.")


def test_back_to_oneself(patient: Patient) -> None:
    tell(patient, "my daughter is 8, her legs hurt in bed", "ask_children")
    said = tell(patient, "and what about me", "ask_symptoms")
    assert said["text"].startswith(text("assistant.heard.self"))


def test_a_question_is_not_taken_up(patient: Patient) -> None:
    assert not tell(patient, "is it normal in both arms", "ask_symptoms")["text"].startswith("So you feel it")


def test_what_a_reply_took_up_is_logged(patient: Patient) -> None:
    from bot.store.models import TurnLog

    tell(patient, "completely worn out by this", "ask_treatment")
    assert patient.rows(TurnLog)[0].facts["took_up"] == "weary"


def test_who_has_asked_already_is_not_sent_to_ask(patient: Patient) -> None:
    said = tell(patient, "my neurologist said to look it up", "ask_treatment")
    assert answers()["ask_treatment"].next_step not in said["text"]


def test_the_next_step_is_not_in_every_reply(patient: Patient) -> None:
    tell(patient, "first", "ask_treatment")
    said = tell(patient, "second", "ask_cure")
    assert said["text"].startswith(answers()["ask_cure"].text)
    assert answers()["ask_cure"].next_step not in said["text"]


@pytest.mark.parametrize("topic", ["ask_magnesium", "ask_iron_supplements", "ask_gabapentin"])
def test_a_facet_names_its_subject(patient: Patient, topic: str) -> None:
    """The first message asks for one facet: the reply says of what."""
    found = facets()[topic]
    for facet, own in found.facets.items():
        patient.events.clear()
        more = {"facet": {"name": facet, "confidence": 0.95}, "leans": 0.0, "read_as": "x"}
        said = _asked(patient, topic, more)
        assert own.text.strip()[:40] in said["text"]
        assert (
            found.asks.split()[-1][:5] in said["text"].lower()
            or found.asks.split()[0] in said["text"].lower()
        )


def _asked(patient: Patient, topic: str, more: dict[str, object]) -> dict[str, object]:
    from actions.respond import ActionReply

    patient.writes("a question", topic, 0.95, **more)
    said = patient.hears(ActionReply())
    return {"text": "\n\n".join(one["text"] for one in said)}


def test_two_topics_are_answered_in_short(patient: Patient) -> None:
    said = tell(
        patient, "is there a cure and does magnesium help", "ask_cure", also={"name": "ask_magnesium"}
    )
    assert len(said["text"].split()) <= 110
    assert "magnesium" in said["text"].lower()
    assert {"ask_cure", "ask_magnesium"} & set(said["choices"])


def test_a_topic_that_was_all_said_ends_with_a_person(patient: Patient) -> None:
    texts = [tell(patient, "/ask_iron_infusion", "ask_iron_infusion") for _ in range(5)]
    assert texts[3]["answer"] == "asked_again" and "talk_to_staff" in texts[3]["choices"]
    assert all(one["text"] != two["text"] for one, two in pairwise(texts))


def test_what_a_general_topic_lacks_is_answered_of_the_next(patient: Patient) -> None:
    tell(patient, "is it about iron", "ask_iron_link")
    said = tell(patient, "how long until it works", "nlu_fallback", 0.2)
    assert facets()["ask_iron_supplements"].facets["how_long"].text.strip()[:30] in said["text"]
    assert "iron pills" in said["text"]
    assert patient.slots["topic"] == "ask_iron_supplements"


def test_what_was_so_and_is_no_more_is_taken_back(patient: Patient) -> None:
    caution = answers().cautions["pregnant"].text.split(".")[0]
    tell(patient, "i am pregnant", "ask_pregnancy")
    assert caution in tell(patient, "what about an iron drip", "ask_iron_infusion")["text"]
    said = tell(patient, "sorry, i was pregnant in spring, not any more", "ask_pregnancy")
    assert said["decided_by"] == "corrected" and patient.slots["pregnant"] == "no"
    assert caution not in tell(patient, "can i take iron", "ask_iron_supplements")["text"]


def test_another_medicine_in_the_text_does_not_name_the_subject(patient: Patient) -> None:
    facet = {"name": "alternatives", "confidence": 0.95}
    said = _asked(patient, "ask_dopamine_medicines", {"facet": facet, "leans": 0.0, "read_as": "x"})
    assert str(said["text"]).startswith("On dopamine medicines:")
