"""A fault in an answer file is named by file and line, so that a clinician who edits finds it.

Broken copies show it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.content.answers import FOLDER, load_answers
from bot.errors import ConfigError

Break = Callable[[str, str, str], str]


@pytest.fixture
def broken(tmp_path: Path) -> Break:
    """Loads a copy of the answers in which ``old`` in a file is now ``new``, and gives what the loader
    says."""
    folder = tmp_path / "answers"
    shutil.copytree(FOLDER, folder)

    def change(name: str, old: str, new: str) -> str:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} has no '{old}' any more; change the test"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            load_answers(folder)
        return str(caught.value)

    return change


def line(name: str, text: str) -> int:
    """The line of a file at which ``text`` first stands."""
    whole = (FOLDER / name).read_text(encoding="utf-8")
    return whole[: whole.index(text)].count("\n") + 1


CAUSES = "causes.yml"
ENTRY = "- id: ask_what_is_rls"
# file, what stands there, what is put there, where the fault must be named (text at that line), words of the
# fault
FAULTS = {
    "unknown field": (CAUSES, "  red_flags: []", "  redflags: []", "  red_flags: []", "redflags"),
    "field left out": (CAUSES, "  title: What restless legs is\n", "", ENTRY, "title"),
    "empty text": (
        "self_check.yml",
        "  text: >-\n    Question 1 of 5. Do you",
        '  text: ""\n  approved_by: >-\n    Do you',
        "  text: >-\n    Question 1",
        "text",
    ),
    "no next step": (
        CAUSES,
        "  next_step: >-\n    If this sounds",
        "  approved_by: >-\n    If this sounds",
        ENTRY,
        "next_step is missing",
    ),
    "no claims": (
        CAUSES,
        "  claims: [1, 2, 3, 5, 9, 10, 12, 24, 38, 41, 42]\n",
        "  claims: []\n",
        ENTRY,
        "claims is missing",
    ),
    "no sources": (
        CAUSES,
        "  sources: [ninds_rls, irlssg_criteria, nhs_rls, nhlbi_rls]\n",
        "  sources: []\n",
        ENTRY,
        "sources is missing",
    ),
    "unknown source": (
        CAUSES,
        "[ninds_rls, irlssg_criteria, nhs_rls, nhlbi_rls]",
        "[ninds_rls, wikipedia]",
        ENTRY,
        "'wikipedia' is not in sources.yml",
    ),
    "unknown follow-up": (
        CAUSES,
        "[ask_symptoms, ask_causes, ask_treatment]",
        "[ask_symptom]",
        ENTRY,
        "'ask_symptom' is no answer",
    ),
    "unknown context": (
        CAUSES,
        "  cautions: [child]",
        "  cautions: [children]",
        "  cautions: [child]",
        "'children' is no context",
    ),
    "no date": (
        CAUSES,
        "  reviewed_on: 2026-12-01",
        "  reviewed_on: November",
        "  reviewed_on: 2026-12-01",
        "date",
    ),
    "unknown state": (CAUSES, "  state: draft", "  state: signed", "  state: draft", "'draft' or 'approved'"),
    "approved by nobody": (CAUSES, "  state: draft", "  state: approved", ENTRY, "approved_by is missing"),
    "caution approved by nobody": (
        "cautions.yml",
        "  state: draft",
        "  state: approved",
        "  label: You spoke of pregnancy",
        "approved_by is missing",
    ),
    "said twice": (CAUSES, "- id: ask_symptoms", ENTRY, "- id: ask_symptoms", "stands already at causes.yml"),
    "broken indent": (
        CAUSES,
        "  title: What it feels like",
        " title: What it feels like",
        "  title: What it feels like",
        "expected",
    ),
    "lone tab": (
        CAUSES,
        "  title: What it feels like",
        "\ttitle: What it feels like",
        "  title: What it feels like",
        "",
    ),
    "link without https": (
        "sources.yml",
        'url: "https://www.ninds',
        'url: "http://www.ninds',
        "ninds_rls:",
        "begins with https",
    ),
    "source without title": (
        "sources.yml",
        '{title: "NHLBI (NIH): Restless legs syndrome", ',
        "{",
        "nhlbi_rls:",
        "title",
    ),
    "source named twice": ("sources.yml", "nhlbi_rls:", "ninds_rls:", "nhlbi_rls:", "a second time"),
    "caution with unknown source": (
        "cautions.yml",
        "[nhs_rls, kondori_2020]",
        "[nobody]",
        "pregnant:",
        "'nobody' is not in sources.yml",
    ),
    "caution for no context": (
        "cautions.yml",
        "kidney:\n",
        "kidneys:\n",
        "kidney:\n",
        "'kidneys' is no context",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_named_by_file_and_line(fault: str, broken: Break) -> None:
    name, old, new, at, words = FAULTS[fault]
    said = broken(name, old, new)
    named = [row for row in said.splitlines() if row.strip().startswith(f"{name}:") and words in row]
    assert named, said
    numbers = [int(row.strip().split(":")[1]) for row in named]
    assert any(abs(number - line(name, at)) <= 1 for number in numbers), (
        f"{named} should name line {line(name, at)}"
    )


def test_every_fault_is_listed_at_once(broken: Break) -> None:
    said = broken(CAUSES, "  state: draft", "  state: signed\n  colour: red")
    assert "colour" in said and "state" in said


def test_a_context_without_a_caution_is_a_fault(tmp_path: Path) -> None:
    folder = tmp_path / "answers"
    shutil.copytree(FOLDER, folder)
    text = (folder / "cautions.yml").read_text(encoding="utf-8")
    (folder / "cautions.yml").write_text(text[: text.index("opioid:")], encoding="utf-8")
    with pytest.raises(ConfigError, match=r"cautions.yml:1: 'opioid' has no caution"):
        load_answers(folder)


@pytest.mark.parametrize("text", ["", "just words\n", "id: ask_causes\n", "- one\n- two\n"])
def test_a_file_that_is_no_list_of_answers_is_a_fault(text: str, tmp_path: Path) -> None:
    folder = tmp_path / "answers"
    shutil.copytree(FOLDER, folder)
    (folder / "iron.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"iron.yml:1: this file must be a list"):
        load_answers(folder)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"sources.yml: cannot be read"):
        load_answers(tmp_path)


def test_a_changed_word_changes_the_version(tmp_path: Path) -> None:
    folder = tmp_path / "answers"
    shutil.copytree(FOLDER, folder)
    path = folder / "causes.yml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("You are far from alone.", "You are not alone."),
        encoding="utf-8",
    )
    before, after = load_answers(FOLDER), load_answers(folder)
    assert [key for key in before if before[key].version != after[key].version] == ["ask_prevalence"]
