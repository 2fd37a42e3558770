"""What a message means to the booking form: no wrong name reaches staff, no natural answer leaves the
form."""

from __future__ import annotations

import pytest

from actions.booking import ActionAskBookingConfirm, ValidateBookingForm
from bot.bookings.fields import SLOTS
from bot.bookings.reading.changes import changes
from bot.bookings.reading.contacts import find_contact
from bot.bookings.reading.names import read_name
from bot.bookings.reading.several import read_several
from bot.bookings.reading.times import impossible
from tests.actions.conftest import Patient

READY = {
    "booking_name": "Al Bo",
    "booking_contact": "al@al.com",
    "booking_times": "mon",
    "booking_reason": "veins",
    "booking_consent": "yes",
    "booking_confirm": None,
}
ASKED = {slot: {key: READY[key] for key in SLOTS[: SLOTS.index(slot)]} for slot in SLOTS}


def answer(
    patient: Patient, slot: str, text: str, intent: str | None = None, confidence: float = 0.9
) -> dict:
    """What ``text`` sets when the form asks for ``slot``, with ``None`` for what it opens again; ``{}``
    when the form is left."""
    patient.slots |= ASKED[slot]
    patient.form = "booking_form"
    patient.slots["requested_slot"] = slot
    before = {key: value for key, value in patient.slots.items() if key in SLOTS and key != slot}
    patient.slots.pop(
        slot, None
    )  # so that "asked again" (None) differs from "left to the other rules" (still missing)
    patient.writes(text, intent, confidence)
    patient.said = patient.hears(ValidateBookingForm())
    return {
        key: value
        for key, value in patient.slots.items()
        if key in SLOTS and value != before.get(key, "not there")
    }


def lines(patient: Patient) -> list[str]:
    return [said["answer"] for said in patient.said]


@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize(
    "text", ["book an appointment", "I want to book an appointment", "/book_appointment"]
)
def test_book_once_more_never_leaves_the_form(patient: Patient, slot: str, text: str) -> None:
    """Left, the form is offered the same message again and again, until Rasa gives up and never listens
    any more."""
    assert answer(patient, slot, text, "book_appointment") == {slot: None}
    assert lines(patient) == ["booking_already"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Will", "Will"),
        ("call me Al", "Al"),
        ("maybe call me bob", "bob"),
        ("her name is Rosa Diaz", "Rosa Diaz"),
        ("its for my wife Dana", "Dana"),
        ("it's me, Ann", "Ann"),
        ("My name? Joe", "Joe"),
        ("Thanks, it's Joe", "Joe"),
        ("Dr. Who", "Dr. Who"),
        ("Do Nguyen", "Do Nguyen"),
        ("Oh Seung-hwan", "Oh Seung-hwan"),
        ("my name is My Linh", "My Linh"),
        ("Anne-Marie d'Arc", "Anne-Marie d'Arc"),
        ("wrong", None),
        ("the name is wrong", None),
        ("can someone see me now", None),
        ("i need help with my legs", None),
        ("/affirm", None),
        ("@annlee", None),
        ("tomorrow", None),
        ("no thanks", None),
        ("send it", None),
    ],
)
def test_names(text: str, name: str | None) -> None:
    assert read_name(text) == name


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Will", "ask_visit_preparation"),
        ("call me Al", "talk_to_staff"),
        ("Iron Mike", "ask_iron_link"),
        ("hope", "ask_cure"),
    ],
)
def test_a_name_that_looks_like_a_topic_is_a_name(patient: Patient, text: str, intent: str) -> None:
    assert "booking_name" in answer(patient, "booking_name", text, intent, 0.95)
    assert patient.slots["booking_name"]


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("iron pills", "ask_iron_supplements"),
        ("useless bot", "complain"),
        ("check symptoms", "check_symptoms"),
    ],
)
def test_small_letters_that_are_surely_something_else_are_no_name(
    patient: Patient, text: str, intent: str
) -> None:
    assert answer(patient, "booking_name", text, intent, 0.95) == {}


def test_an_old_yes_button_is_no_name(patient: Patient) -> None:
    assert answer(patient, "booking_name", "/affirm", "affirm") == {"booking_name": None}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "My name is Karl-Heinz Müller and you can reach me at 0171 5553322, best in the mornings, it's about my varicose veins",
            ("Karl-Heinz Müller", "0171 5553322", "best in the mornings", "varicose veins"),
        ),
        ("Karl-Heinz Müller and you can reach me at 0171 5553322, mornings, varicose veins", ("Karl-Heinz Müller", "0171 5553322", "mornings", "varicose veins")),
        ("Joe Smith 5550100144", ("Joe Smith", "5550100144", None, None)),
        ("Ann, and my number is 555 010 0144", ("Ann", "555 010 0144", None, None)),
        ("will.smith@outlook.com", (None, "will.smith@outlook.com", None, None)),
        ("Will Smith", (None, None, None, None)),
    ],
)  # fmt: skip
def test_several_fields_at_once(text: str, found: tuple) -> None:
    assert read_several(text) == {key: value for key, value in zip(SLOTS, found, strict=False) if value}


def test_an_address_at_the_name_is_kept_and_the_name_asked(patient: Patient) -> None:
    assert answer(patient, "booking_name", "will.smith@outlook.com") == {
        "booking_name": None,
        "booking_contact": "will.smith@outlook.com",
    }
    assert lines(patient) == ["booking_noted"]


@pytest.mark.parametrize(("text", "contact"), [("tuesday 12/05/2026", None), ("10:30-11:30", None), ("(555) 010-0144", "(555) 010-0144"), ("555.010.0199 ext 4", "555.010.0199 ext 4")])  # fmt: skip
def test_a_date_is_no_number(text: str, contact: str | None) -> None:
    assert find_contact(text) == contact


@pytest.mark.parametrize(
    ("slot", "text", "intent", "line"),
    [
        ("booking_contact", "call me", "talk_to_staff", "booking_need_number"),
        ("booking_contact", "do you text?", "ask_privacy", "booking_need_number"),
        ("booking_contact", "can I do this by phone", "talk_to_staff", "booking_by_phone"),
        ("booking_name", "why do you need my name", "ask_privacy", "booking_why"),
        ("booking_name", "i dont want to say", "stop", "booking_why"),
        ("booking_consent", "why do you need to ask that", "ask_sources", "booking_why_yes"),
        ("booking_confirm", "when will you call me?", "change_appointment", "booking_when_called"),
        ("booking_contact", "do i have rls?", "check_symptoms", "ask_diagnosis"),
    ],
)
def test_questions_about_the_form_are_answered_and_it_goes_on(
    patient: Patient, slot: str, text: str, intent: str, line: str
) -> None:
    assert answer(patient, slot, text, intent) == {slot: None}
    assert lines(patient) == [line]


@pytest.mark.parametrize("text", ["talk to someone", "human please", "i want to speak to a person"])
def test_who_asks_for_a_person_in_so_many_words_gets_one(patient: Patient, text: str) -> None:
    assert answer(patient, "booking_contact", text, "talk_to_staff") == {}


@pytest.mark.parametrize(("text", "intent"), [("that suits me", "talk_to_staff"), ("until then", "goodbye")])
def test_a_wish_that_only_the_classifier_hears_leaves_nothing(
    patient: Patient, text: str, intent: str
) -> None:
    assert answer(patient, "booking_consent", text, intent, 0.95) == {"booking_consent": None}


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("tomorrow", "goodbye"),
        ("now", "goodbye"),
        ("today", "goodbye"),
        ("can you do friday 3pm?", "change_appointment"),
        ("do you have anything on tuesday?", "book_appointment"),
        ("when you're open", None),
        ("december 3rd at 2", None),
        ("not before friday", "stop"),
    ],
)
def test_times_in_patients_words(patient: Patient, text: str, intent: str | None) -> None:
    assert answer(patient, "booking_times", text, intent) == {"booking_times": text}


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("what helps tonight?", "ask_relief_tonight"),
        ("what times do you have", "ask_clinic"),
        ("bye", "goodbye"),
    ],
)
def test_what_is_no_time_is_left(patient: Patient, text: str, intent: str) -> None:
    assert answer(patient, "booking_times", text, intent) == {}


@pytest.mark.parametrize("text", ["yesterday", "31.02.2025 at 25 o'clock"])
def test_a_time_that_never_comes_is_asked_once_more_and_no_oftener(patient: Patient, text: str) -> None:
    assert answer(patient, "booking_times", text) == {"booking_times": None}
    assert lines(patient) == ["booking_bad_times"]
    assert answer(patient, "booking_times", text)["booking_times"] == text


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("last week of december", False),
        ("12/31/2026", False),
        ("31.12.", False),
        ("30.2.", True),
        ("at 14:75", True),
    ],
)
def test_days_that_are_in_no_calendar(text: str, never: bool) -> None:
    assert impossible(text) is never


@pytest.mark.parametrize(
    ("text", "set_"),
    [
        ("the name is wrong", {"booking_name": None}),
        ("the name is spelled Boe", {"booking_name": "Boe"}),
        (
            "yes but my name is Albert Bo and the time is tuesday",
            {"booking_name": "Albert Bo", "booking_times": "tuesday"},
        ),
        ("Yes, but change the name to Susan Lee", {"booking_name": "Susan Lee"}),
        ("the email is wrong, it's al2@al.com", {"booking_contact": "al2@al.com"}),
        ("make it friday instead", {"booking_times": "friday"}),
        ("wrong number", {"booking_contact": None}),
        ("can you also add that i have diabetes", {"booking_reason": "veins; i have diabetes"}),
    ],
)
def test_put_right_at_the_summary(patient: Patient, text: str, set_: dict) -> None:
    assert answer(patient, "booking_confirm", text, "affirm", 0.6) == {"booking_confirm": None, **set_}
    assert lines(patient) == []


def test_what_is_sent_after_a_wrong_name_is_never_the_word_wrong() -> None:
    assert (
        changes("the name is wrong")
        == changes("my name is incorrect")
        == changes("name is not right")
        == {"booking_name": None}
    )


@pytest.mark.parametrize(
    "text",
    [
        "sounds good thanks",
        "looks good",
        "perfect",
        "👍",
        "thumbs up",
        "book it",
        "please send it",
        "/affirm",
    ],
)
@pytest.mark.parametrize("slot", ["booking_consent", "booking_confirm"])
def test_yes_in_patients_words(patient: Patient, slot: str, text: str) -> None:
    assert answer(patient, slot, text, "affirm" if text.startswith("/") else "thank") == {slot: "yes"}


def test_back_opens_the_question_before_and_start_over_all(patient: Patient) -> None:
    assert answer(patient, "booking_contact", "go back", "nlu_fallback") == {
        "booking_name": None,
        "booking_contact": None,
    }
    assert set(answer(patient, "booking_reason", "start over", "stop")) >= {
        "booking_name",
        "booking_contact",
        "booking_times",
    }
    assert not any(patient.slots[slot] for slot in SLOTS)


@pytest.mark.parametrize(
    ("slot", "text", "set_"),
    [
        ("booking_contact", "i made a mistake in my name, it's Helena", {"booking_name": "Helena"}),
        ("booking_contact", "the name should be Will Smith", {"booking_name": "Will Smith"}),
        ("booking_reason", "and make it friday instead", {"booking_times": "friday"}),
        (
            "booking_contact",
            "the email is wrong, it's will@outlook.com",
            {"booking_contact": "will@outlook.com"},
        ),
    ],
)
def test_put_right_in_passing(patient: Patient, slot: str, text: str, set_: dict) -> None:
    assert answer(patient, slot, text) == {slot: None, **set_}


@pytest.mark.parametrize(
    "text", ["something is wrong with my legs", "is it rls?", "cancel my old appointment"]
)
def test_a_reason_is_taken_as_it_is(patient: Patient, text: str) -> None:
    intent = {"is it rls?": "check_symptoms", "cancel my old appointment": "change_appointment"}.get(
        text, "ask_symptoms"
    )
    assert answer(patient, "booking_reason", text, intent) == {"booking_reason": text}


def test_the_menu_of_changes(patient: Patient) -> None:
    patient.slots |= READY
    patient.writes("yes", "affirm").hears(ActionAskBookingConfirm())
    answer(patient, "booking_confirm", "change something", "change_appointment")
    assert patient.hears(ActionAskBookingConfirm())[0]["answer"] == "booking_change"
    assert answer(patient, "booking_confirm", "yes", "affirm") == {
        "booking_confirm": None
    }  # a yes to this sends nothing
    assert patient.hears(ActionAskBookingConfirm())[0]["answer"] == "booking_confirm"
    answer(patient, "booking_confirm", "no", "deny")
    assert patient.hears(ActionAskBookingConfirm())[0]["answer"] == "booking_change"
    assert answer(patient, "booking_confirm", "phone", "talk_to_staff") == {
        "booking_confirm": None,
        "booking_contact": None,
    }
