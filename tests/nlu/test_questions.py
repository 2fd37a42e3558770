"""What ``python -m tools.evaluation --questions`` counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.understanding.reading import Reading
from tools.evaluation.questions import OUTCOMES, Question, outcome, read_questions, report, table

HEAD = "text\tintents\tfacet\tred_flag\tsource\n"


def question(best: str, *others: str, flag: str = "none") -> Question:
    return Question("x", frozenset({best}), frozenset({best, *others}), flag)


def reading(*ranking: tuple[str, float]) -> Reading:
    return Reading(list(ranking), None, 0.0)


def test_alternatives_and_what_is_asked_together_are_read_apart(tmp_path: Path) -> None:
    file = tmp_path / "q.tsv"
    file.write_text(HEAD + "a\task_stress&ask_caffeine|ask_leg_jerks\twhy\tnone\ts\n", encoding="utf-8")
    (asked,) = read_questions(file)
    assert asked.best == {"ask_stress", "ask_caffeine"}
    assert asked.accepted == {"ask_stress", "ask_caffeine", "ask_leg_jerks"}


def test_odd_and_even_rows_are_the_whole(tmp_path: Path) -> None:
    file = tmp_path / "q.tsv"
    file.write_text(HEAD + "".join(f"{n}\task_cure\t\tnone\ts\n" for n in "abcde"), encoding="utf-8")
    odd, even = ([q.text for q in read_questions(file, rows)] for rows in ("odd", "even"))
    assert odd == ["a", "c", "e"]
    assert even == ["b", "d"]


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    file = tmp_path / "q.tsv"
    file.write_text("text\tintents\nx\task_cure\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="red_flag"):
        read_questions(file)


@pytest.mark.parametrize(
    ("ranking", "expected"),
    [
        ([("ask_causes", 0.99)], "right"),
        ([("ask_magnesium", 0.99)], "wrong"),
        ([("out_of_scope_medical", 0.99)], "declined"),
        ([("ask_magnesium", 0.21), ("ask_cure", 0.2)], "did you mean, and meant"),
        ([("ask_magnesium", 0.21)], "did you mean, not meant"),
        ([("out_of_scope_other", 0.21)], "declined"),
    ],
)
def test_every_end_has_its_name(ranking: list[tuple[str, float]], expected: str) -> None:
    assert expected in OUTCOMES
    assert outcome(question("ask_cure", "ask_causes"), reading(*ranking)) == expected


def test_what_raises_a_flag_or_may_be_either_is_reported_apart() -> None:
    asked = [
        question("ask_cure"),
        question("ask_cure", flag="R2"),
        question("out_of_scope_medical"),
        question("out_of_scope_medical", "ask_kidney"),
    ]
    found = report(asked, [reading(("ask_cure", 0.95))] * 4, lambda text: None)
    figures = found["figures"]
    assert (figures["in scope, right"].hits, figures["in scope, right"].of) == (1, 1)
    assert figures["in scope, equals the best"].hits == 1
    assert (figures["out of scope, recognised"].hits, figures["out of scope, recognised"].of) == (0, 1)
    assert figures["ours or not, either is fine: not wrong"].hits == 0
    assert figures["red flags raised"].of == 1
    assert found["bins"]["in scope"][-1]["right"].hits == 1
    assert [row["outcome"] for row in found["rows"]] == ["wrong"]
    assert any("ask_cure 0.95" in line for line in table(found, rows=True))
