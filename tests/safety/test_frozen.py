"""The red-flag rules against the frozen set: recall by flag, tier and kind, false alarms, and copies with typing errors."""

import random

import pytest

from bot.safety import RedFlags
from bot.safety.report import Row, raised, report
from tests.safety.typos import mutate

# The project's targets are recall 0.98 (1.0 for plain wording), 2 % false alarms on ordinary messages and 10 % on hard near-misses.
# The floors below are what the rules have reached, a little lower; raise them with every step, never lower them.
# Reached, all rows: recall 0.940 (705 of 750, Wilson 0.921 to 0.955), plain 0.984, emergency 0.955, typing errors 0.973 of what is caught without;
# false alarms 21 of 317 hard ones (0.066) and 2 of 702 ordinary ones. The even rows, which were tuned on: 0.997. The odd rows, which were not
# read: 0.882 (0.845 to 0.911), plain 0.968, false alarms 0.113. What is missed there is indirect and long-winded wording.
RECALL, TIER, FLAG, PLAIN, HELD_OUT, TYPOS = 0.93, 0.90, 0.86, 0.98, 0.87, 0.96


@pytest.fixture(scope="module")
def figures(frozen: list[Row]) -> dict:
    return report(frozen)


def share(figures: dict, part: str, table: str, key: str) -> float:
    return figures[part][table][key]["share"]


def test_recall_overall(figures: dict) -> None:
    assert share(figures, "recall", "all", "all") >= RECALL, figures["misses"]


@pytest.mark.parametrize("tier", ["emergency", "support", "today", "prescriber"])
def test_recall_of_every_tier(figures: dict, tier: str) -> None:
    assert share(figures, "recall", "tier", tier) >= TIER


@pytest.mark.parametrize("flag", [f"R{number}" for number in range(1, 15)])
def test_recall_of_every_flag(figures: dict, flag: str) -> None:
    assert share(figures, "recall", "flag", flag) >= FLAG


def test_plain_wording(figures: dict) -> None:
    assert share(figures, "recall", "kind", "plain") >= PLAIN, [row for row in figures["misses"] if row["kind"] == "plain"]


def test_recall_of_rows_that_nobody_tuned_on(frozen: list[Row]) -> None:
    """The odd rows were never looked at while the rules were written: the honest figure."""
    held_out = report(frozen[1::2])
    assert share(held_out, "recall", "all", "all") >= HELD_OUT


def test_false_alarms_on_hard_near_misses(figures: dict) -> None:
    assert share(figures, "false_alarms", "all", "all") <= 0.10, figures["alarms"]


def test_false_alarms_on_ordinary_messages(ordinary: list[Row]) -> None:
    figures = report(ordinary)
    assert share(figures, "false_alarms", "all", "all") <= 0.02, figures["alarms"]


def test_copies_with_typing_errors(frozen: list[Row], rules: RedFlags) -> None:
    """Of the rows that are caught as written, nearly all are caught with typing errors as well."""
    rng = random.Random(2024)
    caught = copies = 0
    for row in frozen:
        if not row.flags or not raised(row, rules).intersection(row.flags):
            continue
        copy = Row(tuple(mutate(message, rng) for message in row.messages), row.flags, row.kind)
        copies += 1
        caught += bool(raised(copy, rules).intersection(row.flags))
    assert caught / copies >= TYPOS


def test_every_row_names_flags_that_exist(frozen: list[Row], rules: RedFlags) -> None:
    assert {flag for row in frozen for flag in row.flags} == set(rules.book.flags)
