"""Sentence vectors that are kept between trainings."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bot.settings import ROOT
from bot.understanding.encoder import encoder
from bot.understanding.vector_cache import CachedEncoder


class Counting:
    """The real encoder, and what it was asked."""

    def __init__(self, digest: str = "") -> None:
        self.digest = digest or encoder().digest
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        return encoder().encode(texts)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "sentences.sqlite"


def test_what_was_encoded_once_is_not_encoded_again(file: Path) -> None:
    first, second = Counting(), Counting()
    texts = ["is it my iron", "does coffee matter", "is it my iron", ""]
    made = CachedEncoder(first, file).encode(texts)  # type: ignore[arg-type]
    again = CachedEncoder(second, file).encode([*texts, "a new one"])  # type: ignore[arg-type]
    assert sorted(first.asked) == ["", "does coffee matter", "is it my iron"]
    assert second.asked == ["a new one"]
    assert made.dtype == np.float32 and np.array_equal(made, again[:4])
    assert np.allclose(made, encoder().encode(texts), atol=1e-5)


def test_no_sentences_no_vectors(file: Path) -> None:
    assert CachedEncoder(encoder(), file).encode([]).shape == (0, 384)


def test_another_encoders_vectors_are_not_used(file: Path) -> None:
    other = Counting("another")
    CachedEncoder(Counting(), file).encode(["is it my iron"])  # type: ignore[arg-type]
    CachedEncoder(other, file).encode(["is it my iron"])  # type: ignore[arg-type]
    assert other.asked == ["is it my iron"]


def test_the_file_does_not_grow_without_end_and_keeps_what_was_used_last(file: Path) -> None:
    cache = CachedEncoder(encoder(), file, most=3)
    cache.encode(["one", "two", "three"])
    cache.encode(["one"])
    cache.encode(["four"])
    with sqlite3.connect(file) as base:
        assert base.execute("SELECT count(*) FROM vectors").fetchone() == (3,)
    inner = Counting()
    CachedEncoder(inner, file, most=3).encode(["one", "four"])  # type: ignore[arg-type]
    assert inner.asked == []


@pytest.mark.parametrize("damage", ["no database at all" * 500, ""])
def test_a_damaged_file_costs_time_and_nothing_else(file: Path, damage: str) -> None:
    file.parent.mkdir()
    file.write_text(damage)
    assert CachedEncoder(encoder(), file).encode(["is it my iron"]).shape == (1, 384)
    CachedEncoder(encoder(), file).encode(["is it my iron"])
    inner = Counting()
    CachedEncoder(inner, file).encode(["is it my iron"])  # type: ignore[arg-type]
    assert inner.asked == []


def test_a_folder_that_may_not_be_written_does_not_stop_a_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the place of the folder")
    cache = CachedEncoder(encoder(), tmp_path / "file" / "sentences.sqlite")
    assert cache.encode(["is it my iron"]).shape == (1, 384)


def test_trainings_side_by_side_share_the_file(file: Path) -> None:
    """Two processes at the same moment, as ``train_if_needed`` starts them."""
    code = (
        "import sys, pathlib; from bot.understanding.vector_cache import CachedEncoder;"
        "from bot.understanding.encoder import encoder;"
        "cache = CachedEncoder(encoder(), pathlib.Path(sys.argv[1]));"
        "[cache.encode([f'sentence {n}', f'{sys.argv[2]} {n}']) for n in range(20)]"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(file), name], cwd=ROOT, env=os.environ, stderr=subprocess.PIPE
        )
        for name in ("left", "right")
    ]
    assert [process.communicate()[1] for process in running] == [b"", b""]
    inner = Counting()
    CachedEncoder(inner, file).encode(  # type: ignore[arg-type]
        [f"{name} {n}" for n in range(20) for name in ("sentence", "left", "right")]
    )
    assert inner.asked == []
