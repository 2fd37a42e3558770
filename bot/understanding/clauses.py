"""Two questions in one message: where it may be cut, and which pieces stand on their own."""

from __future__ import annotations

import re

_ASKS = (
    r"(?:what|whats|what's|why|how|hows|when|where|who|whos|which|can|could|should|shall|would|will|is|are|am|was|were|do|does|did|"
    r"dont|don't|isnt|isn't|may|have|has|if|or|any|tell me|let me|give me|i want|i need|i'd like|id like|book|please|delete|cancel)"
)
_CUT = re.compile(
    r"(?<=[.?!;])\s+|\n+|\.\.+\s*"
    rf"|\s*,?\s+(?:and also|also|and then|and|but|plus|or|as well as|oh and|another thing|btw|by the way|&)\s+(?={_ASKS}\b)"
    rf"|,\s+(?={_ASKS}\b)",
    re.IGNORECASE,
)
_BEGINS = re.compile(rf"(?:(?:and|also|but|so|ok|then)\s+)*{_ASKS}\b", re.IGNORECASE)
_LEANS = re.compile(r"\b(?:it|that|this|they|them|these|those|either|each|both|the two|one)\b", re.IGNORECASE)
_OWN = re.compile(r"\b(?:rls|restless|legs?)\b", re.IGNORECASE)
#: Two things named side by side.
_SIDE_BY_SIDE = re.compile(
    r"\b(?:and|or|also|plus|both|either|each|as well|vs|versus)\b|&|/|[?.!]\s+\w", re.IGNORECASE
)
_LOOSE = re.compile(
    r"\s*,?\s+(?:and|or|also|plus|as well as|&|then)\s+|(?<=[.?!;])\s+|\s*/\s*|,\s+", re.IGNORECASE
)
_MIN_WORDS = 2
_MAX_PARTS = 4
_SHORT = 4
_NOT_RAMBLING = 20


def parts(text: str) -> list[str]:
    """The pieces of ``text`` that may be questions of their own; ``[]`` when there is only one."""
    found = [piece.strip(" ,;") for piece in _CUT.split(text) if piece and piece.strip(" ,;.?!")]
    found = [piece for piece in found if len(piece.split()) >= _MIN_WORDS]
    return found[:_MAX_PARTS] if len(found) > 1 else []


def halves(text: str) -> list[str]:
    """The things that a short message names side by side ("is cbd any good, or clonazepam"), even single
    words."""
    if len(text.split()) > _NOT_RAMBLING:
        return []
    found = [piece for piece in (piece.strip(" ,;.?!") for piece in _LOOSE.split(text)) if piece]
    return found[:_MAX_PARTS] if len(found) > 1 else []


def asks(part: str) -> bool:
    """Whether ``part`` is put as a question or a wish; else it only tells something."""
    return "?" in part or bool(_BEGINS.match(part))


def leans(part: str) -> bool:
    """Whether ``part`` needs what stands before it ("is that why?", "any tips")."""
    return bool(_LEANS.search(part)) or (len(part.split()) <= _SHORT and not _OWN.search(part))


def side_by_side(text: str) -> bool:
    """Whether ``text`` names things side by side, so that its runner-up may be asked about too."""
    return bool(_SIDE_BY_SIDE.search(text))
