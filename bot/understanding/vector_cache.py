"""Sentence vectors that are kept between trainings: a sentence that was encoded once is not encoded again.

Only for training and measuring, whose sentences stand in this project. What patients write is never kept
here.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from bot.settings import ROOT
from bot.understanding.encoder import DIMENSIONS, Encoder, encoder

FILE = ROOT / "models" / "cache" / "sentences.sqlite"
#: Sentences that are kept, of 1.5 KB each; those that were used last. Three times as many as all trainings
#: need.
MOST = 60_000
_WAIT_SECONDS = 30.0  # for another training that writes
_AT_ONCE = 500  # digests a query; SQLite takes no more than 999 in its older versions


class CachedEncoder:
    """An encoder that looks into a file first. Several processes may share the file.

    A file that cannot be read or written (no permission, a full disk, damage) costs time and nothing else.

    Args:
        inner: what encodes the sentences that are not known yet. Vectors of another encoder, by its digest,
            are not used.
        file: the SQLite file, made where it is missing.
        most: how many sentences are kept.
    """

    def __init__(self, inner: Encoder, file: Path = FILE, most: int = MOST) -> None:
        self._inner, self._file, self._most = inner, file, most
        self.digest = inner.digest

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """The vectors of ``texts``, as ``Encoder.encode``; a sentence that stands there twice is encoded
        once."""
        keys = [hashlib.sha256(f"{self.digest}\0{text}".encode()).digest()[:16] for text in texts]
        known = self._read(list(set(keys)))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            vectors = self._inner.encode(list(missing.values()))
            made = dict(zip(missing, vectors, strict=True))
            self._write(made)
            known |= made
        return np.array([known[key] for key in keys], dtype=np.float32).reshape(len(texts), DIMENSIONS)

    def encode_with_parts(self, text: str, parts: Sequence[str]) -> np.ndarray:
        """As ``Encoder.encode_with_parts``; nothing of it is kept."""
        return self._inner.encode_with_parts(text, parts)

    def _read(self, keys: Sequence[bytes]) -> dict[bytes, np.ndarray]:
        found: dict[bytes, np.ndarray] = {}
        with contextlib.suppress(sqlite3.Error, OSError), self._open() as base:
            for start in range(0, len(keys), _AT_ONCE):
                some = keys[start : start + _AT_ONCE]
                marks = ",".join("?" * len(some))
                rows = base.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", some)  # noqa: S608
                found |= {
                    key: np.frombuffer(vector, dtype=np.float32)
                    for key, vector in rows
                    if len(vector) == 4 * DIMENSIONS
                }
            with base:
                base.execute("UPDATE age SET now = now + 1")
                base.executemany(
                    "UPDATE vectors SET used = (SELECT now FROM age) WHERE key = ?", [(key,) for key in found]
                )
        return found

    def _write(self, made: dict[bytes, np.ndarray]) -> None:
        with contextlib.suppress(sqlite3.Error, OSError), self._open() as base, base:
            base.executemany(
                "INSERT OR REPLACE INTO vectors SELECT ?, ?, now FROM age",
                [(key, vector.astype(np.float32).tobytes()) for key, vector in made.items()],
            )
            (there,) = base.execute("SELECT count(*) FROM vectors").fetchone()
            base.execute(
                "DELETE FROM vectors WHERE key IN (SELECT key FROM vectors ORDER BY used LIMIT ?)",
                (max(0, there - self._most),),
            )

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The file, with its tables. What is no database any more is thrown away and begun anew."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(self._file, timeout=_WAIT_SECONDS)) as base:
            try:
                _prepare(base)
            except sqlite3.DatabaseError as error:
                if not isinstance(error, sqlite3.OperationalError):
                    self._file.unlink(missing_ok=True)
                raise
            yield base


def _prepare(base: sqlite3.Connection) -> None:
    with base:
        base.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB, used INTEGER)")
        base.execute("CREATE TABLE IF NOT EXISTS age (id INTEGER PRIMARY KEY CHECK (id = 1), now INTEGER)")
        base.execute("INSERT OR IGNORE INTO age VALUES (1, 0)")


def cached_encoder() -> CachedEncoder:
    """The encoder of this installation, with what it encoded before."""
    return CachedEncoder(encoder())
