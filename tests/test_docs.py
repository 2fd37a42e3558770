"""What the documents name is there: settings, files, tables and log lines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.settings import ROOT, Settings
from bot.store.models import Base

DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SETTINGS = {f"RLA_{name.upper()}" for name in Settings.model_fields} | {
    f"TELEGRAM_{name.upper().removeprefix('TELEGRAM_')}" for name in Settings.model_fields if name.startswith("telegram_")
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
    tables = {table.name for table in Base.metadata.tables.values() if {"conversation_id", "message_id", "staff_id"} & set(table.c.keys())}
    assert len(tables) > 8
    assert not [name for name in tables if f"`{name}`" not in text]


@pytest.mark.parametrize("event", ["guard_failed", "alert_not_sent", "timer_failed", "database_error", "brain_unavailable"])
def test_the_log_lines_to_watch_for_are_written(event: str) -> None:
    assert f"`{event}`" in (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    assert any(f'"{event}"' in path.read_text(encoding="utf-8") for path in (ROOT / "bot").rglob("*.py"))
