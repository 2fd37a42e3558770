"""What was found in a message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Red flags in a message.

    Args:
        flags: names such as ``R1``, the most urgent first.
        tier: one of ``flags.TIERS``; it orders the staff's queue.
        reply: what to do now, with placeholders of ``bot.content.clinic`` and links such as
            ``[label](tel:911)``.
        ask: whether it is too unsure to be called a flag; then the reply comes with the question if it is
            happening now.
        raised_by: the rules that fired, by file and place in it (``r01_clot.yml rule 3``), and ``classifier``
            if the trained part saw a flag as well or alone; at most 120 characters.
        score: the classifier's log-odds that the message holds a flag; ``None`` if it was not asked or saw
            nothing.
    """

    flags: tuple[str, ...]
    tier: str
    reply: str
    ask: bool = False
    raised_by: str = ""
    score: float | None = None
