"""The rules and the rules and the classifier, loaded once, and the labelled sets."""

from pathlib import Path

import pytest

from bot.rasa_server.training import train_if_needed
from bot.safety import RedFlagCheck, RedFlagRules
from bot.safety.classifier import RedFlagClassifier
from bot.settings import ROOT
from tools.evaluation.flags import Row, read_rows

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def rules() -> RedFlagRules:
    return RedFlagRules.load()


@pytest.fixture(scope="session")
def classifier(rules: RedFlagRules) -> RedFlagClassifier:
    train_if_needed(ROOT)
    return RedFlagClassifier(rules).read()


@pytest.fixture(scope="session")
def red_flags(rules: RedFlagRules, classifier: RedFlagClassifier) -> RedFlagCheck:
    """The rules and the classifier, as the front door asks them."""
    return RedFlagCheck(rules, classifier)


@pytest.fixture(scope="session")
def frozen() -> list[Row]:
    return read_rows(HERE / "frozen.tsv")


@pytest.fixture(scope="session")
def heldout() -> list[Row]:
    return read_rows(HERE / "heldout.tsv")


@pytest.fixture(scope="session")
def ordinary() -> list[Row]:
    return read_rows(HERE / "ordinary.tsv")
