"""The booking form: reads each answer, lets questions interrupt, sends nothing without consent and a look
at the summary."""

from __future__ import annotations

import pytest

from actions.booking import (
    ActionAskBookingConfirm,
    ActionBeginBooking,
    ActionCancelBooking,
    ActionChangeAppointment,
    ActionSubmitBooking,
    ValidateBookingForm,
)
from bot.bookings.fields import BY_SLOT, FIELDS, SLOTS
from bot.bookings.reading.changes import field_to_change
from bot.bookings.reading.contacts import read_contact
from bot.bookings.reading.names import read_name
from bot.settings import settings
from bot.store.models import Booking, ContactLink, Event, TurnLog
from tests.actions.conftest import Patient

FORM = "booking_form"
FILLED = {
    "booking_name": "Ann Lee",
    "booking_contact": "555 010 0123",
    "booking_times": "mornings",
    "booking_reason": "my legs",
}
READY = {**FILLED, "booking_consent": "yes", "booking_confirm": "yes"}


def answer(patient: Patient, text: str, intent: str | None = None, **parsed: object) -> dict:
    return patient.fills(FORM, ValidateBookingForm(), text, intent, **parsed)


def until(patient: Patient, slot: str) -> None:
    """The form is filled up to the question for ``slot``."""
    patient.slots |= {key: READY[key] for key in SLOTS[: SLOTS.index(slot)]}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ann Lee", "Ann Lee"),
        ("my name is Ann Lee.", "Ann Lee"),
        ("Hi, I'm Ann", "Ann"),
        ("call me Ann please", "Ann"),
        ("Will Smith", "Will Smith"),
        ("María-José O'Neil", "María-José O'Neil"),
        ("王伟", "王伟"),
        ("x" * 100, "x" * 100),
        ("x" * 101, None),
        ("", None),
        ("555 0100", None),
        ("yes", None),
        ("hello", None),
        ("why?", None),
        ("!!", None),
        ("Ann\nLee", "Ann Lee"),
    ],
)
def test_names(text: str, name: str | None) -> None:
    assert read_name(text) == name


@pytest.mark.parametrize(
    "text", ["555 010 0123", "+44 20 7946 0018", "ann@example.com", "ring 555-010-0123 after five", "123456"]
)
def test_a_number_or_an_address_is_a_contact_and_kept_as_written(text: str) -> None:
    assert read_contact(text) == text


@pytest.mark.parametrize("text", ["call me", "12345", "1" * 16, "a@b.co" + "m" * 200])
def test_what_cannot_reach_anybody_is_no_contact(text: str) -> None:
    assert read_contact(text) is None


@pytest.mark.parametrize(
    ("text", "slot"),
    [
        *((f"Change: {field.label}", field.slot) for field in FIELDS),
        ("the phone number is wrong", "booking_contact"),
        ("different days please", "booking_times"),
        ("my name", "booking_name"),
        ("fine", None),
    ],
)
def test_the_field_that_is_to_change(text: str, slot: str | None) -> None:
    assert field_to_change(text) == slot


def test_the_whole_way(patient: Patient) -> None:
    assert answer(patient, "I'm Ann Lee") == {"booking_name": "Ann Lee"}
    assert answer(patient, "555 010 0123", "out_of_scope_other") == {"booking_contact": "555 010 0123"}
    assert answer(patient, "mornings next week", "book_appointment") == {
        "booking_times": "mornings next week"
    }
    assert answer(patient, "my legs keep me awake", "ask_relief_tonight") == {
        "booking_reason": "my legs keep me awake"
    }
    assert answer(patient, "/affirm", "affirm") == {"booking_consent": "yes"}
    (shown,) = patient.hears(ActionAskBookingConfirm())
    assert all(
        value in shown["text"]
        for value in ("Ann Lee", "555 010 0123", "mornings next week", "my legs keep me awake")
    )
    assert [choice["key"] for choice in shown["choices"]] == ["affirm", "deny", "stop"]
    assert answer(patient, "send it") == {"booking_confirm": "yes"}
    assert patient.rows(Booking) == []
    assert patient.hears(ActionSubmitBooking())[0]["answer"] == "booking_done"
    (booking,) = patient.rows(Booking)
    assert (booking.name, booking.contact, booking.times) == ("Ann Lee", "555 010 0123", "mornings next week")
    assert booking.reason == "my legs keep me awake"
    assert booking.state == "requested" and booking.consent_at
    assert (patient.conversation().mode, patient.conversation().waiting_reason) == ("waiting", "booking")
    assert not any(patient.slots[slot] for slot in SLOTS)


@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("does iron help?", "ask_iron_supplements"),
        ("/ask_iron_link", "ask_iron_link"),
        ("what is rls", "ask_what_is_rls"),
        ("cancel", "stop"),
    ],
)
def test_a_question_a_topic_button_and_cancel_are_left_to_the_other_rules(
    patient: Patient, slot: str, text: str, intent: str
) -> None:
    until(patient, slot)
    assert answer(patient, text, intent, confidence=0.5) == {}
    assert patient.said == []


@pytest.mark.parametrize("slot", [slot for slot in SLOTS if slot != "booking_reason"])
@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("let me talk to a person", "talk_to_staff"),
        ("human please", "talk_to_staff"),
        ("delete my data", "delete_my_data"),
        ("bye then", "goodbye"),
        ("check my symptoms", "check_symptoms"),
    ],
)
def test_wishes_that_are_no_questions_get_through_too(
    patient: Patient, slot: str, text: str, intent: str
) -> None:
    until(patient, slot)
    assert answer(patient, text, intent) == {}


@pytest.mark.parametrize(
    ("slot", "texts", "line"),
    [
        ("booking_name", ("???", "???"), "booking_bad_name"),
        ("booking_contact", ("in my office", "at the office"), "booking_bad_contact"),
        ("booking_consent", ("purple", "purple"), "booking_bad_answer"),
    ],
)
def test_what_cannot_be_read_is_asked_again_in_other_words(
    patient: Patient, slot: str, texts: tuple[str, str], line: str
) -> None:
    until(patient, slot)
    said = []
    for text in texts:
        answer(patient, text)
        assert patient.slots[slot] is None
        said += patient.said
    assert [message["answer"] for message in said] == [line, line]
    assert said[0]["text"] != said[1]["text"]


@pytest.mark.parametrize("text", ["maybe", "not sure", "I don't know"])
@pytest.mark.parametrize("slot", ["booking_consent", "booking_confirm"])
def test_perhaps_is_neither_yes_nor_no(patient: Patient, slot: str, text: str) -> None:
    until(patient, slot)
    answer(patient, text, "deny")
    assert patient.slots[slot] is None


def test_consent_refused_ends_the_form_and_sends_and_keeps_nothing(patient: Patient) -> None:
    until(patient, "booking_consent")
    assert answer(patient, "no", "deny")["booking_consent"] == "no"
    assert patient.slots["requested_slot"] is None  # Rasa ends the form on this
    assert patient.hears(ActionSubmitBooking())[0]["answer"] == "booking_no_consent"
    assert patient.rows(Booking) == []
    assert patient.conversation().mode == "assistant"
    assert not any(patient.slots[slot] for slot in SLOTS)


@pytest.mark.parametrize("missing", ["booking_consent", "booking_confirm"])
def test_nothing_is_sent_without_both_yeses(patient: Patient, missing: str) -> None:
    patient.slots |= {**READY, missing: None}
    patient.writes("send").hears(ActionSubmitBooking())
    assert patient.rows(Booking) == []


def test_cancelled_forgets_everything(patient: Patient) -> None:
    patient.slots |= FILLED
    assert patient.writes("cancel", "stop").hears(ActionCancelBooking())[0]["answer"] == "booking_cancelled"
    assert not any(patient.slots[slot] for slot in SLOTS)
    assert patient.rows(Booking) == []


@pytest.mark.parametrize(
    "text",
    ["ok but the time is wrong", "no, the days", "Change: Times that suit you", "can I change the time?"],
)
def test_a_field_named_at_the_summary_is_asked_again_and_nothing_is_sent(patient: Patient, text: str) -> None:
    until(patient, "booking_confirm")
    answer(patient, text, "change_appointment")
    assert patient.slots["booking_times"] is None
    assert patient.slots["booking_confirm"] is None
    assert patient.slots["booking_name"] == "Ann Lee"


def test_no_at_the_summary_asks_what_to_change(patient: Patient) -> None:
    until(patient, "booking_confirm")
    patient.writes("yes", "affirm").hears(ActionAskBookingConfirm())
    answer(patient, "no", "deny")
    (asked,) = patient.hears(ActionAskBookingConfirm())
    assert asked["answer"] == "booking_change"
    assert [choice["key"] for choice in asked["choices"]] == [*(f"say_{slot}" for slot in BY_SLOT), "stop"]
    answer(patient, "/ask_iron_link", "ask_iron_link")
    assert patient.hears(ActionAskBookingConfirm())[0]["answer"] == "booking_confirm"


@pytest.mark.parametrize(
    ("slot", "text", "changed"),
    [
        ("booking_reason", "sorry, my number is 555 010 9999", {"booking_contact": "555 010 9999"}),
        ("booking_times", "actually, use ann@example.com", {"booking_contact": "ann@example.com"}),
        ("booking_confirm", "no, the name is Anna Lee", {"booking_name": "Anna Lee"}),
        ("booking_confirm", "my number is 555 010 9999", {"booking_contact": "555 010 9999"}),
    ],
)
def test_an_earlier_field_can_be_put_right_in_passing(
    patient: Patient, slot: str, text: str, changed: dict
) -> None:
    until(patient, slot)
    answer(patient, text)
    assert changed.items() <= patient.slots.items()
    assert patient.slots[slot] is None


def test_the_same_message_twice_makes_one_request(patient: Patient) -> None:
    patient.slots |= READY
    patient.writes("send it", "affirm")
    first = patient.hears(ActionSubmitBooking())
    patient.slots |= READY
    again = patient.hears(ActionSubmitBooking())
    assert first[0]["answer"] == again[0]["answer"] == "booking_done"
    assert len(patient.rows(Booking)) == 1
    assert [event.kind for event in patient.rows(Event)] == ["hand_over"]


def test_a_failing_store_says_nothing_was_sent(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("actions.booking.hand_over", fail)
    patient.slots |= READY
    with pytest.raises(OSError):
        patient.writes("send it", "affirm").hears(ActionSubmitBooking())
    assert patient.rows(Booking) == []
    assert [event for event in patient.events if event["event"] == "bot"] == []


def test_a_change_goes_to_staff_once(patient: Patient) -> None:
    patient.slots |= READY
    patient.writes("send it", "affirm").hears(ActionSubmitBooking())
    patient.given_back()
    patient.writes("can I move my appointment?", "change_appointment")
    for _ in range(2):
        assert patient.hears(ActionChangeAppointment())[0]["answer"] == "change_done"
    wanted = [event for event in patient.rows(Event) if event.kind == "change_wanted"]
    assert [event.data for event in wanted] == [{"booking": patient.rows(Booking)[0].id}]
    assert (patient.conversation().mode, patient.conversation().waiting_reason) == ("waiting", "change")


def test_a_change_of_no_request_is_honest_and_troubles_nobody(patient: Patient) -> None:
    assert (
        patient.writes("move it", "change_appointment").hears(ActionChangeAppointment())[0]["answer"]
        == "change_none"
    )
    assert patient.conversation().mode == "assistant"


def test_outside_the_front_door_nothing_is_claimed(outsider: Patient) -> None:
    outsider.slots |= READY
    assert (
        outsider.writes("send it", "affirm").hears(ActionSubmitBooking())[0]["answer"] == "outside_front_door"
    )
    assert (
        outsider.writes("move it", "change_appointment").hears(ActionChangeAppointment())[0]["answer"]
        == "outside_front_door"
    )


def test_the_log_names_what_was_said(patient: Patient) -> None:
    patient.slots |= READY
    patient.writes("send it", "affirm").hears(ActionSubmitBooking())
    assert [(row.action, row.answer_id) for row in patient.rows(TurnLog)] == [
        ("action_submit_booking", "booking_done")
    ]


def public(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("RLA_PUBLIC_URL", address)
    settings.cache_clear()


def books_on_telegram(patient: Patient) -> tuple[str, str, list[dict]]:
    """The whole form on Telegram: what is said at the start, in the summary, and once the request is sent."""
    patient.channel = "telegram"
    (begun,) = patient.writes("book", "book_appointment").hears(ActionBeginBooking())
    assert not [
        slot for slot in SLOTS[:2] if patient.slots.get(slot) is None
    ]  # so the form does not ask for them
    patient.slots |= {key: READY[key] for key in SLOTS[2:5]}
    shown = patient.writes("yes", "affirm").hears(ActionAskBookingConfirm())[0]["text"]
    assert "mornings" in shown and "Name" not in shown
    patient.slots["booking_confirm"] = "yes"
    return begun["text"], shown, patient.writes("send it", "affirm").hears(ActionSubmitBooking())


def test_on_telegram_name_and_contact_are_left_on_a_private_page(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    public(monkeypatch, "https://assistant.clinic.example")
    begun, shown, (done, link) = books_on_telegram(patient)
    assert "private page" in begun and "write to you in this chat" not in begun
    assert "- How to reach you: on a private page" in shown
    assert done["answer"] == "booking_done"
    assert "https://assistant.clinic.example/contact/" in link["text"]
    booking = patient.rows(Booking)[0]
    assert (booking.name, booking.contact, booking.times) == ("", "", "mornings")
    with patient.store.read() as session:  # type: ignore[union-attr]
        assert session.query(ContactLink).one().booking_id == booking.id


def test_on_telegram_without_a_public_address_staff_write_in_the_chat_and_no_page_is_promised(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    public(monkeypatch, "")
    begun, shown, said = books_on_telegram(patient)
    assert "will write to you in this chat" in begun
    assert "- How to reach you: here in this chat" in shown
    assert [message["answer"] for message in said] == ["booking_done_chat"]
    assert (
        "write to you here in this chat" in said[0]["text"] and "not a fixed appointment" in said[0]["text"]
    )
    assert not any("page" in text for text in (begun, shown, said[0]["text"]))
    booking = patient.rows(Booking)[0]
    assert (booking.name, booking.contact, booking.times) == ("", "", "mornings")
    assert [row.answer_id for row in patient.rows(TurnLog) if row.action == "action_submit_booking"] == [
        "booking_done_chat"
    ]
    with patient.store.read() as session:  # type: ignore[union-attr]
        assert session.query(ContactLink).count() == 0


@pytest.mark.parametrize("address", ["", "https://assistant.clinic.example"])
def test_a_number_given_on_telegram_all_the_same_is_used(
    patient: Patient, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    public(monkeypatch, address)
    patient.channel = "telegram"
    patient.writes("book", "book_appointment").hears(ActionBeginBooking())
    patient.slots |= {"booking_times": "mornings"}
    answer(patient, "sorry, my number is 555 010 9999")
    patient.slots |= {key: READY[key] for key in SLOTS[3:]}
    said = patient.writes("send it", "affirm").hears(ActionSubmitBooking())
    assert [message["answer"] for message in said] == ["booking_done"]
    assert patient.rows(Booking)[0].contact == "555 010 9999"


def test_on_the_website_they_are_asked_in_the_chat(patient: Patient) -> None:
    assert patient.writes("book", "book_appointment").hears(ActionBeginBooking()) == []
    assert patient.slots.get("booking_name") is None
