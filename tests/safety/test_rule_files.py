"""The rule files themselves: shape, notation, and words that would vanish."""

import re

import pytest
from pydantic import ValidationError
from yamllint import linter
from yamllint.config import YamlLintConfig

from bot.errors import ConfigError
from bot.language.stemming import word_forms
from bot.safety import TIERS, Flag, flags, rule_files
from bot.safety.phrases import alternatives, parts
from bot.safety.rule_files import File
from bot.settings import ROOT


def test_every_file_reads_and_every_rule_names_concepts_that_exist() -> None:
    book = rule_files.load()
    assert sorted(book.flags, key=lambda name: int(name[1:])) == [f"R{number}" for number in range(1, 17)]
    assert {rule.flag for rule in book.rules} == set(book.flags)


def test_a_tier_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValidationError, match="emergency, support"):
        Flag(name="R15", title="Something", tier="soon")


def test_every_flag_has_a_title_of_its_own() -> None:
    titles = [flag.title for flag in flags().values()]
    assert all(titles) and len(set(titles)) == len(titles)
    assert {flag.tier for flag in flags().values()} == set(TIERS)


def test_no_alternative_is_only_noise() -> None:
    """An article or "really" vanishes, so that an alternative made of it would match nothing at all: "a
    (very|) sore" says so openly."""
    for name, file in rule_files.read().items():
        for group in (file.signs, file.things, file.cues):
            for concept, phrases in group.items():
                for phrase in phrases:
                    for options in re.findall(r"\(([^()]*)\)", phrase):
                        row = options.split("|")
                        empty = [
                            option
                            for option in row
                            if option and all(word in word_forms().noise - {"the"} for word in option.split())
                        ]
                        assert not empty, (name, concept, empty)


def test_no_phrase_is_only_noise() -> None:
    for name, file in rule_files.read().items():
        for concept, phrases in (file.things | file.signs | file.cues | {"masks": file.masks}).items():
            assert all(parts(phrase) for phrase in phrases), (name, concept)


def test_the_files_can_be_reviewed_line_by_line() -> None:
    """One phrase a line, at most 110 characters: ``.yamllint`` says how."""
    rules = YamlLintConfig(file=str(ROOT / ".yamllint"))
    faults = [
        f"{path.name}:{fault.line} {fault.desc}"
        for path in sorted(rule_files.HERE.glob("*.yml"))
        for fault in linter.run(path.read_text(encoding="utf-8"), rules)
    ]
    assert not faults


@pytest.mark.parametrize("phrase", ["(a|b", "a|b)", "((a)"])
def test_a_bracket_that_does_not_close_is_refused(phrase: str) -> None:
    with pytest.raises(ConfigError):
        alternatives(phrase)


def test_a_field_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValidationError):
        File.model_validate({"rulez": []})
