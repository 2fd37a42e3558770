"""The table of medicines: what it holds, what a spelling means, and how a fault in it is named."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.content.medicines import CLASSES, FILE, load_medicines, medicines, plain
from bot.errors import ConfigError

Break = Callable[[str, str], str]


def test_every_row_is_there() -> None:
    table = medicines()
    assert len(table.rows) == 284
    assert sum(1 + len(row.brands) + len(row.also_called) + len(row.heard_as) for row in table.rows) == 2065
    assert {row.kind for row in table.rows} == set(CLASSES)


@pytest.mark.parametrize(
    ("spelling", "names"),
    [
        ("Requip", ["ropinirole"]),
        ("rope in a roll", ["ropinirole"]),
        ("pregablin", ["pregabalin"]),
        ("LEVODOPA", ["carbidopa/levodopa"]),
        ("ibuprofen", ["ibuprofen"]),
        ("diphenhydramine", ["diphenhydramine"]),
        ("St John’s wort", ["St John's wort"]),
        ("st-johns wort", ["St John's wort"]),
        # In the UK, Benadryl is another medicine than in the US.
        ("benadryl", ["diphenhydramine", "cetirizine", "acrivastine"]),
        ("Sominex", ["diphenhydramine", "promethazine"]),
        ("unisom", ["diphenhydramine", "doxylamine"]),
        ("table", []),
        ("ability", []),
        ("lyrical", []),
        ("calm", []),
    ],
)
def test_what_a_spelling_means(spelling: str, names: list[str]) -> None:
    assert [row.name for row in medicines().by_spelling(spelling)] == names


@pytest.mark.parametrize(
    ("word", "classes"),
    [
        ("opioid", 1),
        ("Opiates", 1),
        ("dopamine agonists", 1),
        ("antidepressants", 7),
        ("water tablet", 1),
        ("water pill", 0),
        ("sleeping pill", 0),
    ],
)
def test_words_for_a_class(word: str, classes: int) -> None:
    assert len(medicines().by_class_word(word)) == classes


def test_no_wrong_spelling_is_a_right_one() -> None:
    table = medicines()
    assert not set(table.heard_as) & table.right_names


def test_no_row_names_a_dose_or_a_spacing() -> None:
    for row in medicines().rows:
        said = f"{row.direction} {row.why} {row.with_iron}"
        assert not re.search(r"\d+ ?(?:mg|mcg|g|ml|hours?|times)\b", said), row.place


def test_what_is_said_is_a_draft_and_what_was_not_seen_in_a_source_says_so() -> None:
    for row in medicines().rows:
        assert row.state == "draft"
        assert row.mark == "seen" or "direction" in row.needs_clinician_check, row.place
    assert medicines().by_spelling("ropinirole")[0].needs_clinician_check == ["direction", "why"]


@pytest.fixture
def broken(tmp_path: Path) -> Break:
    """Loads a copy in which ``old`` is now ``new``, and gives what the loader says."""

    def change(old: str, new: str) -> str:
        text = FILE.read_text(encoding="utf-8")
        assert old in text, f"the table has no '{old}' any more; change the test"
        path = tmp_path / "medicines.yml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            load_medicines(path)
        return str(caught.value)

    return change


# what stands there, what is put there, the line at which the fault is named (text in it), words of the fault
FAULTS = {
    "unknown class": ("class: levodopa", "class: levodopas", "class: levodopa", "Input should be"),
    "unknown field": ("rls: helps_some", "rsl: helps_some", "rls: helps_some", "Extra inputs"),
    "no direction": (
        "direction: >-\n      it helps many at first",
        'direction: ""\n    source: >-\n      it helps',
        "direction: >-\n      it helps many at first",
        "at least 1 character",
    ),
    "no reason not to stop": (
        '    why: "withdrawal; rarely a dangerous',
        '    source: "withdrawal; rarely a dangerous',
        "- name: ropinirole",
        "what may happen",
    ),
    "approved by nobody": ("state: draft", "state: approved", "- name: ropinirole", "approved_by is missing"),
    "not seen, not marked": (
        "needs_clinician_check: [direction, why]",
        "needs_clinician_check: [why]",
        "- name: ropinirole",
        "must name 'direction'",
    ),
    "named twice": ("- name: pramipexole", "- name: Ropinirole", "- name: pramipexole", "stands already at"),
    "heard as another": ("[pramipexol,", "[requip,", "- name: pramipexole", "which is ropinirole"),
    "ordinary word of no medicine": (
        "[APO-go,",
        "[APO-stop,",
        "# Medicines and restless",
        "no medicine is spelt",
    ),
    "class words of no class": (
        "  iron_iv: [iron inf",
        "  iron_v: [iron inf",
        "class_words:\n",
        "class_words",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_by_file_and_line(fault: str, broken: Break) -> None:
    old, new, at, words = FAULTS[fault]
    text = FILE.read_text(encoding="utf-8")
    line = text[: text.index(at)].count("\n") + 1
    named = [row for row in broken(old, new).splitlines() if words in row]
    assert any(row.strip().startswith(f"medicines.yml:{line}:") for row in named), named


@pytest.mark.parametrize("text", ["", "- one\n", "words\n", "medicines: []\n"])
def test_a_file_that_is_no_table_is_a_fault(text: str, tmp_path: Path) -> None:
    (tmp_path / "medicines.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"medicines\.yml:1"):
        load_medicines(tmp_path / "medicines.yml")


def test_spellings_are_compared_without_case_and_signs() -> None:
    assert plain(" Slow-Mag ") == "slow mag" and plain("Goody’s PM") == "goody's pm"
