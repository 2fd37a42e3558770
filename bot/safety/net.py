"""The second net: a small trained classifier for wordings that no rule knows. Speaks only where the rules are silent.

Three logistic regressions see the message (its meaning, its characters, its words); their mean log-odds are the score.
It learns from ``data/safety`` (real-sounding emergencies and near-misses, written for it) and, as what is ordinary, from
the training sentences of the topics. Nothing of ``tests/safety`` is in it.
"""

from __future__ import annotations

import csv
import pickle
import random
import re
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import structlog
import yaml

from bot.settings import ROOT

log = structlog.get_logger(__name__)

MODEL = ROOT / "models" / "safety.pkl"
DATA = ROOT / "data" / "safety"
#: Mean log-odds above which a message is a flag outright, and above which the patient is asked. Chosen on the half of
#: the frozen set that no rule was tuned on; there, rules and net together answer or ask about .97 of the emergencies
#: (.93 with the advice of the right flag; rules alone .88), over the whole set .98 (.97), all plain ones among them, and
#: speak on .12 of the hard near-misses (about half of them by asking) and .019 of the ordinary messages (nearly all by asking).
FLAG, ASK = 3.0, 1.4
#: Mean log-odds of characters and words below which the meaning is not looked at: four of five ordinary messages, and
#: none of the frozen set that is asked about.
_GATE = -1.0
#: Topics whose ordinary questions stand too near to a flag to teach what is ordinary.
_NEAR = {"ask_stopping_medicine", "ask_mood", "ask_emergency_signs"}
_ORDINARY = 2500
_SEED = 7
_PIECES = re.compile(r"(?<=[.!?;])\s+|\n+|\s+but\s+|,\s+and\s+")


class Net:
    """The trained net. Until it is loaded it has nothing to say."""

    def __init__(self, kept: dict[str, Any] | None = None) -> None:
        self._kept = kept

    @staticmethod
    def train() -> Net:
        """Learn from the data of this checkout; seconds."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        from bot.brain.encoder import encoder

        flagged, near = sentences()
        ordinary = random.Random(_SEED).sample(found := sorted(_topics()), min(_ORDINARY, len(found)))
        texts = [_prepared(text) for text, _ in flagged] + [_prepared(text) for text in [*near, *ordinary]]
        is_flag = [True] * len(flagged) + [False] * (len(texts) - len(flagged))
        weights = [1.5] * (len(flagged) + len(near)) + [1.0] * len(ordinary)
        meaning = encoder().encode(texts)
        characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 5), sublinear_tf=True, min_df=2)
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2, token_pattern=r"[a-z']+")  # noqa: S106  not that kind of token
        views = [meaning, characters.fit_transform(texts), words.fit_transform(texts)]
        judges = [LogisticRegression(C=10, max_iter=500).fit(view, is_flag, sample_weight=weights) for view in views]
        names = [flag for _, flag in flagged]
        which = [LogisticRegression(C=10, max_iter=500).fit(view[: len(flagged)], names) for view in views[:2]]
        return Net({"encoder": encoder().digest, "characters": characters, "words": words, "judges": judges, "which": which})

    def save(self, path: Path = MODEL) -> None:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(pickle.dumps(self._kept, protocol=pickle.HIGHEST_PROTOCOL))

    @staticmethod
    def load_later(path: Path) -> Net:
        """A net that reads its file in the background, so that the front door need not wait for it."""
        net = Net()
        threading.Thread(target=net.read, args=(path,), name="safety-net", daemon=True).start()
        return net

    def read(self, path: Path) -> None:
        """Read a trained file. A missing or foreign one is said in the log, and the rules go on alone."""
        try:
            from bot.brain.encoder import encoder

            kept = pickle.loads(path.read_bytes())  # noqa: S301  our own file, written by our own training
            if kept["encoder"] != encoder().digest:
                log.error("safety_net_of_another_encoder")
                return
        except Exception as error:  # whatever it is, the rules must go on and somebody must read of it
            log.error("safety_net_missing", error=type(error).__name__)
            return
        self._kept = kept

    def look(self, text: str) -> tuple[str, float] | None:
        """The likeliest flag, and the score of the message or of the sentence in it that scores highest; ``None`` far from all."""
        if self._kept is None:
            return None
        from bot.brain.encoder import encoder

        parts = [_prepared(part) for part in pieces(text)]
        by_meaning, by_characters, by_words = self._kept["judges"]
        characters = self._kept["characters"].transform(parts)
        cheap = by_characters.decision_function(characters)
        cheap += by_words.decision_function(self._kept["words"].transform(parts))
        if cheap.max() / 2 < _GATE:
            return None  # so far from any flag that the costly look at the meaning could not change it
        meaning = encoder().encode(parts)
        scores = (cheap + by_meaning.decision_function(meaning)) / 3
        best = int(scores.argmax())
        seen = (meaning[best : best + 1], characters[best : best + 1])
        sure = sum(judge.predict_log_proba(view)[0] for judge, view in zip(self._kept["which"], seen, strict=True))
        return str(self._kept["which"][0].classes_[sure.argmax()]), float(scores[best])

    def verdict(self, text: str) -> tuple[str, str] | None:
        """``(flag, "flag" | "ask")``, or ``None`` where it sees nothing."""
        seen = self.look(text)
        if seen is None or seen[1] < ASK:
            return None
        return seen[0], "flag" if seen[1] >= FLAG else "ask"


def pieces(text: str) -> list[str]:
    """The message, and the sentences of a longer one."""
    text = text[:4096]
    if len(text.split()) <= 14:
        return [text]
    return [text, *[part for part in _PIECES.split(text) if len(part.split()) >= 4][:24]]


def sentences() -> tuple[list[tuple[str, str]], list[str]]:
    """What the net learns from: emergencies with their flag, and near-misses."""
    positives = yaml.safe_load((DATA / "positives.yml").read_text(encoding="utf-8"))
    negatives = yaml.safe_load((DATA / "negatives.yml").read_text(encoding="utf-8"))
    flagged = [(str(text), flag) for flag, texts in positives.items() for text in texts]
    near = [str(text) for texts in negatives.values() for text in texts]
    with (DATA / "more.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            text = row["text"].replace(" || ", ". ")
            if row["flags"] == "-":
                near.append(text)
            else:
                flagged.append((text, row["flags"].split("|")[0]))
    return flagged, near


def _topics() -> Iterable[str]:
    for path in (ROOT / "data" / "nlu").glob("*.yml"):
        for intent in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            if intent["intent"] not in _NEAR:
                yield from _examples(intent["examples"].splitlines())


def _examples(lines: Sequence[str]) -> Iterable[str]:
    return (line.strip()[2:] for line in lines if line.strip().startswith("- "))


def _prepared(text: str) -> str:
    return text.lower().replace("’", "'")


def main() -> None:
    """``python -m bot.safety.net``: train and save."""
    Net.train().save()


if __name__ == "__main__":
    main()
