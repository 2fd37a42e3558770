"""What the documents name is there: settings, files, tables and log lines."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot import cli
from bot.settings import ROOT, Settings
from bot.store.models import Base

DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SETTINGS = {f"RLA_{name.upper()}" for name in Settings.model_fields} | {
    f"TELEGRAM_{name.upper().removeprefix('TELEGRAM_')}"
    for name in Settings.model_fields
    if name.startswith("telegram_")
}


def names(pattern: str, *docs: Path) -> set[str]:
    return {found for doc in docs or DOCS for found in re.findall(pattern, doc.read_text(encoding="utf-8"))}


def test_every_setting_exists() -> None:
    named = names(r"\b(?:RLA|TELEGRAM)_[A-Z_]+[A-Z]\b")
    assert len(named) > 10
    assert named <= SETTINGS


def test_every_file_exists() -> None:
    named = names(r"`((?:bot|actions|data|docs|tests)/[\w./-]*)`")
    assert named
    assert not [name for name in named if not (ROOT / name).exists()]


def test_the_tables_of_the_privacy_page_are_all_that_hang_on_a_conversation() -> None:
    """A new table with patients' data must be named there."""
    text = (ROOT / "docs/privacy.md").read_text(encoding="utf-8")
    tables = {
        table.name
        for table in Base.metadata.tables.values()
        if {"conversation_id", "message_id", "staff_id"} & set(table.c.keys())
    }
    assert len(tables) > 8
    assert not [name for name in tables if f"`{name}`" not in text]


@dataclass(frozen=True)
class Logged:
    """One call of a log in our code."""

    event: str
    level: str
    place: str


def logged() -> list[Logged]:
    """Every event that the code logs through ``log`` or ``structlog.get_logger()``, read from its source."""
    found = []
    for path in [path for folder in ("bot", "actions") for path in sorted((ROOT / folder).rglob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                not isinstance(node, ast.Call)
                or not isinstance(node.func, ast.Attribute)
                or node.func.attr not in LEVELS
            ):
                continue
            if ast.unparse(node.func.value).split(".")[-1] in (
                "log",
                "_log",
                "logger",
                "get_logger()",
                "get_logger(__name__)",
            ):
                what = node.args[0] if node.args else None
                event = what.value if isinstance(what, ast.Constant) else ast.unparse(node)
                found.append(
                    Logged(str(event), LEVELS[node.func.attr], f"{path.relative_to(ROOT)}:{node.lineno}")
                )
    return found


LEVELS = {"info": "info", "warning": "warning", "error": "error", "exception": "error", "critical": "error"}
LOGGED = logged()


def table_of_events() -> dict[str, str]:
    """The events of docs/operations.md, "What the log says", each with the levels that the table gives it."""
    section = (
        (ROOT / "docs/operations.md")
        .read_text(encoding="utf-8")
        .split("## What the log says\n")[1]
        .split("\n## ")[0]
    )
    rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| `")]
    assert all(len(row) == 4 for row in rows), "a row has not four cells"
    return {name: row[1] for row in rows for name in re.findall(r"`(\w+)`", row[0])}


def test_every_error_of_the_log_is_explained() -> None:
    told = table_of_events()
    assert len(LOGGED) > 30
    missing = [one for one in LOGGED if one.level == "error" and "error" not in told.get(one.event, "")]
    assert not missing, "a row is missing in docs/operations.md"


def test_every_event_of_the_table_is_logged() -> None:
    levels = {(one.event, one.level) for one in LOGGED}
    told = [
        (event, level)
        for event, said in table_of_events().items()
        for level in re.findall("warning|error", said)
    ]
    assert len(told) > 30
    assert not [one for one in told if one not in levels]


def test_a_section_that_is_named_is_there() -> None:
    """``README.md, "The Rasa server"``: the heading exists in that file.

    Also in comments of the configuration.
    """
    files = [
        *DOCS,
        *(
            ROOT / name
            for name in (
                "config.yml",
                "domain.yml",
                "endpoints.yml",
                "credentials.yml",
                "clinic.yml",
                ".env.example",
            )
        ),
    ]
    named = [
        pair
        for file in files
        for pair in re.findall(r"`?([\w./]+\.md)`?, \"([^\"]+)\"", file.read_text(encoding="utf-8"))
    ]
    assert ("README.md", "The Rasa server") in named
    for name, heading in named:
        assert re.search(
            rf"^#+ {re.escape(heading)}$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE
        ), (name, heading)


def test_every_command_exists(capsys: pytest.CaptureFixture[str]) -> None:
    """``python -m bot staff password``: the command and the one below it, and its options."""
    commands = names(r"python -m bot ([a-z][a-z-]*(?: [a-z][a-z-]*)?(?: --[a-z]+)?)")
    assert {"migrate --to", "staff password", "staff off", "erase"} <= commands
    for command in commands:
        words = command.split()
        if words[0] in ("rasa", "rasa-server"):
            continue
        option = words.pop() if words[-1].startswith("--") else ""
        with pytest.raises(SystemExit) as ended:
            cli.main([*words, "--help"])
        assert ended.value.code == 0, command
        assert option in capsys.readouterr().out, command


def test_every_target_of_make_exists() -> None:
    made = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = names(r"`make ([a-z]+)")
    assert len(named) > 5
    assert named <= made


def test_the_readme_names_every_page_of_docs() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not [page.name for page in (ROOT / "docs").glob("*.md") if f"`docs/{page.name}`" not in text]
