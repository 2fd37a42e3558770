"""A plain "yes" or "no" to a line that offered something: the offer is carried out, or left with a word."""

from __future__ import annotations

import pytest

from actions.respond import ActionReply
from bot.content.answers import answers
from tests.actions.conftest import Patient


@pytest.mark.parametrize("line", [key for key, answer in answers().items() if answer.offers])
def test_what_is_offered_can_be_chosen_too(line: str) -> None:
    assert answers()[line].offers in answers()[line].follow_ups


@pytest.mark.parametrize("asked", ["ask_cost", "complain"])
def test_yes_to_staff_brings_staff(patient: Patient, asked: str) -> None:
    patient.writes("hm", asked).hears(ActionReply())
    (said,) = patient.writes("yes", "affirm").hears(ActionReply())
    assert said["answer"].startswith("hand_off")
    assert (patient.conversation().mode, patient.conversation().waiting_reason) == ("waiting", "asked")


def test_yes_to_the_topics_shows_them(patient: Patient) -> None:
    patient.writes("what will the weather be", "out_of_scope_other").hears(ActionReply())
    assert patient.writes("yes", "affirm").hears(ActionReply())[0]["answer"] == "show_topics"


def test_no_leaves_it_and_tells_nobody(patient: Patient) -> None:
    patient.writes("hm", "complain").hears(ActionReply())
    assert patient.writes("no", "deny").hears(ActionReply())[0]["answer"] == "offer_declined"
    assert patient.conversation().mode == "assistant"


def test_yes_to_an_offer_before_the_last_line_does_nothing(patient: Patient) -> None:
    patient.writes("hm", "complain").hears(ActionReply())
    patient.writes("is it hereditary", "ask_genetics").hears(ActionReply())
    assert patient.writes("yes", "affirm").hears(ActionReply())[0]["answer"] == "affirm"
    assert patient.conversation().mode == "assistant"
