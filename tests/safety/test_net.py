"""The second net: it knows wordings that no rule knows, asks rather than alarms, and its absence harms nothing."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from bot.brain.training import train_if_needed
from bot.safety import RedFlags, Watch
from bot.safety.net import MODEL, Net, sentences
from bot.settings import ROOT

HERE = Path(__file__).parent


def rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture(scope="module")
def net() -> Net:
    train_if_needed(ROOT)
    made = Net()
    made.read(MODEL)
    return made


def plain(text: str) -> str:
    return re.sub(r"[^a-z0-9 ]", "", text.lower()).strip()


def test_nothing_that_it_is_measured_on_was_learnt() -> None:
    flagged, near = sentences()
    learnt = {plain(text) for text in [*(text for text, _ in flagged), *near]}
    texts = [row["text"] for name in ("frozen.tsv", "ordinary.tsv") for row in rows(name)]
    measured = {plain(part) for text in texts for part in [text, *text.split(" || ")]}
    assert not {text for text in learnt & measured if len(text) > 8}


def test_with_the_rules_it_reaches_what_was_measured(net: Net) -> None:
    """Floors just under what was measured: right flag .965, any .983, plain 1.0; on the half that no rule saw .930 and .965.

    The aims are .98, and at most .10 of hard near-misses (measured .12) and .02 of ordinary messages (measured .019).
    """
    watch = Watch(RedFlags.load(), net)

    def seen(text: str) -> set[str]:
        parts, flags = text.split(" || "), set()
        for number, part in enumerate(parts):
            found = watch.check(part, tuple(parts[max(0, number - 3) : number]))
            flags |= set(found.flags) if found else set()
        return flags

    def share(values: list[bool]) -> float:
        return sum(values) / len(values)

    frozen = rows("frozen.tsv")
    found = [(row, seen(row["text"])) for row in frozen]
    real = [(row, flags) for row, flags in found if row["flags"] != "-"]
    unseen = [(row, flags) for row, flags in found[1::2] if row["flags"] != "-"]
    right = [bool(flags & set(row["flags"].split("|"))) for row, flags in real]
    assert share(right) >= 0.955
    assert share([bool(flags) for _, flags in real]) >= 0.975
    assert share([bool(flags) for row, flags in real if row["kind"] == "plain"]) >= 0.995
    assert share([bool(flags & set(row["flags"].split("|"))) for row, flags in unseen]) >= 0.91
    assert share([bool(flags) for _, flags in unseen]) >= 0.95
    assert share([bool(flags) for row, flags in found if row["flags"] == "-"]) <= 0.14
    assert share([bool(seen(row["text"])) for row in rows("ordinary.tsv")]) <= 0.02


def test_without_its_file_the_rules_go_on_alone(tmp_path: Path) -> None:
    missing = Net()
    missing.read(tmp_path / "nothing.pkl")
    assert missing.verdict("my calf is swollen and hot on one side") is None
    found = Watch(RedFlags.load(), missing).check("my calf is swollen and hot on one side")
    assert found and found.flags == ("R1",)


def test_a_net_of_another_encoder_is_refused(net: Net, tmp_path: Path) -> None:
    other = Net({**net._kept, "encoder": "another"})  # type: ignore[dict-item]
    other.save(tmp_path / "other.pkl")
    refused = Net()
    refused.read(tmp_path / "other.pkl")
    assert refused.look("anything") is None


def test_asking_carries_the_advice_of_the_flag() -> None:
    found = RedFlags.load().finding("R1", ask=True)
    assert found.ask and found.flags == ("R1",) and "clot" in found.reply
