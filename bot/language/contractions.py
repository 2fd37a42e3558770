"""What contractions and short forms ("dont", "tmrw", "hubby") mean: reads ``contractions.tsv``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from bot.errors import ConfigError

TABLE = Path(__file__).parent / "contractions.tsv"
COLUMNS = ["written", "sentence", "words"]
_NOTHING = "-"
_NEGATIONS = {"not", "cannot"}


class Contractions(NamedTuple):
    """What is meant by a short form.

    Args:
        sentences: by what was written, the fluent spelling for the speller and the classifier (``dont``:
            ``don't``).
        words: by what was written, the plain words for the red-flag rules (``dont`` and ``don't``: ``do
            not``).
    """

    sentences: dict[str, str]
    words: dict[str, str]


@cache
def contractions() -> Contractions:
    """The table, read once.

    Raises:
        ConfigError: a row has not three columns, says nothing, or repeats what another one says.
    """
    sentences: dict[str, str] = {}
    words: dict[str, str] = {}
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    if lines[0].split("\t") != COLUMNS:
        raise ConfigError(f"{TABLE.name}: the first row names the columns {', '.join(COLUMNS)}")
    for line in lines[1:]:
        row = line.split("\t")
        if len(row) != len(COLUMNS) or row[1:] == [_NOTHING, _NOTHING]:
            raise ConfigError(f"{TABLE.name}: '{line}' needs a way of writing and what is meant")
        written, sentence, plain = row
        if written in sentences or written in words:
            raise ConfigError(f"{TABLE.name}: '{written}' stands there twice")
        if sentence != _NOTHING:
            sentences[written] = sentence
        if plain != _NOTHING:
            words[written] = plain
    for written, plain in list(words.items()):
        if written.endswith("nt") and _NEGATIONS.intersection(plain.split()):
            words.setdefault(f"{written[:-1]}'t", plain)
    return Contractions(sentences, words)


#: What stands after the apostrophe, and the word that it is short for.
_TAILS = {"ve": "have", "re": "are", "ll": "will", "d": "would", "m": "am", "t": "not"}
_BEFORE_IS = {"he", "she", "it", "that", "there", "what", "who", "where"}
_ELIDED = {"c", "d", "j", "l", "m", "n", "o", "qu", "s", "t"}  # "o'clock", "d'air"


def opened(word: str) -> list[str]:
    """The plain words that a word (lower case, straight apostrophe) stands for, or itself."""
    known = contractions().words
    if word in known:
        return known[word].split()
    head, mark, tail = word.partition("'")
    if not mark:
        return [word]
    if head == "y" and tail == "all":
        return ["you"]
    more = _TAILS.get(tail)
    if tail == "s":
        more = "is" if head in _BEFORE_IS else None
        head = known.get(head, head)
    if more is None and head in _ELIDED:
        return [head, tail]
    return [head, more] if more else [head]
