"""The red flags themselves: title, urgency and what is said. Each has one of the ``.yml`` files here."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, field_validator

from bot.content.answers import answers

HERE = Path(__file__).parent
#: What staff and reviewers call each tier (``emergency``: "Emergency"), from the most to the least urgent.
TIER_TITLES: dict[str, str] = yaml.safe_load((HERE / "tiers.yml").read_text(encoding="utf-8"))["tiers"]
TIERS = tuple(TIER_TITLES)


class Flag(BaseModel):
    """A red flag. What is said to it are reviewed texts: ``data/answers/red_flags.yml``.

    Args:
        name: ``R1`` to ``R16``.
        title: what staff and reviewers call it.
        tier: how urgent it is, one of ``TIERS``.
    """

    model_config = ConfigDict(extra="forbid")
    name: str
    title: str
    tier: str

    @field_validator("tier")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in TIER_TITLES:
            raise ValueError(f"'{value}' is no tier; write one of {', '.join(TIERS)}")
        return value

    @property
    def now(self) -> str:
        """What the patient is to do at once."""
        return self._text("")

    @property
    def other(self) -> str:
        """Said in place of ``now`` when the message is about somebody else; may be empty."""
        return self._text("_other")

    @property
    def worse(self) -> str:
        """Said in place of ``now`` when a rule of the more urgent form has fired; may be empty."""
        return self._text("_worse")

    @property
    def rest(self) -> str:
        """Said last, after all red flags of the message; may be empty."""
        return self._text("_rest")

    def _text(self, which: str) -> str:
        reviewed = answers().get(f"flag_{self.name.lower()}{which}")
        return reviewed.text if reviewed else ""
