"""Ways of writing that carry no topic, made alike before a message is classified: contractions, texting,
openings, brands."""

from __future__ import annotations

import re

from bot.language.contractions import contractions
from bot.language.medicine_names import medicine_names

_WHOLE_WORD = re.compile(r"(?<![\w'])[a-z]+(?![\w'])")
_OPENING = re.compile(
    r"^(?:(?:hi|hiya|hello|hey|heya|good (?:morning|evening|afternoon|day)|ok|okay|so|um|please|sorry)"
    r"(?: there| all| everyone| doc| doctor| guys| team)?\b[,.!]*\s+)+(?=\S+ \S)"
)


def spelt_out(text: str) -> str:
    """``text`` (lower case) with contractions and texting written out; before a speller makes "done" of
    "dont"."""
    meant = contractions().sentences
    return _WHOLE_WORD.sub(lambda match: meant.get(match.group(), match.group()), text)


def bare(text: str) -> str:
    """``text`` (lower case) without an opening courtesy, brands under the medicine's plain name."""
    return medicine_names().by_plain_name(_OPENING.sub("", text))
