"""Logistic regression and tf-idf as plain arrays: trained with scikit-learn, used without it.

For one message at a time scikit-learn spends longer on checking its input than on the arithmetic, its objects
can be saved only as pickles, and its import alone takes longer than everything that the red-flag net needs to
be ready; arrays are quick, and reading them back runs nobody's code.
"""

from __future__ import annotations

import os
import re
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from bot.understanding.softmax import fit_softmax

_WORD = re.compile(r"\b\w[\w']*\b")
_LONGEST = 4


def characters(text: str) -> list[str]:
    """The runs of one to four characters in each word, the spaces around it included: scikit-learn's
    ``char_wb``."""
    made = []
    for word in text.lower().split():
        padded = f" {word} "
        for size in range(1, _LONGEST + 1):
            made += [padded[start : start + size] for start in range(max(1, len(padded) - size + 1))]
            if size >= len(padded):
                break  # a short word is one run, counted once
    return made


def words(text: str) -> list[str]:
    """The words, and every two that follow each other."""
    found = _WORD.findall(text.lower())
    return found + [f"{first} {second}" for first, second in pairwise(found)]


#: The views of a text.
VIEWS: dict[str, Callable[[str], list[str]]] = {"characters": characters, "words": words}

_DECAY = 0.01  # how strongly a network's weights are held small


class Terms:
    """Tf-idf of texts, sublinear and of length 1.

    Args:
        view: one of ``VIEWS``.
        terms: the known terms, in the order of their columns.
        idf: the weight of each.
    """

    def __init__(self, view: str, terms: Sequence[str], idf: np.ndarray) -> None:
        self.view, self.terms, self.idf = view, terms, idf.astype(np.float32)
        self._column = {str(term): number for number, term in enumerate(terms)}

    @classmethod
    def fit(cls, view: str, texts: Sequence[str], *, least: int = 1) -> tuple[Terms, csr_matrix]:
        """The terms that stand in at least ``least`` of ``texts``, and the texts as a matrix (texts,
        terms)."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        made = TfidfVectorizer(sublinear_tf=True, dtype=np.float32, min_df=least, analyzer=VIEWS[view])
        matrix = made.fit_transform(texts)
        return cls(view, [str(term) for term in made.get_feature_names_out()], made.idf_), matrix

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """``texts`` as a matrix (texts, terms)."""
        columns, values, ends = [], [], [0]
        for text in texts:
            counts = Counter(VIEWS[self.view](text))
            found = sorted(
                (self._column[term], count) for term, count in counts.items() if term in self._column
            )
            where = np.array([column for column, _ in found], dtype=np.int32)
            weights = (1 + np.log(np.array([count for _, count in found], dtype=np.float32))) * self.idf[
                where
            ]
            columns.append(where)
            values.append(weights / max(float(np.linalg.norm(weights)), 1e-9))
            ends.append(ends[-1] + len(where))
        parts = (
            (np.concatenate(values), np.concatenate(columns), np.array(ends, dtype=np.int32))
            if texts
            else ([], [], [0])
        )
        return csr_matrix(parts, shape=(len(texts), len(self.terms)), dtype=np.float32)


@dataclass(frozen=True)
class Linear:
    """A multinomial logistic regression: weights (features, classes) and bias (classes)."""

    weights: np.ndarray
    bias: np.ndarray

    @classmethod
    def fit(
        cls,
        x: Any,
        y: np.ndarray,
        C: float,
        *,
        classes: dict[int, float] | None = None,
        each: np.ndarray | None = None,
        steps: int = 60,
        least: float | None = None,
    ) -> Linear:
        """Fit on ``x`` (n, features) and ``y`` (n), numbers from 0 on.

        Args:
            classes: what the rows of a class weigh, where that is not 1.
            each: what single rows weigh.
            steps: the most that scikit-learn takes.
            least: ``bot.understanding.softmax`` learns instead, and ends where a step lowers the loss by less
                than this share. 0.01 is about where scikit-learn's ``tol=1e-3`` ends.
        """
        y = np.asarray(y, dtype=np.int64)
        if least is not None:
            weights = np.array([(classes or {}).get(number, 1.0) for number in range(int(y.max()) + 1)])
            rows = weights[y] * (1 if each is None else each)
            # Two rows of weights for two classes share what scikit-learn's one row bears alone.
            penalty = (2.0 if len(weights) == 2 else 1.0) / (C * float(rows.sum()))
            return cls(*fit_softmax(x, y, rows / rows.sum(), penalty, least))
        from sklearn.linear_model import LogisticRegression

        made = LogisticRegression(C=C, max_iter=steps, tol=1e-3, class_weight=classes).fit(
            x, y, sample_weight=each
        )
        rows, bias = made.coef_, made.intercept_
        if len(made.classes_) == 2:  # scikit-learn keeps one row for two classes
            rows, bias = np.vstack([0 * rows, rows]), np.concatenate([0 * bias, bias])
        return cls(np.ascontiguousarray(rows.T, dtype=np.float32), bias.astype(np.float32))

    def logits(self, x: Any) -> np.ndarray:
        """One row a text, one column a class."""
        return np.asarray(np.asarray(x @ self.weights) + self.bias)

    def logs(self, x: Any) -> np.ndarray:
        """Log-probabilities, one row a text."""
        return log_softmax(self.logits(x))


@dataclass(frozen=True)
class Layered:
    """A network with one hidden layer: for views whose columns mean something only together."""

    hidden: Linear
    out: Linear

    @classmethod
    def fit(cls, x: np.ndarray, y: np.ndarray, *, units: int, rounds: int, seeds: Sequence[int]) -> Layered:
        """Fit on ``x`` (n, features) and ``y`` (n) with at least three classes.

        Args:
            units: how wide the hidden layer of each network is.
            seeds: one network is fitted for each; what they say is averaged, as one alone depends on chance.
        """
        from sklearn.exceptions import ConvergenceWarning

        with warnings.catch_warnings(), ThreadPoolExecutor(os.cpu_count()) as pool:
            warnings.simplefilter("ignore", ConvergenceWarning)  # they are stopped early on purpose
            made = list(pool.map(lambda seed: _network(x, y, units, rounds, seed), seeds))
        # The mean of several networks is one network: their hidden layers stand side by side.
        hidden = Linear(
            np.hstack([one.coefs_[0] for one in made]).astype(np.float32),
            np.hstack([one.intercepts_[0] for one in made]).astype(np.float32),
        )
        out = Linear(
            (np.vstack([one.coefs_[1] for one in made]) / len(made)).astype(np.float32),
            np.mean([one.intercepts_[1] for one in made], axis=0).astype(np.float32),
        )
        return cls(hidden, out)

    def logs(self, x: np.ndarray) -> np.ndarray:
        """Log-probabilities, one row a text."""
        return self.out.logs(np.maximum(self.hidden.logits(x), 0))


def _network(x: np.ndarray, y: np.ndarray, units: int, rounds: int, seed: int) -> Any:
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(
        (units,), alpha=_DECAY, learning_rate_init=1e-3, max_iter=rounds, batch_size=128, random_state=seed
    ).fit(x, y)


def log_softmax(x: np.ndarray) -> np.ndarray:
    """The logarithms of the shares that each row's numbers have once they are exponentiated."""
    x = x - x.max(1, keepdims=True)
    return np.asarray(x - np.log(np.exp(x).sum(1, keepdims=True)))
