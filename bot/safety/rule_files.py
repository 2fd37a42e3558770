"""The rules as data: what the ``.yml`` files beside this module say, checked and compiled.

A phrase is written as patients speak, in a small notation:

- ``(a|b c|)`` one of several, an empty one making it optional;
- ``<name>`` anything that the concept of that name matches;
- ``..`` up to three other words in between, ``..5`` up to five.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import chain, product
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field

from bot.errors import ConfigError
from bot.language.stemming import normal_form
from bot.language.tokens import join_words, tokenize

HERE = Path(__file__).parent
Context = Literal["negated", "past", "hypothetical", "question", "story"]


class Flag(BaseModel):
    """A red flag: how urgent, and what to say. ``other`` is said when it is about somebody else, ``worse`` by a rule that is more urgent."""

    model_config = ConfigDict(extra="forbid")
    name: str
    tier: Literal["emergency", "support", "today", "prescriber"]
    now: str
    rest: str = ""
    other: str = ""
    worse: str = ""


class Rule(BaseModel):
    """Concepts that together raise a flag.

    Args:
        all: concepts that must stand beside each other; ``a|b`` takes either.
        within: how many words they may lie apart.
        unless: concepts that, live and close by, keep the flag down.
        even: contexts that do not keep this rule from firing.
        worse: the more urgent form of the flag.
        order: whether the concepts must come in the order given.
        anywhere: concepts that may stand far away in the same message, such as the medicine.
    """

    model_config = ConfigDict(extra="forbid")
    all: list[str] = Field(min_length=1)
    within: int = 12
    unless: list[str] = []
    even: list[Context] = []
    worse: bool = False
    order: bool = False
    anywhere: list[str] = []


class Language(BaseModel):
    """How emergencies sound in a language that is not understood otherwise.

    Args:
        now, today, crisis: a short line in that language before the English reply: an emergency, something to be looked at today, R7.
        phrases: by flag, what raises it.
        denials: what before a phrase, with at most one word between, takes it back.
        needs_clinician_check: what nobody who speaks the language has signed.
    """

    model_config = ConfigDict(extra="forbid")
    now: str
    today: str
    crisis: str
    phrases: dict[str, list[str]]
    denials: list[str] = []
    needs_clinician_check: list[str] = []


class File(BaseModel):
    """One ``.yml`` file. ``things`` cannot be negated, ``signs`` can; ``masks`` are sayings in which nothing counts for this file's flag."""

    model_config = ConfigDict(extra="forbid")
    flag: Flag | None = None
    things: dict[str, list[str]] = {}
    signs: dict[str, list[str]] = {}
    masks: list[str] = []
    cues: dict[str, list[str]] = {}
    rules: list[Rule] = []
    languages: dict[str, Language] = {}


@dataclass(frozen=True)
class Part:
    """A piece of a phrase: words to be found as they stand, or another concept, and how many words may come before it."""

    key: str
    gap: int
    concept: bool


@dataclass(frozen=True)
class Ruled:
    """A rule of a flag with its concepts split up, the language that it is in, if not English, and where it stands."""

    flag: str
    rule: Rule
    all: tuple[tuple[str, ...], ...]
    anywhere: tuple[tuple[str, ...], ...]
    language: str = ""
    place: str = ""


@dataclass(frozen=True)
class Book:
    """All rules, compiled."""

    flags: dict[str, Flag]
    rules: tuple[Ruled, ...]
    phrases: dict[str, tuple[tuple[Part, ...], ...]]
    literals: dict[str, frozenset[tuple[str, ...]]]
    negatable: frozenset[str]
    signs: dict[str, frozenset[str]]
    words: frozenset[str]
    languages: dict[str, Language]


def _alternatives(text: str) -> list[tuple[str, ...]]:
    """Every way of reading a phrase with ``(a|b)`` in it, each as the raw words that a message would have there."""
    depth, start = 0, 0
    pieces: list[list[tuple[str, ...]]] = []
    for at, char in enumerate(text):
        if char == "(":
            if depth == 0:
                pieces.append([_leaf(text[start:at])])
                start = at + 1
            depth += 1
        elif char == ")":
            depth -= 1
            if depth < 0:
                raise ConfigError(f"red flags: a bracket is closed twice in '{text}'")
            if depth == 0:
                pieces.append([more for option in _options(text[start:at]) for more in _alternatives(option)])
                start = at + 1
    if depth:
        raise ConfigError(f"red flags: a bracket stays open in '{text}'")
    pieces.append([_leaf(text[start:])])
    return [tuple(chain.from_iterable(choice)) for choice in product(*pieces)]


@cache
def _leaf(text: str) -> tuple[str, ...]:
    return tuple(tokenize(text).raw)


def _options(text: str) -> list[str]:
    depth, options, start = 0, [], 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "|" and depth == 0:
            options.append(text[start:at])
            start = at + 1
    return [*options, text[start:]]


@cache
def _rows(text: str) -> frozenset[tuple[str, ...]]:
    """The raw words of every way of reading a phrase."""
    return frozenset(tuple(join_words(list(row))) for row in _alternatives(text) if row)


_CUT = re.compile(r"\s*(\.\.\d*|<[a-z_]+>)\s*")


def _parts(phrase: str) -> list[Part]:
    parts: list[Part] = []
    gap = 0
    for piece in _CUT.split(phrase):
        if not piece.strip():
            continue
        if piece.startswith(".."):
            gap = int(piece[2:] or 3)
            continue
        concept = piece.startswith("<")
        if not concept and not _rows(piece):
            continue  # an article on its own
        parts.append(Part(piece[1:-1] if concept else " ".join(piece.split()), gap, concept))
        gap = 0
    return parts


def read() -> dict[str, File]:
    """The files as they are written, by name."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # five times as fast, and as safe
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(HERE.glob("*.yml"))}
    return {name: File.model_validate(yaml.load(text, Loader=loader)) for name, text in texts.items()}  # noqa: S506


@cache
def load() -> Book:
    """Read and compile every file.

    Raises:
        ConfigError: a phrase cannot be read, or a rule names a concept that does not exist.
    """
    files = read()
    written: dict[str, list[str]] = {}
    signs: dict[str, frozenset[str]] = {}
    for name, file in files.items():
        for kind in (file.things, file.signs, {f"cue_{cue}": phrases for cue, phrases in file.cues.items()}):
            for concept, phrases in kind.items():
                if concept in written:
                    raise ConfigError(f"red flags: {name} says '{concept}' a second time")
                written[concept] = [str(phrase) for phrase in phrases]
        if file.flag:
            signs[file.flag.name] = frozenset(file.signs)
        written[f"mask_{file.flag.name if file.flag else 'all'}"] = file.masks
    flags = {file.flag.name: file.flag for file in files.values() if file.flag}
    rules = [
        _ruled(file.flag, rule, written, f"{name} rule {number}")
        for name, file in files.items()
        if file.flag
        for number, rule in enumerate(file.rules, 1)
    ]
    languages = {code: language for file in files.values() for code, language in file.languages.items()}
    for code, language in languages.items():
        for name, phrases in language.phrases.items():
            if name not in flags:
                raise ConfigError(f"red flags: the language '{code}' names {name}, which nothing is called")
            written[f"{code}_{name}"] = phrases
            written[f"mask_{name}"] = [
                *written[f"mask_{name}"],
                *(f"{denial} ..1 <{code}_{name}>" for denial in language.denials),
            ]
            signs[name] |= {f"{code}_{name}"}
            rules.append(
                Ruled(
                    name,
                    Rule(all=[f"{code}_{name}"], even=list(get_args(Context))),
                    ((f"{code}_{name}",),),
                    (),
                    code,
                    f"languages.yml {code} {name}",
                )
            )
    literals: dict[str, frozenset[tuple[str, ...]]] = {}
    words: set[str] = set()
    compiled = {concept: tuple(tuple(_parts(text)) for text in texts) for concept, texts in written.items()}
    spoken = {f"{code}_{name}" for code, language in languages.items() for name in language.phrases}
    for concept, part in {
        (concept, part) for concept, group in compiled.items() for row in group for part in row
    }:
        if part.concept:
            if part.key not in written:
                raise ConfigError(f"red flags: nothing is called '{part.key}'")
            continue
        rows = _rows(part.key)
        literals[part.key] = frozenset(tuple(map(normal_form, row)) for row in rows)
        if concept not in spoken:  # "bein" in an English message is a typing error like any other
            words.update(chain.from_iterable(rows))
    return Book(
        flags,
        tuple(rules),
        compiled,
        literals,
        frozenset().union(*signs.values()),
        signs,
        frozenset(words),
        languages,
    )


def _ruled(flag: Flag, rule: Rule, written: dict[str, Any], place: str) -> Ruled:
    groups = tuple(tuple(item.split("|")) for item in rule.all)
    anywhere = tuple(tuple(item.split("|")) for item in rule.anywhere)
    for concept in [name for group in groups + anywhere for name in group] + rule.unless:
        if concept not in written:
            raise ConfigError(f"red flags: a rule of {flag.name} names '{concept}', which nothing is called")
    return Ruled(flag.name, rule, groups, anywhere, place=place)
