"""The sentence vectors, and the refusal of another model file."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest

from bot.understanding.encoder import DIMENSIONS, FILE, SHA256, WEIGHTS, Encoder, encoder
from bot.understanding.encoder_file import EncoderError, make


def test_vectors_have_length_one_and_keep_their_order() -> None:
    texts = [f"{'my restless legs ' * (number % 7)}{number}" for number in range(40)]
    together = encoder().encode(texts)
    assert together.shape == (40, DIMENSIONS)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-4)


def test_a_vector_does_not_depend_on_the_other_sentences() -> None:
    """Integers take their scale from the whole run: beside others, padded, it would be another vector."""
    texts = [
        "is it my iron",
        "how long until the new tablets help me to sleep through a whole night " * 3,
    ] * 5
    alone = [encoder().encode([text])[0] for text in texts]
    assert np.array_equal(encoder().encode(texts), alone)
    assert np.array_equal(encoder().encode_with_parts(texts[0], ["my iron"])[0], alone[0])


def test_matrices_are_multiplied_as_integers() -> None:
    kinds = Counter(node.op_type for node in onnx.load(FILE).graph.node)
    assert kinds["DynamicQuantizeMatMul"] == 24 and not kinds["MatMul"]


def test_the_file_is_made_anew_to_the_byte(tmp_path: Path) -> None:
    make(WEIGHTS, tmp_path / "made.onnx")
    assert hashlib.sha256((tmp_path / "made.onnx").read_bytes()).hexdigest() == SHA256
    assert [path.name for path in tmp_path.iterdir()] == ["made.onnx"]


def test_where_the_file_is_missing_or_an_old_one_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "models" / "encoder.onnx"
    monkeypatch.setattr("bot.understanding.encoder.FILE", file)
    for _ in range(2):
        assert encoder.__wrapped__().encode(["is it my iron"]).shape == (1, DIMENSIONS)
        file.write_bytes(b"of an older release")


def test_other_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"something else")
    with pytest.raises(EncoderError, match="weights have changed"):
        make(tmp_path / "weights", tmp_path / "made.onnx")
    assert not (tmp_path / "made.onnx").exists()


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


def test_a_text_that_is_read_twice_is_run_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made, runs = encoder.__wrapped__(), []
    session = made._session

    class Counting:
        def run(self, *args: object) -> object:
            runs.append(args)
            return session.run(*args)

    monkeypatch.setattr(made, "_session", Counting())
    parts = made.encode_with_parts("is it my iron", ["my iron"])
    assert np.array_equal(made.encode(["is it my iron"])[0], parts[0]) and len(runs) == 1
    made.encode(["is it my coffee"])
    assert np.array_equal(made.encode(["is it my iron"])[0], parts[0]) and len(runs) == 3
