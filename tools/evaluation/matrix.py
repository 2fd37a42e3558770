"""The confusion matrix as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bot.understanding.reading import FALLBACK, Reading
from tools.evaluation.measures import answered
from tools.evaluation.sentences import Case


def draw_matrix(cases: Sequence[Case], readings: Sequence[Reading], path: Path) -> None:
    """Write a PNG: rows what was asked (the acceptable intent that was given, or the first), columns what
    was answered."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    pairs = []
    for case, reading in zip(cases, readings, strict=True):
        if not case.two:
            got = answered(reading) or FALLBACK
            pairs.append((got if got in case.asked[0] else min(case.asked[0]), got))
    names = [*sorted({name for pair in pairs for name in pair} - {FALLBACK}), FALLBACK]
    place = {name: number for number, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)))
    for asked, got in pairs:
        counts[place[asked], place[got]] += 1
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    size = 3 + len(names) * 0.19
    figure, axes = plt.subplots(figsize=(size, size))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=6)
    axes.set_yticks(range(len(names)), names, fontsize=6)
    axes.set_xlabel("answered")
    axes.set_ylabel("asked")
    for row, column in zip(*np.nonzero(counts), strict=True):
        light = shares[row, column] > 0.5
        axes.text(
            column,
            row,
            int(counts[row, column]),
            ha="center",
            va="center",
            fontsize=5,
            color="white" if light else "black",
        )
    figure.tight_layout()
    figure.savefig(path, dpi=130)
    plt.close(figure)
