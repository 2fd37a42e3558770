"""The small notation of ``situations.yml``, and how a fault in that file is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.understanding import situation_words
from bot.understanding.situation_words import pattern


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("expecting( a (baby|child)|)", "we are expecting a baby", "expecting a baby"),
        ("pregnan*", "two pregnancies", "pregnancies"),
        ("# (weeks|wks) gone", "i am 12 wks gone", "12 wks gone"),
        ("my .. son", "my little son", "my little son"),
        ("my .. son", "my son", "my son"),
        ("i'm", "im fine", "im"),
        ("^started", "i started", None),
        ("for me$", "for me too", None),
        ("is", "this", None),
    ],
)
def test_notation(phrase: str, text: str, found: str | None) -> None:
    match = re.search(pattern([phrase]), text)
    assert (match.group() if match else None) == found


def test_an_open_bracket_is_a_fault() -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        pattern(["(a|b"])


def test_an_unknown_list_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "situations.yml"
    copy.write_text(situation_words.FILE.read_text(encoding="utf-8") + "colours: [red]\n", encoding="utf-8")
    monkeypatch.setattr(situation_words, "FILE", copy)
    with pytest.raises(ConfigError, match="colours"):
        situation_words.situation_words.__wrapped__()
