"""A short, seeded part of ``make chaos``: everything is killed under load, and what was acknowledged is
all there, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.run import Plan, header, row, run

pytestmark = pytest.mark.processes


async def test_nothing_is_lost_doubled_or_reordered_when_everything_is_killed(tmp_path: Path) -> None:
    said: list[str] = []
    plan = Plan(conversations=12, turns=6, seed=20, faults=("kill-door", "kill-all"), webhook=True, at_most=1)
    rounds = await run(plan, tmp_path, said.append)
    report = "\n".join(
        [
            header(),
            *(row(made) for made in rounds),
            *(text for made in rounds for text in made.verdict.findings),
            *said,
        ]
    )
    assert len(rounds) == 2, report
    for made in rounds:
        assert made.verdict.acknowledged >= 6 * 6, report  # the patients did write
        assert made.verdict.clean, report
