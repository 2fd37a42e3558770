"""Handing over to staff: said only after it is stored, stored once, and true at every hour."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from actions.handoff import ActionHandOff
from bot.content.answers import answers
from bot.store.models import Conversation, Event, TurnLog
from tests.actions.conftest import Patient

OPEN = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # a Monday, 10 in New York
CLOSED = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # 3 in the morning there


@pytest.mark.parametrize(("moment", "line"), [(OPEN, "hand_off_done"), (CLOSED, "hand_off_out_of_hours")])
def test_the_line_is_true_at_this_hour(
    patient: Patient, monkeypatch: pytest.MonkeyPatch, moment: datetime, line: str
) -> None:
    monkeypatch.setattr("actions.stored_work.now", lambda: moment)
    assert patient.writes("a person please", "talk_to_staff").hears(ActionHandOff())[0]["answer"] == line
    assert (patient.conversation().mode, patient.conversation().waiting_reason) == ("waiting", "asked")


def test_it_is_stored_before_it_is_said(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    modes = []
    monkeypatch.setattr("actions.handoff.say_line", lambda *_: modes.append(patient.conversation().mode))
    patient.writes("a person please", "talk_to_staff").hears(ActionHandOff())
    assert modes == ["waiting"]


def test_a_failing_store_claims_nothing(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("actions.stored_work.change_mode", fail)
    with pytest.raises(OSError):
        patient.writes("a person please", "talk_to_staff").hears(ActionHandOff())
    assert [event for event in patient.events if event["event"] == "bot"] == []
    assert patient.rows(TurnLog) == []


def test_the_same_message_twice_hands_over_once(patient: Patient) -> None:
    patient.writes("a person please", "talk_to_staff")
    patient.hears(ActionHandOff())
    patient.hears(ActionHandOff())
    assert [event.kind for event in patient.rows(Event)] == ["hand_over"]
    assert len(patient.rows(TurnLog)) == 1


def test_a_repeat_after_staff_gave_it_back_does_not_hand_over_again(patient: Patient) -> None:
    patient.writes("a person please", "talk_to_staff").hears(ActionHandOff())
    patient.given_back()
    patient.hears(ActionHandOff())
    assert patient.conversation().mode == "assistant"


def test_asked_a_second_time_the_place_in_line_is_kept(patient: Patient) -> None:
    patient.writes("a person please", "talk_to_staff").hears(ActionHandOff())
    since = patient.conversation().waiting_since
    assert (
        patient.writes("hello? a person!", "talk_to_staff").hears(ActionHandOff())[0]["answer"]
        == "hand_off_already"
    )
    assert patient.conversation().waiting_since == since


def test_an_urgent_reason_is_not_overwritten(patient: Patient) -> None:
    patient.becomes("hand_over", reason="red_flag")
    patient.writes("a person please", "talk_to_staff").hears(ActionHandOff())
    assert patient.conversation().waiting_reason == "red_flag"


def test_outside_the_front_door_nobody_is_said_to_be_told(outsider: Patient) -> None:
    (said,) = outsider.writes("a person please", "talk_to_staff").hears(ActionHandOff())
    assert said["answer"] == "outside_front_door"
    assert not any("have been told" in text for text in [said["text"]])
    assert "have been told" in answers()["hand_off_done"].text


def test_a_message_of_another_conversation_moves_neither(patient: Patient) -> None:
    assert patient.store
    other = Patient(patient.store)
    other.writes("hi", "greet")
    patient.writes("a person please", "talk_to_staff")
    patient.message["metadata"]["inbound_id"] = other.inbound_id
    assert patient.hears(ActionHandOff())[0]["answer"] == "outside_front_door"
    with patient.store.read() as session:
        assert {row.mode for row in session.query(Conversation)} == {"assistant"}
