"""What every patient did and was told, noted at the patient's side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Step:
    """One thing that a patient does.

    Args:
        expect: the ids of the lines that answer it, learnt while all was well; ``None`` if any answer will
            do.
        urgent: whether it is a red flag.
    """

    text: str = ""
    choice: str = ""
    expect: tuple[str, ...] | None = None
    urgent: bool = False


@dataclass
class Op:
    """One call with its fate: acknowledged, refused, or unknown (neither, until the end)."""

    number: int
    step: Step
    key: str  # under which the channel knows it: client_id, or update_id
    invoked: float
    acknowledged: float | None = None
    seq: int | None = None
    refused: str = ""
    tries: int = 0


@dataclass
class Account:
    """A patient's side of the story.

    Args:
        address: the conversation's id (widget) or the chat (Telegram).
        seen: the lines that the patient saw, in order: (seq, sender, text). Telegram's stand in the Bot API
            server.
        gap: a line was seen twice or out of order.
    """

    channel: str
    address: str
    script: str
    ops: list[Op] = field(default_factory=list)
    seen: list[tuple[int, str, str]] = field(default_factory=list)
    gaps: int = 0

    def see(self, lines: Sequence[dict[str, object]]) -> None:
        for line in lines:
            seq = int(str(line["seq"]))
            if seq != (self.seen[-1][0] if self.seen else 0) + 1:
                self.gaps += 1
            self.seen.append((seq, str(line["from"]), str(line["text"])))
