"""``action_answer`` and ``action_follow_up``: the right reviewed words, with the cautions that the
patient's situation brings in."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
import yaml

from actions.respond import ActionReply
from actions.teaching import sources_text
from bot.content.answers import answers
from bot.content.clinic import clinic
from bot.settings import ROOT
from tests.actions.conftest import Patient

IRON = "ask_iron_supplements"
CAUTIONED = {
    key: next(a.id for a in answers().values() if key in a.cautions or key in a.caution_texts)
    for key in ("pregnant", "kidney", "dopamine")
}


def entity(kind: str, value: str = "yes") -> dict[str, str]:
    return {"entity": kind, "value": value}


def words(key: str, answer: str) -> str:
    """A caution's words as a patient reads them."""
    return clinic().fill(answers()[answer].caution_texts.get(key, answers().cautions[key].text))


def test_an_answer_brings_its_words_its_source_and_where_to_go_on(patient: Patient) -> None:
    said = patient.writes("does iron help?", IRON).hears(ActionReply())
    assert len(said) == 1
    assert said[0]["text"] == clinic().fill(answers()[IRON].chat)
    assert said[0]["answer"] == IRON
    assert said[0]["sources"] and all(source["url"].startswith("https://") for source in said[0]["sources"])
    assert [choice["key"] for choice in said[0]["choices"]] == ["ask_more", *answers()[IRON].follow_ups]
    assert patient.slots["topic"] == IRON


@pytest.mark.parametrize("key", sorted(CAUTIONED))
def test_what_the_patient_told_earlier_brings_its_caution(patient: Patient, key: str) -> None:
    answer = CAUTIONED[key]
    plain = patient.writes("first", answer).hears(ActionReply())[0]["text"]
    patient.slots[key] = "yes"
    warned = patient.writes("again", answer).hears(ActionReply())[0]["text"]
    assert words(key, answer) not in plain
    assert words(key, answer) in warned


def test_a_situation_that_is_only_named_brings_its_caution_for_this_once(patient: Patient) -> None:
    answer = CAUTIONED["kidney"]
    once = patient.writes("is it ok on dialysis", answer, mentions=["kidney"]).hears(ActionReply())[0]["text"]
    later = patient.writes("tell me again", answer).hears(ActionReply())[0]["text"]
    assert words("kidney", answer) in once
    assert words("kidney", answer) not in later


def test_a_caution_taken_back_is_gone(patient: Patient) -> None:
    answer = CAUTIONED["pregnant"]
    patient.slots["pregnant"] = "no"
    assert words("pregnant", answer) not in patient.writes("iron?", answer).hears(ActionReply())[0]["text"]


def test_many_situations_bring_two_cautions_at_most(patient: Patient) -> None:
    answer = max(answers().values(), key=lambda a: len(set(a.cautions) | set(a.caution_texts)))
    known = list(dict.fromkeys([*answer.caution_texts, *answer.cautions]))
    assert len(known) > 2
    patient.slots |= {key: "yes" for key in known} | ({"subject": "child"} if "child" in known else {})
    text = patient.writes("q", answer.id).hears(ActionReply())[0]["text"]
    assert sum(words(key, answer.id) in text for key in known) == 2


@pytest.mark.parametrize("medicine", ["opioid", "gabapentinoid"])
def test_what_can_slow_breathing_is_never_the_caution_without_room(patient: Patient, medicine: str) -> None:
    answer = "ask_home_remedies"
    patient.slots |= {"pregnant": "yes", "kidney": "yes", medicine: "yes"}
    text = patient.writes("kratom?", answer).hears(ActionReply())[0]["text"]
    assert words(medicine, answer) in text
    assert sum(words(key, answer) in text for key in ("pregnant", "kidney")) == 1


def test_what_can_slow_breathing_comes_before_an_answers_own_words(patient: Patient) -> None:
    answer = "ask_alcohol"
    assert {"pregnant", "child"} <= set(answers()[answer].caution_texts)
    patient.slots |= {"pregnant": "yes", "opioid": "yes", "gabapentinoid": "yes"}
    text = patient.writes("wine?", answer).hears(ActionReply())[0]["text"]
    assert words("opioid", answer) in text and words("gabapentinoid", answer) in text


def test_asked_about_several_situations_what_can_slow_breathing_is_said_first(patient: Patient) -> None:
    patient.writes("does kratom help?", "ask_home_remedies").hears(ActionReply())
    named = ["pregnant", "kidney", "opioid"]
    said = patient.writes(
        "and pregnant, on dialysis, with oxycodone?",
        "ask_opioids",
        elliptical=True,
        mentions=named,
        leans=0.9,
    ).hears(ActionReply())
    assert words("opioid", "ask_home_remedies") in said[0]["text"]
    assert words("kidney", "ask_home_remedies") not in said[0]["text"]
    assert [choice["key"] for choice in said[0]["choices"]][:2] == ["ask_opioids", "ask_pregnancy"]


def test_and_if_i_am_pregnant_is_asked_of_the_last_answer(patient: Patient) -> None:
    patient.writes("does iron help?", IRON).hears(ActionReply())
    said = patient.writes(
        "and if I'm pregnant?", "ask_pregnancy", elliptical=True, entities=[entity("pregnant")], leans=0.9
    ).hears(ActionReply())
    assert words("pregnant", IRON) in said[0]["text"]
    assert said[0]["answer"] == IRON
    assert "ask_pregnancy" in [choice["key"] for choice in said[0]["choices"]]
    assert patient.slots["topic"] == IRON


def test_a_pressed_button_is_never_taken_for_a_follow_up(patient: Patient) -> None:
    patient.writes("does iron help?", IRON).hears(ActionReply())
    said = patient.writes("/ask_pregnancy", "ask_pregnancy", elliptical=True, mentions=["pregnant"]).hears(
        ActionReply()
    )
    assert said[0]["answer"] == "ask_pregnancy"


@pytest.mark.parametrize(
    ("text", "taken_back"),
    [("no, not pregnant", entity("pregnant", "no")), ("it's for me, not my son", entity("subject", "self"))],
)
@pytest.mark.parametrize(("action", "intent"), [(ActionReply(), "ask_pregnancy"), (ActionReply(), "deny")])
def test_what_was_understood_can_be_put_right(
    patient: Patient, text: str, taken_back: dict[str, str], action: object, intent: str
) -> None:
    patient.writes("does iron help?", IRON).hears(ActionReply())
    said = patient.writes(text, intent, elliptical=True, entities=[taken_back]).hears(action)  # type: ignore[arg-type]
    assert [line["answer"] for line in said] == ["context_corrected"]


def test_two_questions_get_two_answers(patient: Patient) -> None:
    said = patient.writes("is it hereditary and does iron help?", "ask_genetics", also={"name": IRON}).hears(
        ActionReply()
    )
    assert [line["answer"] for line in said] == ["ask_genetics", IRON]
    assert patient.slots["topic"] == IRON  # "tell me more" is of what was said last


@pytest.mark.parametrize(("intent", "field"), [("ask_more", "more"), ("ask_repeat", "simple")])
def test_more_and_simpler_are_of_the_last_answer(patient: Patient, intent: str, field: str) -> None:
    patient.writes("does iron help?", IRON).hears(ActionReply())
    patient.writes("thanks", "thank").hears(ActionReply())
    said = patient.writes("go on", intent).hears(ActionReply())
    assert said[0]["text"] == clinic().fill(getattr(answers()[IRON], field))
    assert intent not in [choice["key"] for choice in said[0]["choices"]]


@pytest.mark.parametrize("intent", ["ask_more", "ask_repeat"])
def test_asked_again_it_does_not_say_the_same_again(patient: Patient, intent: str) -> None:
    patient.writes("does iron help?", IRON).hears(ActionReply())
    texts = [patient.writes("and?", intent).hears(ActionReply())[0]["text"] for _ in range(4)]
    assert all(one != two for one, two in pairwise(texts))


def test_where_is_that_from_names_links_date_and_state(patient: Patient) -> None:
    patient.writes("does iron help?", IRON).hears(ActionReply())
    text = patient.writes("where is that from?", "ask_sources").hears(ActionReply())[0]["text"]
    assert all(source["url"] in text for source in answers().links(answers()[IRON]))
    assert str(answers()[IRON].reviewed_on.year) in text


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("draft", "It was last edited on November 23, 2026. No clinician has approved it yet."),
        ("approved", "It was last reviewed on November 23, 2026. A clinician has approved it."),
    ],
)
def test_a_draft_is_never_called_reviewed(state: str, said: str) -> None:
    topic = answers()[IRON].model_copy(update={"state": state, "reviewed_on": date(2026, 11, 23)})
    assert sources_text(topic).endswith(f"\n\n{said}")


@pytest.mark.parametrize("intent", ["ask_more", "ask_repeat", "ask_sources"])
def test_a_follow_up_of_nothing_says_so(patient: Patient, intent: str) -> None:
    assert patient.writes("tell me more", intent).hears(ActionReply())[0]["answer"] == f"{intent}_none"


@pytest.mark.parametrize(
    "intent",
    ["greet", "thank", "complain", "stop", "out_of_scope_other", "out_of_scope_medical", "rate_unhelpful"],
)
def test_the_same_line_never_comes_in_the_same_words_twice_running(patient: Patient, intent: str) -> None:
    texts = [patient.writes("again", intent).hears(ActionReply())[0]["text"] for _ in range(5)]
    assert all(one != two for one, two in pairwise(texts))


def test_no_placeholder_reaches_a_patient(patient: Patient) -> None:
    intents = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["intents"]
    for key in [key for key in answers() if key in intents]:
        text = patient.writes("x y z", key).hears(ActionReply())[0]["text"]
        assert "{" not in text, key


def test_a_situation_without_front_door_works_too(outsider: Patient) -> None:
    assert outsider.writes("does iron help?", IRON).hears(ActionReply())[0]["answer"] == IRON
