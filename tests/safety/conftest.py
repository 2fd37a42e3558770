"""The rules, loaded once, and the labelled sets."""

from pathlib import Path

import pytest

from bot.safety import RedFlags
from bot.safety.report import Row, read_rows

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def rules() -> RedFlags:
    return RedFlags.load()


@pytest.fixture(scope="session")
def frozen() -> list[Row]:
    return read_rows(HERE / "frozen.tsv")


@pytest.fixture(scope="session")
def ordinary() -> list[Row]:
    return read_rows(HERE / "ordinary.tsv")
