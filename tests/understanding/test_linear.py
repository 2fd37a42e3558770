"""Texts as terms: ours are scikit-learn's, so what was learnt with it holds without it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.understanding.linear import VIEWS, Terms

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
