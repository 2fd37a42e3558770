"""Which topic a message is about, and how sure we may be.

Four views judge every message: its characters, its words, its meaning (a sentence vector), and how like it is
to the nearest training sentence of each intent. A small calibration turns how they judge into P(the first
guess is right), which is the confidence that Rasa sees. Measured against DIET and published systems on HINT3:
``python -m tools.evaluation --train F --test F``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.model_selection import StratifiedKFold

from bot.understanding.encoder_file import EncoderError
from bot.understanding.linear import VIEWS, Linear, Terms, log_softmax

_SEED = 7
_TINY = 1e-9
_THIRD = 3
_MANY = 2000  # from so many sentences on, what stands in a single one is left out: it costs time and brings nothing
#: Where learning ends (``Linear.fit``): the topics before the last corner is fitted, the calibration at the
#: end of the way.
_LEAST, _WHOLE = 0.01, 1e-6
_HIDDEN = 15  # one intent in so many is hidden from the calibration
#: What each view's log-probabilities count for, and what a likeness (0 to 1) does; found on HINT3 and the
#: development sentences.
_WEIGHTS = {"meaning": 1.0, "words": 0.75, "characters": 0.4, "likeness": 10.0}
#: For the score that orders in-scope against out-of-scope: the characters' share beside the meaning, and what
#: the nearest sentence counts.
_CHARACTERS, _NEAREST = 0.45, 4.0
#: Out of scope is many things under one name: these intents keep the weight of all their sentences.
_WIDE = "out_of_scope"


class SentenceEncoder(Protocol):
    digest: str

    def encode(self, texts: Sequence[str]) -> np.ndarray: ...

    def encode_with_parts(self, text: str, parts: Sequence[str]) -> np.ndarray: ...


@dataclass(frozen=True)
class Guess:
    """What a message may be about.

    Args:
        ranking: intents with their confidences in 0..1, the likeliest first. The first one's is the
            calibrated P(right); the others share the rest in proportion to their probabilities.
        score: ``log p_top + 4 * nearest-neighbour similarity`` of characters and meaning; orders in-scope
            against out-of-scope (AUROC).
        second: the runner-up's probability as the views see it, uncalibrated.
    """

    ranking: list[tuple[str, float]]
    score: float
    second: float = 0.0


class IntentModel:
    """Fit on sentences and their intents; guesses the intents of others.

    Args:
        encoder: gives the sentence vectors; the saved model remembers its digest and refuses another.
        C: inverse regularisation of the logistic regressions.
    """

    def __init__(self, encoder: SentenceEncoder, *, C: float = 30.0) -> None:
        self._encoder, self._C = encoder, C

    def fit(self, texts: Sequence[str], intents: Sequence[str]) -> IntentModel:
        """Learn from ``texts`` and ``intents`` of equal length (at least two intents)."""
        y = np.array(intents)
        meaning = self._encoder.encode(texts)
        self._views = _Views.fit(texts, meaning, y, self._C)
        self._calibration = self._calibrate(np.array(texts, dtype=object), meaning, y)
        return self

    def guess(self, texts: Sequence[str]) -> list[Guess]:
        """One guess a text, in order."""
        return self._guess(texts, self._encoder.encode(texts)) if texts else []

    def guess_with_parts(self, text: str, parts: Sequence[str]) -> list[Guess]:
        """A guess for ``text``, then one for each of ``parts``, which stand in it.

        Hardly dearer than the text alone.
        """
        return self._guess([text, *parts], self._encoder.encode_with_parts(text, parts))

    def _guess(self, texts: Sequence[str], meaning: np.ndarray) -> list[Guess]:
        probabilities, signals, scores = self._views.judge(texts, meaning)
        classes = self._views.classes
        made = []
        for row, confidence, score in zip(probabilities, self._sure(signals), scores, strict=True):
            order = np.argsort(-row)[:10]
            rest = 1.0 - row[order[0]] + _TINY
            ranking = [(str(classes[order[0]]), float(confidence))]
            for index in order[1:]:
                share = float((1 - confidence) * row[index] / rest)
                # A runner-up is never surer than the first, however unsure that one is.
                ranking.append((str(classes[index]), min(share, float(confidence))))
            made.append(Guess(ranking, float(score), float(row[order[1]])))
        return made

    def _sure(self, signals: np.ndarray) -> np.ndarray:
        if self._calibration is None:
            return np.asarray(np.exp(signals[:, 0]))
        return np.asarray(np.exp(self._calibration.logs(signals)[:, 1]))

    def _calibrate(self, texts: np.ndarray, meaning: np.ndarray, y: np.ndarray) -> Linear | None:
        """Learn P(right) from a third of the sentences, judged by a model of the others.

        A few intents are hidden from that model altogether: their sentences can only be answered wrongly,
        which teaches what a message about something unknown looks like.
        """
        names, counts = np.unique(y, return_counts=True)
        if counts.min() < _THIRD:
            return None
        known, unseen = next(StratifiedKFold(_THIRD, shuffle=True, random_state=_SEED).split(texts, y))
        hidden = np.random.default_rng(_SEED).permutation(names)[: len(names) // _HIDDEN]
        known = known[~np.isin(y[known], hidden)]
        views = _Views.fit(list(texts[known]), meaning[known], y[known], self._C)
        probabilities, signals, _ = views.judge(list(texts[unseen]), meaning[unseen])
        right = views.classes[probabilities.argmax(1)] == y[unseen]
        return None if right.all() or not right.any() else Linear.fit(signals, right, 1.0, least=_WHOLE)

    def save(self, path: Path) -> None:
        """Write the model as plain arrays and JSON: reading it back runs nobody's code."""
        about: dict[str, Any] = {"encoder": self._encoder.digest, "C": self._C}
        arrays = self._views.arrays()
        if self._calibration is not None:
            arrays |= {
                "calibration.weights": self._calibration.weights,
                "calibration.bias": self._calibration.bias,
            }
        with path.open("wb") as file:
            np.savez_compressed(file, about=np.array(json.dumps(about)), **arrays)

    @classmethod
    def load(cls, path: Path, encoder: SentenceEncoder) -> IntentModel:
        """The model that ``save`` wrote.

        Raises:
            EncoderError: ``encoder`` is not the one of the training; its vectors would not fit.
        """
        with np.load(path, allow_pickle=False) as file:
            kept = {name: file[name] for name in file.files}
        about = json.loads(str(kept.pop("about")))
        if about["encoder"] != encoder.digest:
            raise EncoderError("the model was trained with another sentence encoder; train again")
        model = cls(encoder, C=about["C"])
        weights = kept.pop("calibration.weights", None)
        model._calibration = None if weights is None else Linear(weights, kept.pop("calibration.bias"))
        model._views = _Views.from_arrays(kept)
        return model


class _Views:
    """The classifiers and the training sentences that messages are compared with."""

    terms: dict[str, Terms]
    linear: dict[str, Linear]
    known: csr_matrix  # characters by training sentence
    meaning: np.ndarray
    classes: np.ndarray
    member: np.ndarray

    @classmethod
    def fit(cls, texts: Sequence[str], meaning: np.ndarray, y: np.ndarray, C: float) -> _Views:
        made = cls()
        order = np.argsort(y, kind="stable")  # intent by intent, for the likeness
        texts, meaning = [texts[index] for index in order], meaning[order]
        made.classes, made.member, counts = np.unique(y[order], return_inverse=True, return_counts=True)
        made.meaning = meaning
        mean = len(y) / len(counts)
        weights = {
            number: mean / count
            for number, count in enumerate(counts)
            if not made.classes[number].startswith(_WIDE)
        }
        fitted = {name: Terms.fit(name, texts, least=2 if len(texts) >= _MANY else 1) for name in VIEWS}
        made.terms = {name: terms for name, (terms, _) in fitted.items()}
        features = {name: matrix for name, (_, matrix) in fitted.items()} | {"meaning": meaning}
        made.known = features["characters"].T.tocsr()
        made.linear = {
            name: Linear.fit(matrix, made.member, C, classes=weights, least=_LEAST)
            for name, matrix in features.items()
        }
        return made

    def judge(self, texts: Sequence[str], meaning: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Probabilities (n, intents), signals for the calibration (n, 5), scores (n)."""
        features: dict[str, Any] = {name: terms.transform(texts) for name, terms in self.terms.items()} | {
            "meaning": meaning
        }
        logs = {name: linear.logs(features[name]) for name, linear in self.linear.items()}
        cosine = meaning @ self.meaning.T
        shared = (features["characters"] @ self.known).toarray()
        near = (shared + cosine) / 2
        starts = np.flatnonzero(np.diff(self.member, prepend=-1))
        logs["likeness"] = np.maximum.reduceat(near, starts, axis=1)
        together = log_softmax(np.sum([weight * logs[name] for name, weight in _WEIGHTS.items()], axis=0))
        first = together.argmax(1)
        best = np.sort(together, axis=1)
        nearest = _CHARACTERS * shared.max(1) + (1 - _CHARACTERS) * cosine.max(1)
        rows = np.arange(len(first))
        nearest_same = logs["likeness"][rows, first]
        agree = sum(made.argmax(1) == first for made in logs.values()) / len(logs)
        # Two views' mean: less sure of itself than all together, and better at telling what is out of scope.
        mild = log_softmax(_CHARACTERS * logs["characters"] + (1 - _CHARACTERS) * logs["meaning"])
        signals = np.column_stack(
            [best[:, -1], best[:, -1] - best[:, -2], nearest, nearest_same, agree, mild[rows, first]]
        )
        return np.exp(together), signals, mild.max(1) + _NEAREST * nearest

    def arrays(self) -> dict[str, np.ndarray]:
        made = {
            "classes": self.classes,
            "member": self.member,
            "meaning": self.meaning.astype(np.float16),
            "known.data": self.known.data.astype(np.float16),
            "known.indices": self.known.indices,
            "known.indptr": self.known.indptr,
        }
        for name, linear in self.linear.items():
            made |= {f"{name}.weights": linear.weights.astype(np.float16), f"{name}.bias": linear.bias}
        for name, terms in self.terms.items():
            made |= {f"{name}.terms": np.array(terms.terms, dtype=str), f"{name}.idf": terms.idf}
        return made

    @classmethod
    def from_arrays(cls, kept: dict[str, np.ndarray]) -> _Views:
        made = cls()
        made.classes, made.member = kept["classes"], kept["member"]
        made.meaning = kept["meaning"].astype(np.float32)
        names = ("characters", "words", "meaning")
        made.linear = {
            name: Linear(kept[f"{name}.weights"].astype(np.float32), kept[f"{name}.bias"]) for name in names
        }
        made.terms = {
            name: Terms(name, kept[f"{name}.terms"].tolist(), kept[f"{name}.idf"]) for name in VIEWS
        }
        shape = (len(kept["characters.idf"]), len(made.member))
        made.known = csr_matrix(
            (kept["known.data"].astype(np.float32), kept["known.indices"], kept["known.indptr"]), shape=shape
        )
        return made
