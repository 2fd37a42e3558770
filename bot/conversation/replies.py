"""A bare yes or no to a question of the front door's own, which Rasa never sees."""

from __future__ import annotations

import re

_YES = r"(?:yes|yeah|yep|yup|y|ya|si)"
_SAYS_YES = re.compile(rf"^\W*(?:{_YES}|it is|i am|right now|now|happening now)\b", re.IGNORECASE)
_SAYS_NO = re.compile(
    r"^\W*(?:no|nope|nah|not now|not really|no it is ?n[o']?t|it'?s not|n)(?: thanks?| thank you)?\W*$",
    re.IGNORECASE,
)
#: Not only a message that begins with yes, but one that says nothing else; and one that speaks of now.
_BARE_YES = re.compile(rf"^\W*{_YES}(?:\W+(?:it is|i am|please|{_YES}))*\W*$", re.IGNORECASE)
_YES_NOW = re.compile(
    rf"^\W*{_YES}(?:\W+(?:it|is|it'?s|i|am|i'?m|happening|right|just))*\W+now\W*$", re.IGNORECASE
)


def begins_yes(text: str) -> bool:
    """Whether it begins with a yes, whatever follows."""
    return bool(_SAYS_YES.search(text))


def is_bare_yes(text: str) -> bool:
    """Whether it says yes and nothing else."""
    return bool(_BARE_YES.search(text))


def is_yes_now(text: str) -> bool:
    """Whether it says yes and that it is now."""
    return bool(_YES_NOW.search(text))


def is_bare_no(text: str) -> bool:
    """Whether it says no and nothing else."""
    return bool(_SAYS_NO.search(text))
