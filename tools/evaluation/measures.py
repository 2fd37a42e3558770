"""What is counted, as pure functions of cases and what was read in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from bot.understanding.reading import Reading
from bot.understanding.thresholds import likely_topics, stands
from tools.evaluation.sentences import Case


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of Wilson (1927)."""
        if not self.of:
            return None
        z, n, p = 1.96, self.of, self.hits / self.of
        middle, spread = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, (middle - spread) / (1 + z * z / n)), min(1.0, (middle + spread) / (1 + z * z / n))

    def __str__(self) -> str:
        if self.value is None or self.interval is None:
            return "    -"
        low, high = self.interval
        return f"{self.value:6.1%}  [{low:.1%}, {high:.1%}]  {self.hits} of {self.of}"

    def to_json(self) -> dict[str, object]:
        interval = self.interval
        return {
            "hits": self.hits,
            "of": self.of,
            "share": None if self.value is None else round(self.value, 4),
            "interval": interval and [round(bound, 4) for bound in interval],
        }


def share(outcomes: Sequence[bool]) -> Share:
    return Share(sum(outcomes), len(outcomes))


def answered(reading: Reading) -> str | None:
    """The topic that is answered; ``None`` in the two bands below."""
    name, confidence = reading.ranking[0]
    return name if stands(name, confidence) else None


def right(case: Case, reading: Reading) -> bool:
    """Answered, with a topic that is acceptable. A "did you mean" is not."""
    return answered(reading) in case.asked[0]


def wrong(case: Case, reading: Reading) -> bool:
    """Answered with a topic that is not acceptable. To decline is not a wrong answer."""
    name = answered(reading)
    return name is not None and not declines(name) and name not in case.asked[0]


def suggested(case: Case, reading: Reading) -> bool:
    """Not answered, but an acceptable topic stands among the "did you mean" buttons."""
    return answered(reading) is None and bool(case.asked[0] & set(likely_topics(reading.ranking)))


def recognised(reading: Reading) -> bool:
    """Taken as out of scope: declined, or not sure enough to answer."""
    name = answered(reading)
    return name is None or declines(name)


def both(case: Case, reading: Reading) -> bool:
    """Both questions of a message found."""
    got = {answered(reading), reading.also and reading.also[0]}
    return all(got & accepted for accepted in case.asked)


def declines(name: str) -> bool:
    return name.startswith("out_of_scope")


def measure(cases: Sequence[Case], readings: Sequence[Reading]) -> dict[str, Share]:
    """The figures by name."""
    pairs = list(zip(cases, readings, strict=True))
    inside = [(case, reading) for case, reading in pairs if case.in_scope]
    outside = [(case, reading) for case, reading in pairs if case.out_of_scope]
    doubles = [(case, reading) for case, reading in pairs if case.two]
    return {
        "in scope, answered rightly": share([right(*pair) for pair in inside]),
        "in scope, wrong answer": share([wrong(*pair) for pair in inside]),
        "in scope, wrongly declined": share(
            [declines(answered(r) or "") and not right(c, r) for c, r in inside]
        ),
        "in scope, did you mean, and meant": share([suggested(*pair) for pair in inside]),
        "in scope, first guess right at any confidence": share(
            [reading.ranking[0][0] in case.asked[0] for case, reading in inside]
        ),
        "out of scope, recognised": share([recognised(reading) for _, reading in outside]),
        "both of two questions": share([both(*pair) for pair in doubles]),
        "a second question where there is one": share(
            [reading.also is not None for _, reading in inside + outside]
        ),
    }


def confusions(
    cases: Sequence[Case], readings: Sequence[Reading], most: int = 12
) -> list[tuple[str, str, int]]:
    """Asked, answered, how often: the worst first."""
    counted = Counter(
        ("|".join(sorted(case.asked[0])), answered(reading) or "")
        for case, reading in zip(cases, readings, strict=True)
        if not case.two
        and (
            wrong(case, reading)
            or (case.in_scope and declines(answered(reading) or "") and not right(case, reading))
        )
    )
    return [(asked, got, count) for (asked, got), count in counted.most_common(most)]
