"""A patient is told what speaks here, at the first contact, on each channel, and again when asked."""

from __future__ import annotations

import re

import pytest

from bot.content.answers import answers
from bot.content.texts import texts
from bot.settings import ROOT

NO_DOCTOR = re.compile(r"\bnot (?:a person and not )?a doctor\b|\bdo not replace a doctor\b", re.IGNORECASE)
WIDGET = (ROOT / "bot/widget/rls-chat.js").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        answers()["greet"].text,
        answers()["ask_if_bot"].text,
        texts()["telegram.intro"].words,
        texts()["telegram.help"].words,
    ],
)
def test_it_says_that_it_is_no_doctor(text: str) -> None:
    assert NO_DOCTOR.search(text)


@pytest.mark.parametrize(
    "text", [answers()["greet"].text, answers()["ask_if_bot"].text, texts()["telegram.intro"].words]
)
def test_it_says_that_it_is_a_program(text: str) -> None:
    assert "computer program" in text


@pytest.mark.parametrize("text", answers()["greet"].variants)
def test_no_other_greeting_leaves_it_out(text: str) -> None:
    assert NO_DOCTOR.search(text)


@pytest.mark.parametrize(
    "text",
    [
        answers()["greet"].text,
        *answers()["greet"].variants,
        texts()["telegram.intro"].words,
        texts()["telegram.help"].words,
    ],
)
def test_the_first_words_name_the_emergency_number(text: str) -> None:
    assert "{emergency_number}" in text


def test_the_widget_says_so_before_consent_and_at_the_top() -> None:
    assert re.search(r"welcomeWhat: '[^']*computer program", WIDGET)
    assert re.search(r"welcomeNot: '[^']*not a doctor", WIDGET)
    assert re.search(r"subtitle: '[^']*not a doctor", WIDGET)


@pytest.mark.parametrize(
    "text", [answers()["fallback_language"].text, *answers()["fallback_language"].variants]
)
def test_who_writes_in_another_language_gets_both_numbers_in_each_language(text: str) -> None:
    paragraphs = text.split("\n\n")
    assert len(paragraphs) == 4
    assert all("{clinic_phone}" in part and "{emergency_number}" in part for part in paragraphs)


@pytest.mark.parametrize(
    "text",
    [
        text
        for name in ("booking_done", "booking_done_chat")
        for text in (answers()[name].text, *answers()[name].variants)
    ],
)
def test_a_request_is_never_called_an_appointment(text: str) -> None:
    assert re.search(r"not a fixed appointment", text)
