"""Which fact about the clinic a message asks for ("where can I park", "do you speak Spanish"): one small
trained head.

It is learnt from the sentences of ``data/nlu/clinic_facts.yml``, whose metadata name the fact, on the same
features as the topics. It says nothing on whether the clinic is asked about at all: that is the topic's part
(``ask_clinic``, ``ask_cost``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack

from bot.understanding.encoder_file import EncoderError
from bot.understanding.intent_model import SentenceEncoder
from bot.understanding.linear import VIEWS, Linear, Terms

#: At least this sure: the fact is answered alone. Chosen on tests/nlu/clinic_facts.tsv.
FACT = 0.35
_MEANING = 2.0  # what the sentence vector counts beside the two tf-idf views, each of length 1
_C = 20.0


@dataclass(frozen=True)
class ClinicFact:
    """The likeliest fact and how sure that is, in [0, 1]."""

    name: str
    confidence: float


class ClinicFactModel:
    """Fit on questions with the fact that each asks.

    Args:
        encoder: gives the sentence vectors; the saved model remembers its digest and refuses another.
    """

    def __init__(self, encoder: SentenceEncoder) -> None:
        self._encoder = encoder

    def fit(self, questions: Sequence[tuple[str, str]]) -> ClinicFactModel:
        """Learn from ``questions`` (text, fact)."""
        texts = [text for text, _ in questions]
        self.facts = sorted({fact for _, fact in questions})
        labels = np.array([self.facts.index(fact) for _, fact in questions])
        fitted = {name: Terms.fit(name, texts) for name in VIEWS}
        self._terms = {name: terms for name, (terms, _) in fitted.items()}
        views = [matrix for _, matrix in fitted.values()]
        self._linear = Linear.fit(self._beside(views, texts), labels, _C)
        return self

    def read(self, text: str) -> ClinicFact:
        """The fact that ``text`` (prepared as for the intents) asks for."""
        views = [terms.transform([text]) for terms in self._terms.values()]
        logs = self._linear.logs(self._beside(views, [text]))[0]
        best = int(logs.argmax())
        return ClinicFact(self.facts[best], float(np.exp(logs[best])))

    def _beside(self, views: list[csr_matrix], texts: Sequence[str]) -> csr_matrix:
        return hstack([csr_matrix(_MEANING * self._encoder.encode(texts)), *views]).tocsr()

    def save(self, path: Path) -> None:
        """Write the model as plain arrays and JSON."""
        about = {"encoder": self._encoder.digest, "facts": self.facts}
        arrays: dict[str, Any] = {
            "weights": self._linear.weights.astype(np.float16),
            "bias": self._linear.bias,
        }
        for name, terms in self._terms.items():
            arrays |= {f"{name}.terms": np.array(terms.terms, dtype=str), f"{name}.idf": terms.idf}
        with path.open("wb") as file:
            np.savez_compressed(file, about=np.array(json.dumps(about)), **arrays)

    @classmethod
    def load(cls, path: Path, encoder: SentenceEncoder) -> ClinicFactModel:
        """The model that ``save`` wrote.

        Raises:
            EncoderError: ``encoder`` is not the one of the training; its vectors would not fit.
        """
        with np.load(path, allow_pickle=False) as file:
            kept = {name: file[name] for name in file.files}
        about = json.loads(str(kept["about"]))
        if about["encoder"] != encoder.digest:
            raise EncoderError("the sentence encoder is another one than at training; train again")
        made = cls(encoder)
        made.facts = about["facts"]
        made._terms = {
            name: Terms(name, list(map(str, kept[f"{name}.terms"])), kept[f"{name}.idf"]) for name in VIEWS
        }
        made._linear = Linear(kept["weights"].astype(np.float32), kept["bias"])
        return made
