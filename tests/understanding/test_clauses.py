"""Where a message may be cut."""

from __future__ import annotations

import pytest

from bot.understanding.clauses import asks, leans, parts, side_by_side


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What is it? Is there a cure?", ["What is it?", "Is there a cure?"]),
        ("does iron help and can i drink coffee", ["does iron help", "can i drink coffee"]),
        ("how much is it, where are you", ["how much is it", "where are you"]),
        ("is it my veins or is it nerves", ["is it my veins", "is it nerves"]),
        ("is it catching\nwhat is the cure", ["is it catching", "what is the cure"]),
        ("salt and vinegar", []),
        ("what helps", []),
        ("help! what helps at night", []),
        ("", []),
        ("?!", []),
    ],
)
def test_parts(text: str, expected: list[str]) -> None:
    assert parts(text) == expected


def test_never_more_than_four() -> None:
    assert len(parts("what is it? " * 30)) == 4


def test_a_question_is_told_from_a_story() -> None:
    assert asks("and can i take it") and asks("no idea why?") and asks("tell me about iron")
    assert not asks("i am thirty and tired")


def test_what_leans_on_the_words_before() -> None:
    assert leans("is that why?") and leans("any tips")
    assert not leans("how common are restless legs in men") and not leans("what about rls")


def test_things_side_by_side() -> None:
    assert side_by_side("wine and cigarettes") and side_by_side("first this. then that")
    assert not side_by_side("can i drink wine?")
