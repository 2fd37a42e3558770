"""Texts as terms and what is learnt from them: ours are scikit-learn's, so what holds with it holds
without it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from bot.understanding.linear import VIEWS, Linear, Terms

SAME = {
    "characters": {"analyzer": "char_wb", "ngram_range": (1, 4)},
    "words": {"analyzer": "word", "ngram_range": (1, 2), "token_pattern": r"(?u)\b\w[\w']*\b"},
}
TEXTS = [
    "My legs won't keep still",
    "i can't sleep, my legs!",
    "a",
    "I'm  up\tat 3 am\nagain",
    "",
    "né, ÇA va? 夜 👪",
]


@pytest.mark.parametrize("view", VIEWS)
@given(text=st.text() | st.text(alphabet="aB 'é3.\n"))
def test_the_terms_of_a_text_are_those_of_scikit_learn(view: str, text: str) -> None:
    theirs = TfidfVectorizer(**SAME[view]).build_analyzer()(text)
    assert sorted(VIEWS[view](text)) == sorted(theirs)


@pytest.mark.parametrize("view", VIEWS)
def test_the_weights_of_a_text_are_those_of_scikit_learn(view: str) -> None:
    terms, matrix = Terms.fit(view, TEXTS)
    assert np.allclose(terms.transform(TEXTS).toarray(), matrix.toarray(), atol=1e-6)
    theirs = TfidfVectorizer(sublinear_tf=True, **SAME[view]).fit(TEXTS)
    assert terms.terms == list(theirs.get_feature_names_out())
    new = ["my legs again, again", "unknown"]
    assert np.allclose(terms.transform(new).toarray(), theirs.transform(new).toarray(), atol=1e-6)


@pytest.mark.parametrize("kinds", [2, 5])
@pytest.mark.parametrize("form", [np.asarray, csr_matrix])
def test_what_our_solver_learns_is_what_scikit_learn_learns(
    kinds: int, form: Callable[[np.ndarray], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Columns of very different size, classes of different weight; both at the end of the way."""
    random = np.random.default_rng(7)
    x = (random.normal(size=(300, 20)) * np.logspace(-2, 0, 20)).astype(np.float32)
    y = (x @ random.normal(size=(20, kinds)) / np.abs(x).mean() + random.normal(size=(300, kinds))).argmax(1)
    weights = {number: 1.0 + number for number in range(kinds)}
    theirs = LogisticRegression(C=3.0, class_weight=weights, tol=1e-8, max_iter=5000).fit(x, y)
    monkeypatch.setattr(LogisticRegression, "fit", None)
    ours = Linear.fit(form(x), y, 3.0, classes=weights, least=1e-9)
    assert np.allclose(np.exp(ours.logs(x)), theirs.predict_proba(x), atol=2e-3)
