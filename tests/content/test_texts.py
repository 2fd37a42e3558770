"""The texts of ``data/texts``: read, filled in, and each fault named by file and line.

No text is missing and none is left over.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bot.content.clinic import clinic
from bot.content.texts import _tables, load_texts, table, text, texts
from bot.errors import ConfigError
from bot.settings import ROOT

#: What the functions take beside the values for the braces.
_OWN = {"language"}


def written(folder: Path, content: str, name: str = "room.yml") -> Path:
    (folder / name).write_text(content, encoding="utf-8")
    return folder


@pytest.fixture
def some(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = load_texts(
        written(
            tmp_path,
            "room:\n  gone: It is gone.\n  hello: Hello {name}, this is {clinic_name}.\n  states: {a: One, b: Two}\n",
        )
    )
    monkeypatch.setattr("bot.content.texts.texts", lambda language="en": made)
    monkeypatch.setattr("bot.content.texts._tables", _tables.__wrapped__)


def test_a_text_is_found_by_its_whole_name_and_filled_in(some: None) -> None:
    assert text("room.gone") == "It is gone."
    assert text("room.hello", name="Ana") == f"Hello Ana, this is {clinic().name}."
    assert table("room.states") == {"a": "One", "b": "Two"}


def test_braces_in_a_value_stay_as_they_are(some: None) -> None:
    assert text("room.hello", name="{clinic_phone}").startswith("Hello {clinic_phone},")


@pytest.mark.parametrize("name", ["room.nothing", "room", "room.states"])
def test_a_text_that_is_not_there_is_named(some: None, name: str) -> None:
    with pytest.raises(ConfigError, match=f"no text named {name}"):
        text(name)


def test_a_place_without_a_value_names_file_line_and_key(some: None) -> None:
    with pytest.raises(ConfigError, match=r"room\.yml:3: room\.hello: nothing was given for \{name\}"):
        text("room.hello")
    with pytest.raises(ConfigError, match=r"no texts below room\.gone"):
        table("room.gone")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("room:\n  a: One\n  a: Two\n", "room.yml:3: room.a: stands here a second time"),
        ("room:\n  a:\n", "room.yml:2: room.a: write a text here"),
        ("room:\n  a: 5\n", "room.yml:2: room.a: write a text here"),
        ("room:\n  a: No\n", "room.yml:2: room.a: write a text here"),
        ("room:\n  a: [One]\n", "room.yml:2: room.a: write a text here"),
        ("room:\n  a.b: One\n", "room.yml:2: room.a.b: a name is letters, digits and underscores"),
        ("- One\n", "room.yml:1: this file must be sections"),
        ("room: {\n", "room.yml:2: cannot be read"),
        ("", "room.yml:1: this file must be sections"),
    ],
)
def test_each_fault_is_named_by_file_and_line(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_texts(written(tmp_path, content))
    assert said in str(caught.value)


def test_a_name_that_stands_in_two_files_is_a_fault(tmp_path: Path) -> None:
    written(tmp_path, "room:\n  a: One\n")
    with pytest.raises(ConfigError, match=r"second\.yml:2: room\.a: stands here a second time"):
        load_texts(written(tmp_path, "room:\n  a: Two\n", "second.yml"))


def test_a_folder_without_texts_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no texts"):
        load_texts(tmp_path)


@cache
def asked() -> list[tuple[str, str, str, frozenset[str]]]:
    """Every call of ``text`` and ``table`` in the code: where, which of the two, the name (``*`` where it
    is made up while running), the values."""
    return [
        (f"{path.relative_to(ROOT)}:{call.lineno}", *found)
        for folder in ("bot", "actions")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if re.search(
            r"from bot\.content(\.texts)? import .*\btexts?\b|bot\.content\.texts",
            path.read_text(encoding="utf-8"),
        )
        and path != ROOT / "bot/content/texts.py"
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        for found in names(call)
    ]


def names(call: ast.Call) -> Iterator[tuple[str, str, frozenset[str]]]:
    kind = getattr(call.func, "id", getattr(call.func, "attr", ""))
    if kind in ("text", "table") and call.args:
        values = frozenset(word.arg or "*" for word in call.keywords) - _OWN
        yield from ((kind, name, values) for name in spelled(call.args[0]))


def spelled(expression: ast.expr) -> Iterator[str]:
    if isinstance(expression, ast.IfExp):
        yield from (*spelled(expression.body), *spelled(expression.orelse))
    elif isinstance(expression, ast.Constant) and isinstance(expression.value, str):
        yield expression.value
    elif isinstance(expression, ast.JoinedStr):
        yield "".join(part.value if isinstance(part, ast.Constant) else "*" for part in expression.values)


def test_every_text_that_the_code_asks_for_is_there_with_a_value_for_each_place() -> None:
    wrong = []
    for where, kind, name, values in asked():
        if "*" in name:
            continue
        if kind == "table":
            table(name)
            continue
        found = texts().get(name)
        if found is None:
            wrong.append(f"{where}: there is no text {name}")
        elif "*" not in values and found.places - set(clinic().placeholders) != values - set(
            clinic().placeholders
        ):
            wrong.append(
                f"{where}: {name} has places for {sorted(found.places)}, the code gives {sorted(values)}"
            )
    assert not wrong, "\n".join(wrong)


def mentioned() -> set[str]:
    """The names of texts that stand anywhere in the code, whole or as the beginning of one that is made up
    while running."""
    files = [path for folder in ("bot", "actions") for path in (ROOT / folder).rglob("*.py")]
    return {
        name.split("*")[0].rstrip(".")
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant | ast.JoinedStr)
        for name in spelled(node)
        if name.split(".")[0] in {name.split(".")[0] for name in texts()} and "." in name
    }


def test_no_text_is_left_over() -> None:
    said = mentioned()
    left = [
        name
        for name in texts()
        if not any(".".join(name.split(".")[:depth]) in said for depth in range(2, name.count(".") + 2))
    ]
    assert not left, f"nobody says these: {left}"
