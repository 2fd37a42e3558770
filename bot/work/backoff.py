"""How long to wait after a failed try."""

from __future__ import annotations

from collections.abc import Sequence


def wait_after(failures: int, steps: Sequence[float]) -> float:
    """The seconds to wait after ``failures`` failed tries in a row; the last of ``steps`` repeats."""
    return steps[min(max(failures, 1), len(steps)) - 1]
