"""The red flags themselves: title, urgency and what is said. Each has one of the ``.yml`` files."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, field_validator

HERE = Path(__file__).parent
#: What staff and reviewers call each tier (``emergency``: "Emergency"), from the most to the least urgent.
TIER_TITLES: dict[str, str] = yaml.safe_load((HERE / "tiers.yml").read_text(encoding="utf-8"))["tiers"]
TIERS = tuple(TIER_TITLES)


class Flag(BaseModel):
    """A red flag.

    Args:
        name: ``R1`` to ``R14``.
        title: what staff and reviewers call it.
        tier: how urgent it is, one of ``TIERS``.
        now: what the patient is to do at once.
        rest: what is said last, after all red flags of the message.
        other: said in place of ``now`` when the message is about somebody else.
        worse: said in place of ``now`` when a rule of the more urgent form has fired.
        needs_clinician_check: what of the texts was not read in a first-hand source.
    """

    model_config = ConfigDict(extra="forbid")
    name: str
    title: str
    tier: str
    now: str
    rest: str = ""
    other: str = ""
    worse: str = ""
    needs_clinician_check: list[str] = []

    @field_validator("tier")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in TIER_TITLES:
            raise ValueError(f"'{value}' is no tier; write one of {', '.join(TIERS)}")
        return value
