"""Whether a message leans on what came before it, and which facet it asks for ("how long", "side effects").

Two small heads on the same features as the topics: characters and words (tf-idf) beside the sentence vector.
Whether it leans is learnt from ``data/nlu/follow_ups.yml``; every other training sentence is one that stands
on its own. The facet is learnt from the same and from ``data/nlu/questions_by_facet.yml``, whose questions
name their subject.
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

#: The intents of ``data/nlu`` that only these heads learn from. No message is given them.
FOLLOW_UP, FACET_QUESTION, OWN_QUESTION = "follow_up", "facet_question", "own_question"
NO_TOPICS = frozenset({FOLLOW_UP, FACET_QUESTION, OWN_QUESTION})
#: Topics whose sentences mostly lean themselves ("how much?", "tell me more"): they teach nothing about
#: standing alone.
LEANING_TOPICS = frozenset({"ask_more", "ask_repeat", "ask_sources", "ask_dose"})
#: At least this sure: the message leans on what came before. Chosen, as those below, on every other row of
#: tests/nlu/two_turns.tsv for at most one question of its own in a hundred taken for a follow-up; the rows
#: between gave 0.4 %.
LEANS = 0.5
#: The same against an intent that is surely out of scope, or against a yes, a greeting and the like.
LEANS_OPEN, LEANS_SMALL_TALK = 0.6, 0.9
#: The same against a topic of its own that is read surely, or that is not sure while the facet has no text.
LEANS_SURELY = 0.97
_MEANING = 2.0  # what the sentence vector counts beside the two tf-idf views, each of length 1
_C_LEANS, _C_FACET = 10.0, 20.0
_WEIGHT = 2.0  # of a follow-up: there are twenty sentences of the other kind for each


@dataclass(frozen=True)
class FollowUp:
    """How a message leans on what came before.

    Args:
        leans: the probability that it does.
        facet: what it asks for, and how sure that is; the likeliest one.
    """

    leans: float
    facet: str
    confidence: float


class FollowUpModel:
    """Fit on follow-ups with their facets and on sentences that stand alone.

    Args:
        encoder: gives the sentence vectors; the saved model remembers its digest and refuses another.
    """

    def __init__(self, encoder: SentenceEncoder) -> None:
        self._encoder = encoder

    def fit(
        self,
        follow_ups: Sequence[tuple[str, str]],
        questions: Sequence[tuple[str, str]],
        alone: Sequence[str],
    ) -> FollowUpModel:
        """Learn from ``follow_ups`` and ``questions`` (text, facet), and from other sentences that stand
        ``alone``."""
        asked, named = [text for text, _ in follow_ups], [text for text, _ in questions]
        known = set(asked)
        alone = [text for text in alone if text not in known]
        texts = [*asked, *named, *alone]
        leans = np.array([1] * len(asked) + [0] * (len(named) + len(alone)))
        features = self._fit_terms(texts)
        self._leans = Linear.fit(features, leans, _C_LEANS, classes={0: 1.0, 1: _WEIGHT})
        self.facets = sorted({facet for _, facet in follow_ups})
        labels = np.array([self.facets.index(facet) for _, facet in [*follow_ups, *questions]])
        self._facets = Linear.fit(features[: len(labels)], labels, _C_FACET)
        return self

    def read(self, text: str) -> FollowUp:
        """How ``text`` (prepared as for the intents) leans and what it asks for."""
        features = self._features([text])
        leans = float(np.exp(self._leans.logs(features)[0, 1]))
        logs = self._facets.logs(features)[0]
        best = int(logs.argmax())
        return FollowUp(leans, self.facets[best], float(np.exp(logs[best])))

    def _fit_terms(self, texts: Sequence[str]) -> csr_matrix:
        fitted = {name: Terms.fit(name, texts, least=2) for name in VIEWS}
        self._terms = {name: terms for name, (terms, _) in fitted.items()}
        return self._beside([matrix for _, matrix in fitted.values()], texts)

    def _features(self, texts: Sequence[str]) -> csr_matrix:
        return self._beside([terms.transform(texts) for terms in self._terms.values()], texts)

    def _beside(self, views: list[csr_matrix], texts: Sequence[str]) -> csr_matrix:
        return hstack([csr_matrix(_MEANING * self._encoder.encode(texts)), *views]).tocsr()

    def save(self, path: Path) -> None:
        """Write the model as plain arrays and JSON."""
        about = {"encoder": self._encoder.digest, "facets": self.facets}
        arrays: dict[str, Any] = {}
        for name, linear in (("leans", self._leans), ("facets", self._facets)):
            arrays |= {f"{name}.weights": linear.weights.astype(np.float16), f"{name}.bias": linear.bias}
        for name, terms in self._terms.items():
            arrays |= {f"{name}.terms": np.array(terms.terms, dtype=str), f"{name}.idf": terms.idf}
        with path.open("wb") as file:
            np.savez_compressed(file, about=np.array(json.dumps(about)), **arrays)

    @classmethod
    def load(cls, path: Path, encoder: SentenceEncoder) -> FollowUpModel:
        """The model that ``save`` wrote.

        Raises:
            EncoderError: ``encoder`` is not the one of the training; its vectors would not fit.
        """
        with np.load(path, allow_pickle=False) as file:
            kept = {name: file[name] for name in file.files}
        about = json.loads(str(kept["about"]))
        if about["encoder"] != encoder.digest:
            raise EncoderError("the model was trained with another sentence encoder; train again")
        model = cls(encoder)
        model.facets = about["facets"]
        model._leans, model._facets = (
            Linear(kept[f"{name}.weights"].astype(np.float32), kept[f"{name}.bias"])
            for name in ("leans", "facets")
        )
        model._terms = {
            name: Terms(name, kept[f"{name}.terms"].tolist(), kept[f"{name}.idf"]) for name in VIEWS
        }
        return model
