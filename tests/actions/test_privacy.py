"""Deleting one's data: asked first, done only on a yes to that very question."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError

from actions.privacy import ActionAskDelete
from actions.respond import ActionReply
from bot.store.models import Timer
from tests.actions.conftest import Patient


def asked(patient: Patient) -> None:
    assert (
        patient.writes("delete my data", "delete_my_data").hears(ActionAskDelete())[0]["answer"]
        == "delete_ask"
    )


def yes(patient: Patient, intent: str = "affirm") -> str:
    return str(
        patient.writes("yes" if intent == "affirm" else "no", intent).hears(ActionReply())[0]["answer"]
    )


def test_yes_orders_the_erasure_of_this_conversation(patient: Patient) -> None:
    asked(patient)
    assert patient.rows(Timer) == []
    assert yes(patient) == "delete_done"
    (timer,) = patient.rows(Timer)
    assert (timer.kind, timer.data) == ("erase_conversation", {"conversation": patient.id})


def test_no_keeps_everything(patient: Patient) -> None:
    asked(patient)
    assert yes(patient, "deny") == "delete_kept"
    assert patient.rows(Timer) == []


def test_a_yes_after_something_else_deletes_nothing(patient: Patient) -> None:
    asked(patient)
    patient.writes("who reads it?", "ask_privacy").hears(ActionReply())
    assert yes(patient) == "affirm"
    assert patient.rows(Timer) == []


def test_a_yes_from_nowhere_deletes_nothing(patient: Patient) -> None:
    assert yes(patient) == "affirm"
    assert yes(patient, "deny") == "deny"
    assert patient.rows(Timer) == []


def test_a_question_taken_back_by_an_urgent_message_stays_taken_back(patient: Patient) -> None:
    asked(patient)
    patient.slots["awaiting"] = None  # what the front door sets after an urgent message (RasaClient.reset)
    assert yes(patient) == "affirm"
    assert patient.rows(Timer) == []


def test_the_same_yes_twice_orders_once(patient: Patient) -> None:
    asked(patient)
    yes(patient)
    patient.slots["awaiting"] = "delete"
    patient.events = patient.events[:-1]  # Rasa never stored the reply, and asks again
    assert patient.hears(ActionReply())[0]["answer"] == "delete_done"
    assert len(patient.rows(Timer)) == 1


def test_a_failing_store_does_not_say_that_it_is_deleted(patient: Patient) -> None:
    assert patient.store
    asked(patient)
    patient.writes("yes", "affirm")
    with patient.store.write() as session:
        session.connection().exec_driver_sql("DROP TABLE timers")
    with pytest.raises(OperationalError):
        patient.hears(ActionReply())
    assert patient.events[-1]["event"] == "user"


def test_outside_the_front_door_nothing_is_claimed(outsider: Patient) -> None:
    asked(outsider)
    assert yes(outsider) == "outside_front_door"
