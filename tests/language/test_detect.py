"""The language of a text: foreign questions are known, English ones never called foreign."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import pytest

from bot.language.detect import language_of

HERE = Path(__file__).parent


def rows(path: Path) -> list[list[str]]:
    """The lines of a tab-separated file without its comments."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


FOREIGN = [(text, language) for text, language in rows(HERE / "foreign.tsv")]
ENGLISH = [text for (text,) in rows(HERE / "english.tsv")]
#: Out of scope there because they are in another language.
IN_ANOTHER_LANGUAGE = {
    "bonjour je voudrais savoir ce que c'est",
    "Wie spät ist es bitte",
    "hola me duelen las piernas por la noche",
    "quero marcar uma consulta",
    "bawo ni",
}


def test_foreign_questions_are_known_as_foreign() -> None:
    missed = [text for text, _ in FOREIGN if language_of(text) is None]
    assert len(FOREIGN) >= 60 and len(missed) <= 0.03 * len(FOREIGN), missed


def test_the_language_is_mostly_the_right_one() -> None:
    wrong = [
        (text, language_of(text)) for text, language in FOREIGN if language_of(text) not in (language, None)
    ]
    assert len(wrong) <= 0.12 * len(FOREIGN), wrong


@pytest.mark.parametrize("text", ENGLISH)
def test_texting_names_and_medicines_are_not_foreign(text: str) -> None:
    assert language_of(text) is None


def test_english_questions_are_called_foreign_in_at_most_three_of_a_thousand() -> None:
    texts = [
        text
        for name in ("dev", "heldout", "heldout2")
        for text, *_ in rows(HERE.parent / "nlu" / f"{name}.tsv")
        if text not in IN_ANOTHER_LANGUAGE
    ]
    wrong = [(text, language_of(text)) for text in texts if language_of(text)]
    assert len(texts) > 2500 and len(wrong) <= 0.003 * len(texts), wrong


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("hola", "es"),
        ("ayuda", "es"),
        ("bonjour", "fr"),
        ("guten Tag", "de"),
        ("dzień dobry", "pl"),
        ("у меня беспокойные ноги", "ru"),
        ("脚がむずむずする", "ja"),
        ("", None),
        ("12 45 ?!", None),
        ("no", None),
        ("help", None),
        ("François Lefèvre", None),
        ("aaaaaaarrgjh", None),
    ],
)
def test_short_messages_and_scripts(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_it_is_fast() -> None:
    language_of("warm up, por favor, las piernas")
    start = perf_counter()
    for text, _ in FOREIGN:
        language_of(text)
    assert (perf_counter() - start) / len(FOREIGN) < 0.01
