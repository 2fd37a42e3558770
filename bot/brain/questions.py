"""Two questions in one message: where it may be cut."""

from __future__ import annotations

import re

_ASKS = r"(?:what|why|how|when|where|who|which|can|could|should|would|will|is|are|do|does|did|may|am|have|has|tell me|i want|i need|i'd like|id like|any|book)"
_CUT = re.compile(
    rf"(?<=[.?!;])\s+|\n+|\s*,?\s+(?:and also|also|and then|and|but|plus|oh and|another thing|btw|by the way)\s+(?={_ASKS}\b)|,\s+(?={_ASKS}\b)",
    re.IGNORECASE,
)
_MIN_WORDS = 2
_MAX_PARTS = 4


def parts(text: str) -> list[str]:
    """The pieces of ``text`` that may be questions of their own; ``[]`` when there is only one."""
    found = [piece.strip(" ,;") for piece in _CUT.split(text) if piece and piece.strip(" ,;.?!")]
    found = [piece for piece in found if len(piece.split()) >= _MIN_WORDS]
    return found[:_MAX_PARTS] if len(found) > 1 else []
