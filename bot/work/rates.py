"""How fast a channel may be written to; each channel states its own (``bot/channels/<name>/__init__.py``)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rates:
    """Figures of a channel.

    Args:
        each: messages to one conversation within ``each_seconds``: the parts of a long answer come together.
        all: messages to all conversations within ``all_seconds``, by all front doors together.
        urgent: how many of ``all`` are kept for red flags.
    """

    each: int
    each_seconds: float
    all: int
    all_seconds: float
    urgent: int
