"""Ways of writing that must meet, words that must not, and the tables that say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.language import contractions as table
from bot.language.contractions import contractions, opened
from bot.language.stemming import stem, word_forms
from bot.language.tokens import COMMA, SENTENCE, tokenize


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("I can't breathe", "i cannot breathing"),
        ("SWOLLEN legs", "swelling legs"),
        ("I've stopped", "i have stopping"),
        ("don’t", "dont"),
        ("20 pills", "thirty pill"),
    ],
)
def test_ways_of_writing_meet(one: str, two: str) -> None:
    assert tokenize(one).stems == tokenize(two).stems


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("leg", "legs"),
        ("caring", "car"),
        ("note", "not"),
        ("bit", "bite"),
        ("calf", "calves"),
        ("sore", "sores"),
    ],
)
def test_words_that_must_not_meet(one: str, two: str) -> None:
    assert tokenize(one).stems != tokenize(two).stems


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("dont", ["do", "not"]),
        ("don't", ["do", "not"]),
        ("y'all", ["you"]),
        ("o'clock", ["o", "clock"]),
        ("mum's", ["mother"]),
        ("it's", ["it", "is"]),
        ("leg's", ["leg"]),
        ("leg", ["leg"]),
    ],
)
def test_contractions_are_opened(written: str, words: list[str]) -> None:
    assert opened(written) == words


def test_the_two_columns_agree() -> None:
    """ "dont" is "don't" for the classifier and "do not" for the rules: where both are given, they open
    into the same words."""
    both = contractions().sentences.keys() & contractions().words.keys()
    same = {"cannot": "could not"}  # the rules take "could not" for "cannot"
    assert len(both) >= 30
    for written in both:
        plain, sentence = contractions().words[written], contractions().sentences[written]
        one = " ".join(word for part in sentence.split() for word in opened(part))
        assert one in (plain, same.get(plain)), written


@pytest.mark.parametrize(
    "row",
    ["dont\tdon't", "dont\t-\t-", "dont\tdon't\tdo not\ndont\t-\tdo not"],
    ids=["two columns", "says nothing", "twice"],
)
def test_a_faulty_table_is_refused(row: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "contractions.tsv").write_text("# a comment\nwritten\tsentence\twords\n" + row + "\n")
    monkeypatch.setattr(table, "TABLE", tmp_path / "contractions.tsv")
    with pytest.raises(ConfigError):
        contractions.__wrapped__()


def test_no_form_stands_twice_and_none_is_noise() -> None:
    forms = word_forms()
    assert not forms.noise & set(forms.irregular)
    assert all(stem(stem(form)) == stem(form) for form, base in forms.irregular.items() if form == base)


def test_breaks_stand_before_their_word() -> None:
    assert tokenize("hot, swollen. Help").breaks == [0, COMMA, SENTENCE]
    assert tokenize("I can. Not now").stems == ["i", "can", "not", "now"]  # never one word across a sentence
