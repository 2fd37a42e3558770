"""What the rules and the classifier together see in the measuring sets: recall by flag, tier and kind,
false alarms, and copies with typing errors.

The promises: recall .98, 1.0 for plain wording, at most .02 false alarms on ordinary messages and .10 on hard
near-misses.
"""

import random
from typing import Any

import pytest

from bot.safety import TIERS, RedFlagCheck, RedFlagRules, flags
from tests.safety.typos import mutate
from tools.evaluation.flags import Row, flag_report, seen

RECALL, ORDINARY, NEAR_MISSES = 0.98, 0.02, 0.10
# Of forty rows a flag, one more or less is .025; a flag below this floor has a hole.
FLAG, TIER, TYPOS = 0.90, 0.90, 0.96
# The rules alone, for when the trained classifier's file is missing or broken: floors under what was reached.
ALONE, ALONE_PLAIN = 0.93, 0.98


@pytest.fixture(scope="module")
def figures(frozen: list[Row], red_flags: RedFlagCheck, rules: RedFlagRules) -> dict[str, Any]:
    return flag_report(frozen, red_flags, rules.book.flags)


@pytest.fixture(scope="module")
def blind(heldout: list[Row], red_flags: RedFlagCheck, rules: RedFlagRules) -> dict[str, Any]:
    return flag_report(heldout, red_flags, rules.book.flags)


@pytest.fixture(scope="module", params=["frozen", "heldout"])
def either(request: pytest.FixtureRequest, figures: dict[str, Any], blind: dict[str, Any]) -> dict[str, Any]:
    return figures if request.param == "frozen" else blind


def of(figures: dict[str, Any], part: str, table: str, key: str) -> float:
    return float(figures[part][table][key].value)


def test_recall_overall(either: dict[str, Any]) -> None:
    assert either["any flag"].value >= RECALL, either["misses"]
    assert of(either, "recall", "all", "all") >= RECALL - 0.01, either["misses"]


@pytest.mark.parametrize("tier", TIERS)
def test_recall_of_every_tier(either: dict[str, Any], tier: str) -> None:
    assert of(either, "recall", "tier", tier) >= TIER


@pytest.mark.parametrize("flag", list(flags()))
def test_recall_of_every_flag(either: dict[str, Any], flag: str) -> None:
    if flag in either["recall"]["flag"] or flag not in ("R15", "R16"):  # newer than the blind set
        assert of(either, "recall", "flag", flag) >= FLAG


def test_plain_wording_is_never_missed(either: dict[str, Any]) -> None:
    assert of(either, "recall", "kind", "plain") == 1.0, [
        row for row in either["misses"] if row["kind"] == "plain"
    ]


def test_plain_wording_is_not_only_asked_about(frozen: list[Row], red_flags: RedFlagCheck) -> None:
    plain = [row for row in frozen if row.kind == "plain"]
    assert sum(seen(row, red_flags).asked for row in plain) <= 0.02 * len(plain)


def test_false_alarms_on_hard_near_misses(
    frozen: list[Row], heldout: list[Row], red_flags: RedFlagCheck
) -> None:
    for rows in (frozen, heldout):
        near = [row for row in rows if not row.flags and row.kind != "ordinary"]
        assert sum(bool(seen(row, red_flags).flags) for row in near) <= NEAR_MISSES * len(near)


def test_false_alarms_on_ordinary_messages(
    ordinary: list[Row], heldout: list[Row], red_flags: RedFlagCheck
) -> None:
    for rows in (ordinary, [row for row in heldout if row.kind == "ordinary"]):
        assert sum(bool(seen(row, red_flags).flags) for row in rows) <= ORDINARY * len(rows)


def test_copies_with_typing_errors(frozen: list[Row], red_flags: RedFlagCheck) -> None:
    """Of the rows that are caught as written, nearly all are caught with typing errors as well."""
    rng = random.Random(2024)
    caught = copies = 0
    for row in frozen:
        if not row.flags or not seen(row, red_flags).flags.intersection(row.flags):
            continue
        copy = Row(tuple(mutate(message, rng) for message in row.messages), row.flags, row.kind)
        copies += 1
        caught += bool(seen(copy, red_flags).flags.intersection(row.flags))
    assert caught / copies >= TYPOS


def test_the_rules_alone_hold_until_the_classifier_is_there(frozen: list[Row], rules: RedFlagRules) -> None:
    alone = flag_report(frozen, rules, rules.book.flags)
    assert of(alone, "recall", "all", "all") >= ALONE, alone["misses"]
    assert of(alone, "recall", "kind", "plain") >= ALONE_PLAIN


def test_every_row_names_flags_that_exist(frozen: list[Row], heldout: list[Row], rules: RedFlagRules) -> None:
    assert {row.flags[0] for row in frozen if row.flags} == set(rules.book.flags)
    for rows in (frozen, heldout):
        assert {flag for row in rows for flag in row.flags} <= set(rules.book.flags)
    # Written by somebody who knew no rule, before R15 and R16 were flags.
    assert {row.flags[0] for row in heldout if row.flags} == set(rules.book.flags) - {"R15", "R16"}
