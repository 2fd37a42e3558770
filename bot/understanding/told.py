"""What a message tells of the person's trouble: what was tried, when and where it is felt, how it wears
them out.

Facts beside the situation (``bot/understanding/situation.py``): a reply begins by taking one of them up, and
what was tried is not advised again. They choose no topic. The words stand in ``told.yml``.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import ConfigError
from bot.language.medicine_names import medicine_names
from bot.language.spelling import speller
from bot.understanding.situation_words import pattern, situation_words

FILE = Path(__file__).parent / "told.yml"
_SENTENCE = re.compile(r"(?<=[.?!;])\s+|\n+|\bbut\b")
_AGE = re.compile(
    r"(?:\b(?:is|she's|he's|of|aged?) |, |\()(?:now |nearly |almost )?(\d{1,2}|1[01]\d)\b"
    r"(?! ?(?:weeks|months|years? (?!old)|yrs? (?!old)|mg|am|pm|%))"
    r"|\b(\d{1,2}|1[01]\d)(?:[ -]?(?:years?|yrs?)[ -]olds?|[ -]?(?:yo|y/o))\b"
)
#: Heard wherever it stands, and only in a sentence that is no question.
_ANYWHERE, _TOLD = ("nights", "weary", "afraid", "long"), ("early", "places", "asked_already", "births")
#: With this key in ``tried``, all steps were.
EVERYTHING = "everything"


class ToldWords(BaseModel):
    """The lists of the file, by name; each is explained there."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    tried: list[str]
    only_asked: list[str]
    tried_everything: list[str]
    steps: dict[str, list[str]]
    early: dict[str, list[str]]
    places: dict[str, list[str]]
    nights: list[str]
    weary: list[str]
    afraid: list[str]
    asked_already: list[str]
    long: list[str]
    asks: list[str]
    has: list[str]
    illnesses: dict[str, list[str]]
    births: dict[str, list[str]]


@cache
def told_words() -> ToldWords:
    """What stands in ``told.yml``.

    Raises:
        ConfigError: a list is missing or unknown.
    """
    try:
        return ToldWords.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise ConfigError(f"{FILE.name}: {faults}") from error


@cache
def _patterns() -> dict[str, dict[str, re.Pattern[str]]]:
    """A pattern for each list, and for each key of a list of lists."""
    made: dict[str, dict[str, re.Pattern[str]]] = {}
    for name, words in told_words():
        lists = words if isinstance(words, dict) else {"": words}
        made[name] = {key: re.compile(pattern(phrases)) for key, phrases in lists.items()}
    kin = situation_words()
    people = [*kin.relatives, *kin.offspring, *kin.young_ones]
    made["person"] = {"": re.compile(rf"\b(?:my|our) (?:\w+ )?({'|'.join(people)})\b")}
    return made


def told(text: str) -> dict[str, list[str]]:
    """What ``text`` tells: the name of a list of ``told.yml``, and the keys found of it (none where it has
    no keys).

    Beside them ``person`` (the word after "my") and ``age`` (in years, as written). Pure; well under a
    millisecond.
    """
    found: dict[str, list[str]] = {}
    words = re.sub(r"[’`]", "'", text.lower())
    for sentence in _SENTENCE.split(words):
        for name in _ANYWHERE:
            _add(found, name, sentence)
        if not _patterns()["asks"][""].search(sentence.strip()):
            for name in _TOLD:
                _add(found, name, sentence)
            if _patterns()["has"][""].search(sentence):
                _add(found, "illnesses", sentence)
        _add_tried(found, sentence)
    person = None if "births" in found else _patterns()["person"][""].search(words)
    if person:
        found["person"] = [person.group(1)]
        age = _AGE.search(words[person.end() :])
        if age:
            found["age"] = [age.group(1) or age.group(2)]
    return found


def medicines_named(text: str) -> list[str]:
    """The medicines in ``text`` that have a row of their own, rightly spelt, from left to right."""
    return [named.right for named in medicine_names().find(text, speller().word) if named.rows]


def _add(found: dict[str, list[str]], name: str, sentence: str) -> None:
    for key, phrases in _patterns()[name].items():
        if phrases.search(sentence):
            keys = found.setdefault(name, [])
            if key and key not in keys:
                keys.append(key)


def _add_tried(found: dict[str, list[str]], sentence: str) -> None:
    patterns = _patterns()
    if patterns["only_asked"][""].search(sentence):
        return
    if patterns["tried_everything"][""].search(sentence):
        found["tried"] = [*found.get("tried", []), EVERYTHING]
    elif patterns["tried"][""].search(sentence):
        steps = [key for key, phrases in patterns["steps"].items() if phrases.search(sentence)]
        if steps:
            found["tried"] = list(dict.fromkeys([*found.get("tried", []), *steps]))
