"""What the brain says: the one form in which every answer of Rasa reaches the rest of the house."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Reply:
    """Text, buttons as ``{"key", "label"}``, sources as ``{"title", "url"}``, and the answer it came from."""

    text: str
    choices: Sequence[dict[str, str]] = field(default_factory=tuple)
    sources: Sequence[dict[str, str]] = field(default_factory=tuple)
    answer_id: str | None = None
