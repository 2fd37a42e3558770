"""A trained classifier beside the rules, for wordings that no rule knows and for alarms that are none.

Three views see a text: its characters and its words (logistic regressions), and its sense (a small network
over the sentence's meaning and what the rules see in it, ``RedFlagRules.signals``). The weighted sum of their
log-odds is the score. It learns from ``data/safety`` (emergencies and near-misses, written for it) and, for
what is ordinary, from the training sentences of the topics. Nothing of ``tests/safety`` is in it.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog
import yaml

from bot.language.tokens import folded
from bot.safety.rules import RedFlagRules
from bot.safety.windows import windows
from bot.settings import ROOT
from bot.understanding.encoder import encoder
from bot.understanding.linear import VIEWS, Layered, Linear, Terms
from bot.understanding.vector_cache import cached_encoder

log = structlog.get_logger(__name__)

MODEL = ROOT / "models" / "safety.npz"
DATA = ROOT / "data" / "safety"
STORIES = DATA / "stories.tsv"
#: The weight of each view's log-odds: from a logistic regression on texts that none of them had learnt from
#: (every other row of tests/safety and of real posts).
_WEIGHTS = {"characters": 0.08, "words": 0.18, "sense": 0.45}
#: If no rule fires and the mean log-odds of characters and words is below this, the costly sense is not
#: computed.
_GATE = -3.0
#: Topics whose ordinary questions stand too near to a flag to teach what is ordinary.
_NEAR = {"ask_stopping_medicine", "ask_mood", "ask_emergency_signs"}
#: How many ordinary sentences the sense learns from, as it is costly to learn: those that look most like a
#: flag.
_HARDEST = 3000
_C = 30.0
_UNITS, _ROUNDS = 256, 14
_MEANING = 4.0  # brings the 384 numbers of a vector of length 1 to the size of the signals' ones
_NONE = "-"
#: How often each part of a story is learnt: in use nearly every sentence of a long text is harmless, in what
#: is written for the classifier every other one.
_STORY_COUNTS = 2
_SEEDS = (7, 8, 9, 10, 11)  # one network of the sense for each
_SURE = 14.0  # log-odds beyond which no view counts more
#: How a sentence of a story is marked, in the file and while it is cut into parts.
_MARK, _MARKED = re.compile(r"\{(R\d+|\?)\}"), re.compile(r"(R\d+|\?):mark: ")


@dataclass(frozen=True)
class _Model:
    """What training made: a model for each view, over ``classes``, and each signal's column."""

    classes: list[str]
    terms: dict[str, Terms]
    linear: dict[str, Linear]
    signals: dict[str, int]
    sense: Layered


class RedFlagClassifier:
    """The trained classifier. Until it is loaded it has nothing to say."""

    def __init__(self, rules: RedFlagRules) -> None:
        self._rules = rules
        self._model: _Model | None = None

    @property
    def loaded(self) -> bool:
        return self._model is not None

    def train(self) -> RedFlagClassifier:
        """Learn from the data of this checkout; about twenty seconds."""
        written, ordinary = sentences(), sorted(_topics())
        texts = [folded(text) for text, _ in written] + [folded(text) for text in ordinary]
        names = [flag for _, flag in written] + [_NONE] * len(ordinary)
        classes, y = np.unique(names, return_inverse=True)
        fitted = {name: Terms.fit(name, texts, least=2) for name in VIEWS}
        linear = {name: Linear.fit(matrix, y, _C, steps=60) for name, (_, matrix) in fitted.items()}
        none = int(np.flatnonzero(classes == _NONE)[0])
        odds = np.mean(
            [_odds(linear[name].logs(matrix), none) for name, (_, matrix) in fitted.items()], axis=0
        )
        odds[: len(written)] = np.inf  # all of these
        rows = np.sort(np.argsort(-odds, kind="stable")[: len(written) + _HARDEST])
        kept = [texts[row] for row in rows]
        signals = [self._rules.signals(text) for text in kept]
        known = {
            name: number for number, name in enumerate(sorted({name for row in signals for name in row}))
        }
        sense = Layered.fit(
            _sense(cached_encoder().encode(kept), signals, known),
            y[rows],
            units=_UNITS,
            rounds=_ROUNDS,
            seeds=_SEEDS,
        )
        terms = {name: made for name, (made, _) in fitted.items()}
        self._model = _Model([str(name) for name in classes], terms, linear, known, sense)
        return self

    def save(self, path: Path = MODEL) -> None:
        """Write the model as plain arrays and JSON."""
        assert self._model
        about = {
            "encoder": encoder().digest,
            "classes": self._model.classes,
            "signals": list(self._model.signals),
        }
        arrays: dict[str, np.ndarray] = {}
        layers = {"sense.hidden": self._model.sense.hidden, "sense.out": self._model.sense.out}
        for name, linear in (self._model.linear | layers).items():
            arrays |= {f"{name}.weights": linear.weights.astype(np.float16), f"{name}.bias": linear.bias}
        for name, terms in self._model.terms.items():
            arrays |= {f"{name}.terms": np.array(terms.terms, dtype=str), f"{name}.idf": terms.idf}
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as file:
            np.savez_compressed(file, about=np.array(json.dumps(about)), **arrays)

    def read(self, path: Path = MODEL) -> RedFlagClassifier:
        """Read a trained file. A missing or foreign one is said in the log, and the rules go on alone."""
        try:
            with np.load(path, allow_pickle=False) as file:
                kept = {name: file[name] for name in file.files}
            about = json.loads(str(kept["about"]))
            if about["encoder"] != encoder().digest:
                log.error("red_flag_classifier_of_another_encoder")
                return self
            terms = {name: Terms(name, kept[f"{name}.terms"].tolist(), kept[f"{name}.idf"]) for name in VIEWS}
            layers = ("sense.hidden", "sense.out")
            linear = {
                name: Linear(kept[f"{name}.weights"].astype(np.float32), kept[f"{name}.bias"])
                for name in (*VIEWS, *layers)
            }
            sense = Layered(*(linear.pop(name) for name in layers))
            self._model = _Model(
                about["classes"],
                terms,
                linear,
                {name: number for number, name in enumerate(about["signals"])},
                sense,
            )
        except Exception as error:  # whatever it is, the rules must go on and somebody must read of it
            log.error("red_flag_classifier_missing", error=type(error).__name__)
        return self

    def classify(
        self, text: str, *, before: str = "", told: frozenset[str] = frozenset()
    ) -> tuple[str, float] | None:
        """The likeliest flag of one part of a message (``windows``), and its score.

        Args:
            before: what the same patient wrote shortly before, if it may belong to the same thought; it is
                looked at together with ``text``, and the higher score counts.
            told: what the rest of the message tells of, such as a medicine (``RedFlagRules.told``).

        Returns:
            a flag such as ``R1`` and the log-odds that the text holds any flag; ``None`` far from every flag.
        """
        if self._model is None:
            return None
        parts = [folded(text)]
        if before:
            parts.append(folded(f"{before}. {text}"))
        model = self._model
        logs = {name: model.linear[name].logs(terms.transform(parts)) for name, terms in model.terms.items()}
        none = model.classes.index(_NONE)
        fires = np.array([bool(self._rules.raised(part).flags) for part in parts])
        near = np.flatnonzero(
            (np.mean([_odds(made, none) for made in logs.values()], axis=0) >= _GATE) | fires
        )
        if not len(near):
            return None  # so far from any flag that the costly look at the sense could not change it
        logs = {name: made[near] for name, made in logs.items()}
        meaning = encoder().encode([parts[index] for index in near])
        signals = [sorted(told.union(self._rules.signals(parts[index]))) for index in near]
        logs["sense"] = model.sense.logs(_sense(meaning, signals, model.signals))
        scores = np.sum([weight * _odds(logs[name], none) for name, weight in _WEIGHTS.items()], axis=0)
        best = int(scores.argmax())
        together = np.sum([weight * logs[name][best] for name, weight in _WEIGHTS.items()], axis=0)
        together[none] = -np.inf
        return model.classes[int(together.argmax())], float(scores[best])


def _odds(logs: np.ndarray, none: int) -> np.ndarray:
    """The log-odds of any flag, from log-probabilities (n, classes); ``none`` is the class "-"."""
    flag = np.log(np.maximum(-np.expm1(logs[:, none]), np.exp(-_SURE)))
    return np.asarray(np.clip(flag - logs[:, none], -_SURE, _SURE))


def sentences() -> list[tuple[str, str]]:
    """What is written for the classifier: texts with their flag, or ``-`` for a near-miss; stories in
    parts."""
    made = []
    for path in sorted(DATA.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                if path == STORIES:
                    made += _parts(row["text"]) * _STORY_COUNTS
                else:
                    made.append((row["text"].replace(" || ", ". "), row["flags"].split("|")[0]))
    return made


def _parts(story: str) -> list[tuple[str, str]]:
    """The parts of a story as ``windows`` makes them, each with the flag of the marked sentence in it.

    A mark such as ``{R2}`` stands before a sentence with that flag; ``{?}`` before one that nothing is to be
    learnt from.
    """
    made = []
    for part in windows(_MARK.sub(r"\1:mark: ", story)):
        marks = _MARKED.findall(part)
        if "?" not in marks:
            made.append((_MARKED.sub("", part), marks[0] if marks else _NONE))
    return made


def _topics() -> Iterable[str]:
    for path in (ROOT / "data" / "nlu").glob("*.yml"):
        for intent in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            if intent["intent"] not in _NEAR:
                yield from (
                    line.strip()[2:]
                    for line in intent["examples"].splitlines()
                    if line.strip().startswith("- ")
                )


def _sense(meaning: np.ndarray, signals: Sequence[Sequence[str]], columns: dict[str, int]) -> np.ndarray:
    """The meaning of texts (n, 384) with a column beside it for every known signal, as one matrix."""
    marks = np.zeros((len(signals), len(columns)), dtype=np.float32)
    for row, names in zip(marks, signals, strict=True):
        row[[columns[name] for name in names if name in columns]] = 1.0
    return np.hstack([meaning * _MEANING, marks])
