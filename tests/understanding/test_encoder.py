"""The sentence vectors, and the refusal of another model file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.understanding.encoder import DIMENSIONS, Encoder, EncoderError, encoder


def test_vectors_have_length_one_and_keep_their_order() -> None:
    texts = [f"{'my restless legs ' * (number % 7)}{number}" for number in range(40)]
    together = encoder().encode(texts)
    assert together.shape == (40, DIMENSIONS)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-4)
    alone = encoder().encode([texts[11]])[0]
    assert float(alone @ together[11]) > 0.98


def test_like_meanings_lie_near() -> None:
    one, two, other = encoder().encode(
        ["does it run in families", "is it hereditary", "what time do you open"]
    )
    assert float(one @ two) > float(one @ other) + 0.2


def test_no_sentences_no_vectors() -> None:
    assert encoder().encode([]).shape == (0, DIMENSIONS)


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"something else")
    with pytest.raises(EncoderError, match="has changed"):
        Encoder(path, path)
