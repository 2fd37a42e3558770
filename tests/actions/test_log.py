"""The turn log: what was understood and answered, once a message, of this conversation only."""

from __future__ import annotations

import asyncio

from rasa_sdk import Tracker

from actions.asks import ASK_BOOKING
from actions.respond import ActionReply
from actions.say import log_turn
from actions.turn import read_turn
from bot.content.answers import answers
from bot.store.models import TurnLog
from tests.actions.conftest import Patient


def test_a_row_says_what_was_understood_and_which_wording_was_answered(patient: Patient) -> None:
    ranking = [("ask_genetics", 0.8123), ("ask_causes", 0.1), ("nlu_fallback", 0.05), ("greet", 0.01)]
    patient.writes("is it in the family", "ask_genetics", 0.8123, ranking=ranking)
    patient.events[-1]["metadata"] = {"model_id": "abc"}
    patient.hears(ActionReply())
    (row,) = patient.rows(TurnLog)
    assert (row.conversation_id, row.inbound_id, row.action, row.intent, row.model) == (
        patient.id,
        patient.inbound_id,
        "action_reply",
        "ask_genetics",
        "abc",
    )
    assert (row.answer_id, row.answer_version) == ("ask_genetics", answers()["ask_genetics"].version)
    assert row.runners_up == [["ask_genetics", 0.812], ["ask_causes", 0.1], ["greet", 0.01]]


def test_the_same_message_is_logged_once(patient: Patient) -> None:
    patient.writes("is it in the family", "ask_genetics")
    for _ in range(3):
        patient.hears(ActionReply())
    assert len(patient.rows(TurnLog)) == 1


def test_the_same_words_in_a_new_message_are_logged_again(patient: Patient) -> None:
    for _ in range(2):
        patient.writes("is it in the family", "ask_genetics").hears(ActionReply())
    assert len(patient.rows(TurnLog)) == 2


def test_the_second_of_two_answers_has_its_own_row(patient: Patient) -> None:
    patient.writes("family and iron", "ask_genetics", also={"name": "ask_iron_link"}).hears(ActionReply())
    assert [(row.ordinal, row.answer_id) for row in patient.rows(TurnLog)] == [
        (0, "ask_genetics"),
        (1, "ask_iron_link"),
    ]


def test_a_miss_and_a_question_of_a_form_are_logged_too(patient: Patient) -> None:
    patient.writes("hm the thing", "nlu_fallback", 0.1).hears(ActionReply())
    patient.writes("book", "book_appointment").hears(ASK_BOOKING["booking_name"]())
    assert [(row.action, row.answer_id) for row in patient.rows(TurnLog)] == [
        ("action_reply", "fallback_unknown"),
        ("action_ask_booking_name", "booking_name_again"),
    ]


def test_what_the_patient_wrote_stands_in_one_column_that_is_erased_with_the_conversation(
    patient: Patient,
) -> None:
    patient.writes("my secret words", "ask_genetics").hears(ActionReply())
    (row,) = patient.rows(TurnLog)
    assert "secret" in row.read_as
    assert "secret" not in " ".join(str(value) for key, value in vars(row).items() if key != "read_as")


def test_a_message_of_somebody_else_is_not_logged(patient: Patient) -> None:
    assert patient.store
    other = Patient(patient.store)
    other.writes("hi", "greet")
    patient.writes("hi", "greet")
    patient.message["metadata"]["inbound_id"] = other.inbound_id
    patient.hears(ActionReply())
    assert patient.rows(TurnLog) == []


def test_two_calls_at_the_same_moment_write_one_row(patient: Patient) -> None:
    patient.writes("is it in the family", "ask_genetics")
    turn = read_turn(Tracker(patient.id, {}, patient.message, [], False, None, {}, "action_listen"))

    async def both() -> None:
        await asyncio.gather(*(log_turn(turn, "action_reply", "ask_genetics") for _ in range(4)))

    asyncio.run(both())
    assert len(patient.rows(TurnLog)) == 1


def test_without_inbound_id_nothing_is_logged_and_nothing_fails(outsider: Patient) -> None:
    outsider.writes("is it in the family", "ask_genetics").hears(ActionReply())


def test_a_strange_inbound_id_is_none() -> None:
    for strange in ("7", 7.5, None, [7]):
        turn = read_turn(
            Tracker(
                "c",
                {},
                {"text": "hi", "metadata": {"inbound_id": strange}},
                [],
                False,
                None,
                {},
                "action_listen",
            )
        )
        assert turn.inbound_id is None
