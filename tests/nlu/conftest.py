"""One model for all tests of understanding, trained once on ``data/nlu`` as Rasa would train it."""

from __future__ import annotations

import pytest

from bot.understanding.encoder import encoder
from bot.understanding.intent_model import IntentModel
from bot.understanding.reading import prepared
from tools.evaluation.command import find_model


@pytest.fixture(scope="session")
def model() -> IntentModel:
    """The model in ``models/`` where it is up to date, else a new one."""
    return find_model(None)[0]


@pytest.fixture(scope="session")
def small() -> IntentModel:
    """A model that knows two topics, in a second."""
    iron = [
        "is it my iron",
        "can low iron cause it",
        "iron and my legs",
        "does anemia matter",
        "what has iron to do with it",
    ]
    coffee = [
        "can i drink coffee",
        "does caffeine matter",
        "is coffee bad",
        "tea and my legs",
        "should i stop coffee",
    ]
    texts = [prepared(text) for text in iron + coffee]
    return IntentModel(encoder()).fit(texts, ["ask_iron_link"] * len(iron) + ["ask_caffeine"] * len(coffee))
