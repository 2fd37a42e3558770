"""What was found in a message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Red flags in a message.

    Args:
        flags: names such as ``R1``, the most urgent first.
        tier: one of ``flags.TIERS``; it orders the staff's queue.
        reply: what to do now, with placeholders of ``bot.content.clinic`` and links in the form ``[label](tel:911)``.
        ask: not sure enough to call it a flag: the reply is shown with the question whether it is happening now.
        raised_by: the rules that fired, by file and place in it (``r01_clot.yml rule 3``), and ``classifier`` where the trained part saw the
            flag as well or alone; at most 120 characters.
        score: what the trained classifier gave the message, in log-odds that it holds a flag; ``None`` where it was not asked or saw nothing.
    """

    flags: tuple[str, ...]
    tier: str
    reply: str
    ask: bool = False
    raised_by: str = ""
    score: float | None = None
