"""What ``python -m tools.evaluation`` counts."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.understanding.intent_model import IntentModel
from bot.understanding.reading import Reading
from tools.evaluation import command
from tools.evaluation.command import add_arguments, run
from tools.evaluation.hint3 import compare
from tools.evaluation.measures import Share, both, confusions, measure, recognised, right, suggested, wrong
from tools.evaluation.sentences import Case, read_cases
from tools.evaluation.typos import with_typos


def case(intents: str) -> Case:
    return Case("x", tuple(frozenset(part.split("|")) for part in intents.split("&")), frozenset())


def reading(*ranking: tuple[str, float], also: str | None = None) -> Reading:
    return Reading(list(ranking), (also, 0.9) if also else None, 0.0)


def test_an_alternative_is_right() -> None:
    assert right(case("ask_cure|ask_causes"), reading(("ask_causes", 0.9)))


def test_below_the_threshold_nothing_is_answered() -> None:
    unsure = reading(("ask_cure", 0.2), ("ask_causes", 0.1))
    assert not right(case("ask_cure"), unsure)
    assert not wrong(case("ask_magnesium"), unsure)
    assert suggested(case("ask_causes"), unsure)
    assert recognised(unsure)


def test_declining_is_no_wrong_answer_but_no_right_one() -> None:
    declined = reading(("out_of_scope_medical", 0.9))
    assert not wrong(case("ask_cure"), declined)
    assert not right(case("ask_cure"), declined)
    assert recognised(declined)


def test_two_questions_count_only_together() -> None:
    assert both(case("ask_cure&ask_causes"), reading(("ask_causes", 0.9), also="ask_cure"))
    assert not both(case("ask_cure&ask_causes"), reading(("ask_causes", 0.9)))


def test_the_figures_add_up() -> None:
    cases = [case("ask_cure"), case("ask_cure"), case("out_of_scope_other")]
    readings = [reading(("ask_cure", 0.9)), reading(("ask_causes", 0.9)), reading(("ask_causes", 0.9))]
    figures = measure(cases, readings)
    assert figures["in scope, answered rightly"] == Share(1, 2)
    assert figures["in scope, wrong answer"] == Share(1, 2)
    assert figures["out of scope, recognised"] == Share(0, 1)
    assert confusions(cases, readings)[0] == ("ask_cure", "ask_causes", 1)


def test_the_interval_is_wilsons() -> None:
    low, high = Share(9, 10).interval or (0, 0)
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)
    assert Share(0, 0).interval is None


def test_typos_are_the_same_each_time_and_leave_short_words() -> None:
    text = "is it my restless legs again tonight"
    assert with_typos(text, 0.5) == with_typos(text, 0.5) != text
    assert with_typos("is it my", 1.0) == "is it my"
    changed = sum(a != b for a, b in zip(text.split(), with_typos(text, 0.5).split(), strict=True))
    assert changed <= 2


def write(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_file_is_read_with_its_alternatives_and_doubles(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.tsv",
        "text\tintents\tred_flag",
        'say "hi"\tgreet|ask_cure\t',
        "a and b\task_cure&ask_cost\tR1|R2",
    )
    first, second = read_cases(path)
    assert first.text == 'say "hi"' and first.asked == (frozenset({"greet", "ask_cure"}),) and first.in_scope
    assert second.two and second.flags == {"R1", "R2"}


@pytest.mark.parametrize(
    "rows", [("words\tintents",), ("text\tintents\tred_flag", "hello\t\t"), ("text\tintents\tred_flag",)]
)
def test_a_bad_file_is_named_by_place(tmp_path: Path, rows: tuple[str, ...]) -> None:
    path = write(tmp_path / "bad.tsv", *rows)
    with pytest.raises(ConfigError, match=r"bad\.tsv"):
        read_cases(path)


def options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(list(arguments))


def test_table_json_and_picture(
    tmp_path: Path, small: IntentModel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "find_model", lambda _: (small, "small"))
    rows = [
        "iron and my legs?\task_iron_link\t",
        "is coffee ok\task_caffeine\t",
        "my left calf is hot, red and swollen\task_caffeine\tR1",
    ]
    path = write(tmp_path / "a.tsv", "text\tintents\tred_flag", *rows)
    run(options(str(path), "--json", "--matrix", str(tmp_path / "m.png")))
    report = json.loads(capsys.readouterr().out)
    assert report["sentences"] == 3
    assert report["figures"]["in scope, answered rightly"]["of"] == 3
    assert report["red flags"]["recall"]["flag"]["R1"]["hits"] == 1
    assert (tmp_path / "m.png").read_bytes()[:4] == b"\x89PNG"
    run(options(str(path), "--typos", "0"))
    assert "in scope, answered rightly" in capsys.readouterr().out


def test_a_red_flag_file_is_told_by_flag_tier_and_kind_with_every_row_that_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        "my left calf is hot, red and swollen\tR1\tplain",
        "crushing chest pain || and i cannot breathe\tR2|R14\tsplit",
        "does it run in families\tR5\tlay",  # labelled wrongly on purpose
        "my legs are killing me\t-\thyperbole",
        "I want to kill myself\t-\thyperbole",  # so is this
    ]
    path = write(tmp_path / "flags.tsv", "text\tflags\tkind", *rows)
    run(options(str(path), "--json"))
    report = json.loads(capsys.readouterr().out)
    assert (report["recall"]["all"]["all"]["hits"], report["recall"]["all"]["all"]["of"]) == (2, 3)
    assert {key: figure["hits"] for key, figure in report["recall"]["flag"].items()} == {
        "R1": 1,
        "R2": 1,
        "R5": 0,
    }
    assert {key: figure["of"] for key, figure in report["recall"]["tier"].items()} == {
        "emergency": 1,
        "today": 2,
    }
    assert report["recall"]["kind"]["plain"]["interval"][0] > 0.2
    assert report["false alarms"]["kind"]["hyperbole"] == report["false alarms"]["all"]["all"]
    assert (report["false alarms"]["all"]["all"]["hits"], report["false alarms"]["all"]["all"]["of"]) == (
        1,
        2,
    )
    assert [row["text"] for row in report["misses"]] == ["does it run in families"]
    run(options(str(path)))
    printed = capsys.readouterr().out
    assert (
        "does it run in families" in printed
        and "I want to kill myself" in printed
        and "my legs are killing me" not in printed
    )


@pytest.mark.parametrize("row", ["\tR1\tplain", "a text\t\tplain"])
def test_a_bad_red_flag_row_is_named_by_place(tmp_path: Path, row: str) -> None:
    path = write(tmp_path / "bad.tsv", "text\tflags\tkind", row)
    with pytest.raises(ConfigError, match=r"bad\.tsv:2"):
        run(options(str(path)))


def test_without_a_file_it_says_what_to_give() -> None:
    with pytest.raises(ConfigError, match="name a file"):
        run(options())
    with pytest.raises(ConfigError, match="both"):
        run(options("--train", "a.csv"))


def test_the_hint3_format(tmp_path: Path) -> None:
    iron = [
        f"{start} iron{end},IRON"
        for start in ("is it", "my", "low", "about")
        for end in ("", " please", " today")
    ]
    coffee = [
        f"{start} coffee{end},COFFEE"
        for start in ("is it", "my", "hot", "about")
        for end in ("", " please", " today")
    ]
    train = write(tmp_path / "train.csv", "sentence,label", *iron, *coffee)
    test = write(
        tmp_path / "test.csv",
        "sentence,label",
        "is iron it,IRON",
        "coffee it is,COFFEE",
        "zebra crossing,NO_NODES_DETECTED",
    )
    figures = compare(train, test)
    assert figures["in-scope accuracy"] == 1.0
    assert figures["AUROC"] == 1.0
