"""What a message tells of the person's trouble: read sentence by sentence, and never from a question."""

from __future__ import annotations

import pytest

from bot.understanding.told import EVERYTHING, FILE, told, told_words


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("we did a hot soak and a foam roller and i tried both twice", ["rub", "warm"]),
        ("ice packs do nothing for him", ["cold"]),
        ("i've been doing crosswords. no luck with stretching either", ["busy", "stretch"]),
        ("pacing only helps a minute", ["walk"]),
        ("none of that helps", [EVERYTHING]),
    ],
)
def test_what_was_tried(text: str, steps: list[str]) -> None:
    assert told(text).get("tried") == steps


@pytest.mark.parametrize(
    "text",
    [
        "should i try a bath",
        "is a massage worth trying",
        "i haven't tried ice yet",
        "does walking not work for some",
    ],
)
def test_what_is_only_asked_was_not_tried(text: str) -> None:
    assert "tried" not in told(text)


def test_when_and_where() -> None:
    heard = told("it begins by lunchtime these days and both arms jump")
    assert heard["early"] == ["afternoon"] and heard["places"] == ["arms"]
    assert not told("is it normal in the afternoon and in both arms")


def test_whom_it_is_about() -> None:
    heard = told("my grandma is 91, has alzheimers and will not sit")
    assert (heard["person"], heard["age"], heard["illnesses"]) == (["grandma"], ["91"], ["dementia"])
    assert "person" not in told("carrying my second baby and my legs hop")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("this is the fourth night without a wink", "nights"),
        ("i am absolutely shattered", "weary"),
        ("honestly i'm frightened by it", "afraid"),
        ("my consultant says it will pass", "asked_already"),
        ("fifteen years of this", "long"),
    ],
)
def test_how_it_weighs(text: str, name: str) -> None:
    assert name in told(text)


def test_an_illness_that_is_asked_about_is_not_told() -> None:
    assert told("i have diabetes") == {"illnesses": ["diabetes"]}
    assert "illnesses" not in told("can diabetes do that")


def test_every_key_has_words_and_steps_have_lines() -> None:
    from bot.content.answers import answers
    from bot.content.texts import table

    words = told_words()
    for name, keys in (("steps", words.steps), ("early", words.early), ("places", words.places)):
        assert table(f"assistant.heard.{name}").keys() == keys.keys(), FILE
    assert table("assistant.heard.illnesses").keys() == words.illnesses.keys()
    assert table("assistant.heard.births").keys() == words.births.keys()
    assert all(f"step_{key}" in answers() for key in words.steps)
