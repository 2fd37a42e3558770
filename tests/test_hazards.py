"""The hazard log and the tests agree: every test that ``docs/hazards.md`` names is there, and every hazard
has its guard."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from bot.settings import ROOT

LOG = ROOT / "docs" / "hazards.md"
COLUMNS = ["Id", "Hazard", "Cause", "Effect", "Control", "Initial", "Residual", "Tests", "Owner", "Status"]
_NAMED = re.compile(r"`(tests/[^`]*)`")
_NAME = re.compile(r"(?P<file>tests/[\w/]+\.py)::(?P<function>test_\w+)(?:\[(?P<case>[^\]]+)\])?")
_RISK = re.compile(r"S([1-4]) L([1-4]) = (\d+) (low|medium|high)")
_OFF = {"skip", "xfail"}


@dataclass(frozen=True)
class Row:
    """One hazard, by column."""

    cells: dict[str, str]

    @property
    def id(self) -> str:
        return self.cells["Id"]

    @property
    def tests(self) -> list[str]:
        return _NAMED.findall(self.cells["Tests"])

    @property
    def is_open(self) -> bool:
        return self.cells["Status"].startswith("open: ")


def read(text: str) -> list[Row]:
    """The rows of the log's table."""
    lines = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|")
    ]
    start = lines.index(COLUMNS)
    assert all(len(line) == len(COLUMNS) for line in lines[start:]), "a row has too few or too many cells"
    return [Row(dict(zip(COLUMNS, line, strict=True))) for line in lines[start + 2 :]]


@cache
def functions(path: Path) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    """The test functions of a file that pytest collects: on top level, or as methods of a ``Test`` class."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bodies = [
        tree.body,
        *(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name.startswith("Test")),
    ]
    return {
        node.name: node
        for body in bodies
        for node in body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def marks(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """The names of the function's pytest marks, such as ``parametrize``."""
    calls = [node.func if isinstance(node, ast.Call) else node for node in function.decorator_list]
    return {node.attr for node in calls if isinstance(node, ast.Attribute)}


def fault_of(name: str, root: Path = ROOT) -> str | None:
    """What is wrong with the name of a test, if anything."""
    found = _NAME.fullmatch(name)
    if found is None:
        return "is no name such as tests/path/test_file.py::test_name"
    path = root / found["file"]
    if not path.is_file():
        return "names no file"
    function = functions(path).get(found["function"])
    if function is None:
        return "names no test of that file"
    if _OFF & marks(function):
        return "is switched off"
    if found["case"]:
        words = {
            node.value
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant)
        }
        if "parametrize" not in marks(function) or found["case"] not in words:
            return "names no case of that test"
    return None


def level(risk: int) -> str:
    return "low" if risk <= 3 else "medium" if risk <= 6 else "high"


def faults(text: str) -> list[str]:
    """Everything in which a hazard log is not sound."""
    rows = read(text)
    made = [
        f"{key} stands {count} times" for key, count in Counter(row.id for row in rows).items() if count > 1
    ]
    for row in rows:
        made += [
            f"{row.id}: {column} is empty"
            for column in COLUMNS
            if not row.cells[column] and column != "Tests"
        ]
        made += [f"{row.id}: {name} {fault}" for name in row.tests if (fault := fault_of(name))]
        if not re.fullmatch(r"H\d\d", row.id):
            made.append(f"{row.id}: is no id such as H07")
        if _NAMED.sub("", row.cells["Tests"]).replace("<br>", "").strip():
            made.append(f"{row.id}: Tests holds something that is no test")
        if not row.tests and not row.is_open:
            made.append(f"{row.id}: has no test and no open point")
        if not row.is_open and row.cells["Status"] != "controlled":
            made.append(f"{row.id}: Status is 'controlled' or begins with 'open: '")
        made += _risk_faults(row)
    return made


def _risk_faults(row: Row) -> list[str]:
    found = [_RISK.fullmatch(row.cells[column]) for column in ("Initial", "Residual")]
    if not found[0] or not found[1]:
        return [f"{row.id}: a risk is not written as 'S4 L3 = 12 high'"]
    made = []
    for one in (found[0], found[1]):
        risk = int(one[1]) * int(one[2])
        if risk != int(one[3]) or level(risk) != one[4]:
            made.append(f"{row.id}: {one[0]} should be {risk} {level(risk)}")
    before, after = int(found[0][3]), int(found[1][3])
    if after > before:
        made.append(f"{row.id}: the control makes it worse")
    if not row.tests and after < before:
        made.append(f"{row.id}: without a test the control lowers nothing")
    if row.is_open and level(after) == "low":
        made.append(f"{row.id}: something is open, so the residual risk is not low")
    return made


def test_the_hazard_log_is_sound() -> None:
    found = faults(LOG.read_text(encoding="utf-8"))
    assert not found, "\n  ".join([f"{len(found)} faults:", *found])


def test_it_has_the_hazards_of_this_product() -> None:
    rows = read(LOG.read_text(encoding="utf-8"))
    assert 22 <= len(rows) <= 40
    assert sum("mergency missed" in row.cells["Hazard"] for row in rows) >= 8
    assert {row.cells["Owner"] for row in rows} == {"CSO"}


def test_the_matrix_at_the_top_says_what_is_reckoned() -> None:
    text = LOG.read_text(encoding="utf-8")
    for severity in range(1, 5):
        line = next(line for line in text.splitlines() if line.startswith(f"| **S{severity} "))
        cells = [cell.strip() for cell in line.strip("|").split("|")][1:]
        assert cells == [
            f"{severity * likelihood} {level(severity * likelihood)}" for likelihood in range(1, 5)
        ]


GOOD = "tests/test_hazards.py::test_the_hazard_log_is_sound"
BROKEN = {
    "a test that is not there": (GOOD, f"{GOOD}_no_more", "names no test"),
    "a file that is not there": (GOOD, "tests/gone/test_gone.py::test_x", "names no file"),
    "a helper is no test": (GOOD, "tests/test_hazards.py::faults", "is no name"),
    "a case that is not there": (
        GOOD,
        "tests/test_hazards.py::test_the_log_can_fail[no such case]",
        "names no case",
    ),
    "a case of a test without any": (GOOD, f"{GOOD}[a test that is not there]", "names no case"),
    "no test and no open point": (f"`{GOOD}`", "", "no test and no open point"),
    "words in place of tests": (f"`{GOOD}`", "checked by hand", "is no test"),
    "the same id twice": ("H02", "H01", "stands 2 times"),
    "a sum that is wrong": ("S4 L1 = 4 medium", "S4 L1 = 4 low", "should be 4 medium"),
    "a control that makes it worse": ("S4 L1 = 4 medium", "S4 L4 = 16 high", "makes it worse"),
    "an open point with a low risk": ("S2 L2 = 4 medium", "S2 L1 = 2 low", "is not low"),
    "a status of another kind": ("| controlled |", "| fine |", "Status is"),
    "an empty cell": ("A cause", "", "Cause is empty"),
}
SOUND = f"""
| {" | ".join(COLUMNS)} |
|{"---|" * len(COLUMNS)}
| H01 | A hazard | A cause | An effect | A control | S4 L3 = 12 high | S4 L1 = 4 medium | `{GOOD}` | CSO | controlled |
| H02 | Another | Another | Another | None | S2 L2 = 4 medium | S2 L2 = 4 medium |  | CSO | open: nothing guards it |
"""


def test_a_sound_log_has_no_fault() -> None:
    assert faults(SOUND) == []


@pytest.mark.parametrize("kind", BROKEN)
def test_the_log_can_fail(kind: str) -> None:
    old, new, said = BROKEN[kind]
    assert old in SOUND
    assert any(said in fault for fault in faults(SOUND.replace(old, new)))


def test_a_switched_off_test_guards_nothing(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_off.py").write_text(
        "import pytest\n\n@pytest.mark.skip(reason='later')\ndef test_x(): ...\n"
    )
    assert fault_of("tests/test_off.py::test_x", tmp_path) == "is switched off"
