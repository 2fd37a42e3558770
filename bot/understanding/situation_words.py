"""The phrases of ``situations.yml`` as regular expressions; the notation is told in the head of that file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import ConfigError

FILE = Path(__file__).parent / "situations.yml"
_SIGNS = {"(": "(?:", "|": "|", "*": r"\w*", "#": r"\d+", "'": "'?", "^": "^", "$": "$"}


class SituationWords(BaseModel):
    """The lists of the file, by name; each is explained there."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    body: dict[str, list[str]]
    offspring: list[str]
    young_ones: list[str]
    relatives: list[str]
    children_in_general: list[str]
    oneself: list[str]
    for_me_at_the_end: list[str]
    asked_before_a_relative: list[str]
    told_after_a_relative: list[str]
    relative_tells: list[str]
    oneself_named: list[str]
    birth: list[str]
    heirs: list[str]
    said_of_body: list[str]
    said_of_oneself: list[str]
    not_yet: list[str]
    said_of_medicine: list[str]
    taken_for_sure: list[str]
    asked_of_medicine: list[str]
    may_i_take: list[str]
    not_words: list[str]
    between_not_and_body: list[str]
    between_not_and_taking: list[str]
    taking: list[str]
    past: list[str]
    no_more: list[str]
    strangers: list[str]
    supposed: list[str]
    openers: list[str]
    asks_by_name: list[str]
    pronouns: list[str]
    beside: list[str]
    words_without_topic: list[str]


def pattern(phrases: Iterable[str]) -> str:
    """A regular expression for any of ``phrases`` as whole words.

    Raises:
        ConfigError: a bracket is not closed.
    """
    made = "|".join(_one(phrase) for phrase in phrases)
    try:
        re.compile(made)
    except re.error as error:
        raise ConfigError(f"{FILE.name}: a phrase cannot be read: {error} in '{made}'") from error
    return f"(?:{made})"


def _one(phrase: str) -> str:
    written = ""
    for piece in re.split(r"( \.\. |\|\)|.)", phrase):
        if piece == " .. ":
            written += r" (?:\w+ )?"
        elif piece == "|)":
            written += ")?"
        else:
            written += _SIGNS.get(piece, piece if piece == ")" else re.escape(piece))
    start = "" if phrase.startswith("^") else r"\b"
    return f"{start}{written}" + ("" if phrase.endswith(("$", "*")) else r"\b")


@cache
def situation_words() -> SituationWords:
    """What stands in ``situations.yml``.

    Raises:
        ConfigError: a list is missing or unknown.
    """
    try:
        return SituationWords.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise ConfigError(f"{FILE.name}: {faults}") from error
