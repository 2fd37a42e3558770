"""The rules and both nets, loaded once, and the labelled sets."""

from pathlib import Path

import pytest

from bot.rasa_server.training import train_if_needed
from bot.safety import RedFlags, Watch
from bot.safety.net import Net
from bot.settings import ROOT
from tools.evaluation.flags import Row, read_rows

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def rules() -> RedFlags:
    return RedFlags.load()


@pytest.fixture(scope="session")
def net(rules: RedFlags) -> Net:
    train_if_needed(ROOT)
    return Net(rules).read()


@pytest.fixture(scope="session")
def watch(rules: RedFlags, net: Net) -> Watch:
    """Both nets, as the front door asks them."""
    return Watch(rules, net)


@pytest.fixture(scope="session")
def frozen() -> list[Row]:
    return read_rows(HERE / "frozen.tsv")


@pytest.fixture(scope="session")
def heldout() -> list[Row]:
    return read_rows(HERE / "heldout.tsv")


@pytest.fixture(scope="session")
def ordinary() -> list[Row]:
    return read_rows(HERE / "ordinary.tsv")
