"""The public HINT3 format (Arora et al. 2020): so that the classifier can be compared with published
systems."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score
from symspellpy import SymSpell, Verbosity

from bot.errors import ConfigError
from bot.understanding.encoder import encoder
from bot.understanding.intent_model import IntentModel
from bot.understanding.reading import MAX_CHARACTERS
from tools.evaluation.sentences import read_labelled

OUT_OF_SCOPE = "NO_NODES_DETECTED"
RECALL = 0.70


def compare(train: Path, test: Path) -> dict[str, Any]:
    """Train on one file, test on the other.

    Returns:
        In-scope accuracy; AUROC of the score, in scope against out of scope; in-scope accuracy at the
        threshold that recognises 70 % of the out-of-scope sentences (read on the test file, as in the
        publication); times.
    """
    known, unseen = read_labelled(train), read_labelled(test)
    inside = np.array([label != OUT_OF_SCOPE for _, label in unseen])
    if inside.all() or not inside.any():
        raise ConfigError(f"{test}: sentences with the label {OUT_OF_SCOPE} and others are needed")
    correct = _speller([text for text, _ in known])
    start = perf_counter()
    model = IntentModel(encoder()).fit([correct(text) for text, _ in known], [label for _, label in known])
    trained = perf_counter()
    guesses = model.guess([correct(text) for text, _ in unseen])
    done = perf_counter()
    right = np.array(
        [guess.ranking[0][0] == label for guess, (_, label) in zip(guesses, unseen, strict=True)]
    )
    scores = np.array([guess.score for guess in guesses])
    threshold = np.sort(scores[~inside])[int(np.ceil(RECALL * (~inside).sum())) - 1]
    return {
        "in-scope accuracy": round(float(right[inside].mean()), 4),
        "AUROC": round(float(roc_auc_score(inside, scores)), 4),
        "in-scope accuracy at 70 % out-of-scope recall": round(
            float((right & (scores > threshold))[inside].mean()), 4
        ),
        "in scope": int(inside.sum()),
        "out of scope": int((~inside).sum()),
        "training seconds": round(trained - start, 1),
        "milliseconds a message": round(1000 * (done - trained) / len(unseen), 2),
    }


def _speller(texts: Sequence[str]) -> Callable[[str], str]:
    """Corrects typos by the rules of ``bot.language.spelling``, with the words of these training texts for
    a domain, not ours."""
    symspell = SymSpell(max_dictionary_edit_distance=2)
    symspell.load_dictionary(
        str(files("symspellpy") / "frequency_dictionary_en_82_765.txt"), 0, 1, encoding="utf-8-sig"
    )
    for text in texts:
        for known in re.findall(r"[a-z]+", text.lower()):
            symspell.create_dictionary_entry(known, 10**12)

    def corrected(match: re.Match[str]) -> str:
        typed = match.group()
        if len(typed) < 4 or typed in symspell.words:
            return typed
        found = symspell.lookup(typed, Verbosity.CLOSEST, max_edit_distance=1 if len(typed) < 6 else 2)
        return str(found[0].term) if found else typed

    return lambda text: re.sub(r"[a-z]+", corrected, text.replace("’", "'").lower()[:MAX_CHARACTERS])
