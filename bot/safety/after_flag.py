"""What a patient means with a message that comes after a red flag: means at hand, a new sign, "what do I
do now", "it has gone".

A small head on the sentence vector beside characters and words. It learns from
``data/safety/after_flag.yml``, and from ``data/nlu`` what an ordinary question and small talk look like. The
red-flag rules and their classifier look at the same message as ever; this only tells what it says of a flag
that stands already.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice, product
from pathlib import Path
from typing import Any

import numpy as np
import structlog
import yaml
from scipy.sparse import csr_matrix, hstack

from bot.language.tokens import folded
from bot.settings import ROOT
from bot.understanding.encoder import encoder
from bot.understanding.encoder_file import EncoderError
from bot.understanding.intent_model import SentenceEncoder
from bot.understanding.linear import VIEWS, Linear, Terms
from bot.understanding.vector_cache import cached_encoder

log = structlog.get_logger(__name__)

MODEL = ROOT / "models" / "after_flag.npz"
DATA = ROOT / "data" / "safety" / "after_flag.yml"
MEANS, SIGN, ORDINARY, SMALL = "means", "sign", "ordinary", "small"
#: What raises the flag; it counts in any sentence of a message, whatever the others say.
RAISES = (MEANS, SIGN)
#: At least this sure, for a sentence that raises the flag, and for the message as a whole. Below it nothing
#: is read.
SURE_RAISE, SURE = 0.5, 0.4
_MEANING = 3.0  # what the sentence vector counts beside the two tf-idf views, each of length 1
_C = 3.0
#: What a sentence of a kind counts in training: ordinary ones are many, and rarest after a flag.
_WEIGHTS = {ORDINARY: 0.2, SMALL: 0.7}
_WEIGHT = 1.5
_DRAWN = 16  # combinations of a line with alternatives that are learnt
_REMEMBERED = 64  # messages whose reading is kept for a moment, so that the same text is not read twice
#: Of ``data/nlu``: small talk, and what stands too near to what is asked after a flag to teach what is
#: ordinary.
_SMALL_TALK = frozenset(
    {"affirm", "greet", "thank", "goodbye", "ask_repeat", "ask_more", "react", "ask_presence"}
)
_NEAR = frozenset(
    {
        "ask_emergency_signs",
        "ask_mood",
        "ask_stopping_medicine",
        "ask_dose",
        "ask_when_to_seek_care",
        "deny",
        "stop",
    }
    | {
        "complain",
        "follow_up",
        "facet_question",
        "own_question",
        "ask_sources",
        "rate_helpful",
        "rate_unhelpful",
    }
)
_EVERY = 4  # of the ordinary sentences one in so many is learnt: there are fifty times as many as of each other kind
_ALTERNATIVES = re.compile(r"[()]")
_PARTS = re.compile(r"(?<=[.!?;])\s+|\n+|,?\s+but\s+|,\s+")


@dataclass(frozen=True)
class AfterFlag:
    """What a message says of a flag that stands: one of the kinds in ``data/safety/after_flag.yml``, and
    how sure that is.

    The kind is ``""`` where no kind is sure enough.
    """

    kind: str
    confidence: float


class AfterFlagReader:
    """Reads messages after a flag. Until it is trained or loaded it reads nothing."""

    def __init__(self, sentences: SentenceEncoder) -> None:
        self._encoder = sentences
        self.kinds: list[str] = []
        self.read = lru_cache(_REMEMBERED)(self._read)

    def fit(self, examples: Sequence[tuple[str, str]]) -> AfterFlagReader:
        """Learn from texts with their kind."""
        texts = [folded(text) for text, _ in examples]
        self.kinds = sorted({kind for _, kind in examples})
        fitted = {name: Terms.fit(name, texts, least=2) for name in VIEWS}
        self._terms = {name: terms for name, (terms, _) in fitted.items()}
        features = self._beside([matrix for _, matrix in fitted.values()], texts)
        weights = {number: _WEIGHTS.get(kind, _WEIGHT) for number, kind in enumerate(self.kinds)}
        labels = np.array([self.kinds.index(kind) for _, kind in examples])
        self._linear = Linear.fit(features, labels, _C, classes=weights)
        return self

    def chances(self, texts: Sequence[str]) -> np.ndarray:
        """The probability of each of ``kinds``: shape ``(len(texts), len(kinds))``."""
        texts = [folded(text) for text in texts]
        views = [terms.transform(texts) for terms in self._terms.values()]
        return np.asarray(np.exp(self._linear.logs(self._beside(views, texts))))

    def _read(self, text: str) -> AfterFlag:
        if not self.kinds:
            return AfterFlag("", 0.0)
        parts = [part for part in _PARTS.split(text[:4096]) if len(part.split()) > 1][:24]
        whole, *chances = self.chances([text, *parts])
        raising = [self.kinds.index(kind) for kind in RAISES]
        # The whole of a long message can hide the one sentence that matters.
        for row in [whole, *chances]:
            best = int(row.argmax())
            if best in raising and row[best] >= SURE_RAISE:
                return AfterFlag(self.kinds[best], float(row[best]))
        best = int(whole.argmax())
        if whole[best] < SURE or best in raising:
            return AfterFlag("", float(whole[best]))
        return AfterFlag(self.kinds[best], float(whole[best]))

    def _beside(self, views: list[csr_matrix], texts: Sequence[str]) -> csr_matrix:
        return hstack([csr_matrix(_MEANING * self._encoder.encode(texts)), *views]).tocsr()

    def save(self, path: Path = MODEL) -> None:
        """Write the model as plain arrays and JSON."""
        about = {"encoder": self._encoder.digest, "kinds": self.kinds}
        arrays: dict[str, Any] = {
            "weights": self._linear.weights.astype(np.float16),
            "bias": self._linear.bias,
        }
        for name, terms in self._terms.items():
            arrays |= {f"{name}.terms": np.array(terms.terms, dtype=str), f"{name}.idf": terms.idf}
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as file:
            np.savez_compressed(file, about=np.array(json.dumps(about)), **arrays)

    def load(self, path: Path = MODEL) -> AfterFlagReader:
        """Read what ``save`` wrote.

        A missing or foreign file is said in the log, and nothing is read from messages.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                kept = {name: file[name] for name in file.files}
            about = json.loads(str(kept["about"]))
            if about["encoder"] != self._encoder.digest:
                raise EncoderError("the model was trained with another sentence encoder; train again")
            self._terms = {
                name: Terms(name, kept[f"{name}.terms"].tolist(), kept[f"{name}.idf"]) for name in VIEWS
            }
            self._linear = Linear(kept["weights"].astype(np.float32), kept["bias"])
            self.kinds = about["kinds"]
        except Exception as error:  # whatever it is, the flag still stands and somebody must read of it
            log.error("after_flag_reader_missing", error=type(error).__name__)
        return self


@cache
def reader() -> AfterFlagReader:
    """The reader of this installation."""
    return AfterFlagReader(encoder()).load()


def examples() -> list[tuple[str, str]]:
    """All training sentences with their kind."""
    own = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    made = [(text, kind) for kind, lines in own.items() for line in lines for text in combinations(line)]
    return made + list(_from_nlu())


def combinations(line: str) -> list[str]:
    """The sentences that a line with ``(a|b)`` stands for; of many a few, always the same."""
    parts = [part.split("|") for part in _ALTERNATIVES.split(line)]
    many, draw = len(list(islice(product(*parts), _DRAWN + 1))) > _DRAWN, random.Random(line)
    rows = (
        [[draw.choice(part) for part in parts] for _ in range(_DRAWN)] if many else map(list, product(*parts))
    )
    return list(dict.fromkeys(" ".join("".join(row).split()) for row in rows))


def _from_nlu() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            intent, lines = block["intent"], block["examples"].splitlines()
            texts = [line.strip()[2:] for line in lines if line.strip().startswith("- ")]
            if intent in _SMALL_TALK:
                yield from ((text, SMALL) for text in texts[::_EVERY])
            elif intent not in _NEAR:
                yield from ((text, ORDINARY) for text in texts[::_EVERY])


if __name__ == "__main__":
    AfterFlagReader(cached_encoder()).fit(examples()).save()
