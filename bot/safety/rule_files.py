"""Reads and checks the ``.yml`` files beside this module and compiles them to one rule book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field

from bot.content.medicines import CLASSES, medicines, plain
from bot.errors import ConfigError
from bot.language.stemming import normal_form
from bot.safety.flags import HERE, Flag
from bot.safety.phrases import Part, Row, compiled, rows

Context = Literal["negated", "past", "hypothetical", "question", "story", "masked"]


class Rule(BaseModel):
    """Concepts that together raise a flag.

    Args:
        all: concepts that must stand beside each other; ``a|b`` takes either.
        within: how many words they may lie apart.
        unless: concepts that keep the flag down if they stand close by and are not denied.
        even: contexts that do not keep this rule from firing.
        worse: the more urgent form of the flag.
        order: whether the concepts must come in the order given.
        anywhere: concepts that may stand far away in the same message, such as the medicine.
        asks: whether it is too weak to raise an alarm without the classifier.
        unless_told: concepts of ``anywhere`` kind; if none of them was told, the rule only asks.
    """

    model_config = ConfigDict(extra="forbid")
    all: list[str] = Field(min_length=1)
    within: int = 12
    unless: list[str] = []
    even: list[Context] = []
    worse: bool = False
    order: bool = False
    anywhere: list[str] = []
    asks: bool = False
    unless_told: list[str] = []


class Language(BaseModel):
    """How emergencies sound in a language that is not understood otherwise.

    Args:
        now, today, crisis: a short line in that language, said before the English reply: for an emergency,
            for what must be looked at today, and for R7.
        phrases: by flag, the phrases that raise it.
        denials: words that deny a phrase if they stand before it, with at most one word between.
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
    """One ``.yml`` file.

    Args:
        flag: the red flag that the file is about, if any.
        things: concepts that cannot be denied by themselves (a leg, a medicine), by name.
        signs: concepts that can be denied (swollen).
        masks: sayings in which nothing counts for this file's flag, but for rules ``even`` ``masked``.
        cues: words that deny, date or imagine what stands near them.
        rules: what raises the flag.
        languages: the same in other languages, by code.
        tiers: see ``flags``.
    """

    model_config = ConfigDict(extra="forbid")
    flag: Flag | None = None
    things: dict[str, list[str]] = {}
    signs: dict[str, list[str]] = {}
    masks: list[str] = []
    cues: dict[str, list[str]] = {}
    rules: list[Rule] = []
    languages: dict[str, Language] = {}
    tiers: dict[str, str] = {}


@dataclass(frozen=True)
class CompiledRule:
    """A rule with its concepts split up.

    Args:
        flag: the flag that it raises.
        all, anywhere: as in ``Rule``, each a group of concepts of which one is enough.
        language: the language that it is in, if not English.
        place: the file and the place in it.
    """

    flag: str
    rule: Rule
    all: tuple[tuple[str, ...], ...]
    anywhere: tuple[tuple[str, ...], ...]
    language: str = ""
    place: str = ""

    @property
    def tellable(self) -> list[str]:
        """The concepts that count wherever they are said."""
        return [name for group in self.anywhere for name in group] + self.rule.unless_told


@dataclass(frozen=True)
class RuleBook:
    """All rules, compiled.

    Args:
        flags: by name, in the order of the files.
        phrases: by concept.
        literals: by the key of a part, the rows of stems that it matches.
        negatable: the concepts that can be denied.
        signs: by flag, its concepts that can be denied.
        words: all words of the English phrases; they are never taken for typing errors.
        languages: by code.
    """

    flags: dict[str, Flag]
    rules: tuple[CompiledRule, ...]
    phrases: dict[str, tuple[tuple[Part, ...], ...]]
    literals: dict[str, frozenset[Row]]
    negatable: frozenset[str]
    signs: dict[str, frozenset[str]]
    words: frozenset[str]
    languages: dict[str, Language]


@cache
def read() -> dict[str, File]:
    """The files as they are written, by name; read once."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # five times as fast, and as safe
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(HERE.glob("*.yml"))}
    return {name: File.model_validate(yaml.load(text, Loader=loader)) for name, text in texts.items()}  # noqa: S506


@cache
def flags() -> dict[str, Flag]:
    """The red flags by name, in the order of the files."""
    return {file.flag.name: file.flag for file in read().values() if file.flag}


@cache
def load() -> RuleBook:
    """Read and compile every file.

    Raises:
        ConfigError: a phrase cannot be read, or a rule names a concept that does not exist.
    """
    files = read()
    written = _concepts(files)
    signs = {file.flag.name: frozenset(file.signs) for file in files.values() if file.flag}
    rules = [
        _compiled_rule(file.flag, rule, written, f"{name} rule {number}")
        for name, file in files.items()
        if file.flag
        for number, rule in enumerate(file.rules, 1)
    ]
    languages = {code: language for file in files.values() for code, language in file.languages.items()}
    for code, language in languages.items():
        rules += _language_rules(code, language, written, signs)
    phrases = {concept: compiled(texts) for concept, texts in written.items()}
    spoken = {f"{code}_{name}" for code, language in languages.items() for name in language.phrases}
    literals, words = _literals(phrases, spoken)
    return RuleBook(
        flags(),
        tuple(rules),
        phrases,
        literals,
        frozenset().union(*signs.values()),
        signs,
        words,
        languages,
    )


def _medicine_concepts() -> dict[str, list[str]]:
    """The names of ``data/medicines.yml`` by class: ``med_opioid`` and so on, and all of them:
    ``med_any``."""
    known = medicines()
    made: dict[str, list[str]] = {f"med_{kind}": [] for kind in CLASSES}
    for row in known.rows:
        made[f"med_{row.kind}"] += [plain(name) for name in (*row.right_names, *row.brands_elsewhere)]
    for name, row in known.heard_as.items():
        made[f"med_{row.kind}"].append(name)
    for word, kinds in known.class_words.items():
        for kind in kinds:
            made[f"med_{kind}"].append(word)
    made = {
        name: [word for word in dict.fromkeys(words) if word not in known.ambiguous]
        for name, words in made.items()
    }
    return made | {"med_any": [f"<{name}>" for name in made if made[name]]}


def _concepts(files: Mapping[str, File]) -> dict[str, list[str]]:
    """The phrases of every concept. A cue is named ``cue_...``, the masks of a flag ``mask_...``."""
    written: dict[str, list[str]] = _medicine_concepts()
    for name, file in files.items():
        cues = {f"cue_{cue}": phrases for cue, phrases in file.cues.items()}
        for concept, phrases in chain(file.things.items(), file.signs.items(), cues.items()):
            if concept in written:
                raise ConfigError(f"red flags: {name} says '{concept}' a second time")
            written[concept] = phrases
        if file.flag:
            written[f"mask_{file.flag.name}"] = file.masks
        elif file.masks or file.rules:
            raise ConfigError(f"red flags: {name} has masks or rules, but no flag that they are for")
    return written


def _language_rules(
    code: str, language: Language, written: dict[str, list[str]], signs: dict[str, frozenset[str]]
) -> list[CompiledRule]:
    """A rule for each flag in a language.

    Adds its phrases to ``written`` and ``signs``, and its denials to the masks of the flags.
    """
    made = []
    for flag, phrases in language.phrases.items():
        if flag not in signs:
            raise ConfigError(f"red flags: the language '{code}' names {flag}, which nothing is called")
        concept = f"{code}_{flag}"
        written[concept] = phrases
        denied = [f"{denial} ..1 <{concept}>" for denial in language.denials]
        written[f"mask_{flag}"] = [*written[f"mask_{flag}"], *denied]
        signs[flag] |= {concept}
        rule = Rule(all=[concept], even=[name for name in get_args(Context) if name != "masked"])
        made.append(CompiledRule(flag, rule, ((concept,),), (), code, f"languages.yml {code} {flag}"))
    return made


def _literals(
    phrases: Mapping[str, tuple[tuple[Part, ...], ...]], spoken: set[str]
) -> tuple[dict[str, frozenset[Row]], frozenset[str]]:
    """The rows of stems of every part that is no concept, and all English words in them.

    Args:
        spoken: the concepts of other languages; in an English message "bein" is a typing error like any
            other.
    """
    literals: dict[str, frozenset[Row]] = {}
    words: set[str] = set()
    for concept, group in phrases.items():
        for part in chain.from_iterable(group):
            if part.concept:
                if part.key not in phrases:
                    raise ConfigError(f"red flags: nothing is called '{part.key}'")
                continue
            if part.key not in literals:
                literals[part.key] = frozenset(tuple(map(normal_form, row)) for row in rows(part.key))
            if concept not in spoken:
                words.update(chain.from_iterable(rows(part.key)))
    return literals, frozenset(words)


def _compiled_rule(flag: Flag, rule: Rule, written: Mapping[str, list[str]], place: str) -> CompiledRule:
    groups = tuple(tuple(item.split("|")) for item in rule.all)
    anywhere = tuple(tuple(item.split("|")) for item in rule.anywhere)
    for concept in [name for group in groups + anywhere for name in group] + rule.unless + rule.unless_told:
        if concept not in written:
            raise ConfigError(f"red flags: a rule of {flag.name} names '{concept}', which nothing is called")
    return CompiledRule(flag.name, rule, groups, anywhere, place=place)
