"""Answers to the booking form with the intent that the classifier gives them: the rows of
``tests/actions/booking_inputs.tsv``."""

from __future__ import annotations

import pytest

from bot.understanding.intent_model import IntentModel
from bot.understanding.reading import read
from tests.actions.test_booking_inputs import ROWS, Said, kept


def test_what_is_kept(model: IntentModel, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = []
    for row in ROWS:
        reading = read(model, row.text)
        found = kept(row, Said(row.text, reading.intent, reading.ranking[0][1]), monkeypatch)
        if found != row.kept:
            wrong.append((row.text, row.slot, found, reading.intent, round(reading.ranking[0][1], 2)))
    assert not wrong, wrong
