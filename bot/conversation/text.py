"""What happens to a text before it is stored.

This is all of it; whatever is not named here survives byte for byte.

- CR and CRLF become LF.
- NUL and the other control characters but tab and line feed are taken out (PostgreSQL cannot store NUL).
- A lone surrogate, which is no character, becomes U+FFFD.
- Bidi embeddings, overrides and isolates (U+202A-202E, U+2066-2069) are taken out: they can make a line read
  otherwise than it was typed. Right-to-left letters themselves need none of them and stay.
- White space at both ends goes.
"""

from __future__ import annotations

import re

import bot.content.texts as texts
from bot.errors import RefusedError

MAX_CHARACTERS = 2000

_DROP = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_LONE = re.compile("[\ud800-\udfff]")
_LEADING = re.compile(r"^[\s/]+")


def clean(text: str) -> str:
    """``text`` as it is stored; see the module's own text for every change made."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _LONE.sub("\ufffd", _DROP.sub("", text)).strip()


def checked(text: str, *, limit: int = MAX_CHARACTERS) -> str:
    """The cleaned text of a message.

    Raises:
        RefusedError: nothing is left of it, or it has more than ``limit`` characters.
    """
    cleaned = clean(text)
    if not cleaned:
        raise RefusedError("empty", texts.text("conversation.refused.empty"))
    if len(cleaned) > limit:
        told = texts.text("conversation.refused.too_long", characters=f"{len(cleaned):,}", limit=f"{limit:,}")
        raise RefusedError("too_long", told, status=413)
    return cleaned


def plain(text: str) -> str:
    """``text`` as Rasa may see it: a leading slash would be taken for a command (``/restart``,
    ``/intent{...}``).

    Rasa itself strips every kind of white space first, so none of it may hide a slash.
    """
    return _LEADING.sub("", text) or "?"
