"""Typing errors put right without harm."""

import pytest

from bot.language.spelling import sound, speller


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("gabapentn", "gabapentin"), ("ropinerole", "ropinirole"), ("pramipexol", "pramipexole"), ("mirapx", "mirapex"), ("feritin", "ferritin"),
        ("restles", "restless"), ("swolen", "swollen"), ("brething", "breathing"), ("sucidal", "suicidal"),
        ("anaphalaxis", "anaphylaxis"), ("celulitis", "cellulitis"), ("clamy", "clammy"), ("palpatations", "palpitations"),
    ],
)  # fmt: skip
def test_wrong_words_are_put_right(wrong: str, right: str) -> None:
    assert speller().word(wrong) == right


@pytest.mark.parametrize(
    "word",
    [
        "rls",
        "requip",
        "mirapex",
        "ekbom",
        "neupro",
        "ferritin",
        "legs",
        "cat",
        "xyz",
        "b12",
        "40mg",
        "teh",
        "ibs",
    ],
)
def test_known_and_short_words_and_digits_stay(word: str) -> None:
    assert speller().word(word) == word


def test_a_medicine_never_turns_into_another() -> None:
    medicines = speller().medicines
    for word in medicines:
        assert speller().word(word) == word


def test_a_text_keeps_everything_else() -> None:
    assert (
        speller().correct("My LEGS, 3x a night (gabapentn 300mg)!")
        == "My LEGS, 3x a night (gabapentin 300mg)!"
    )


def test_words_typed_together() -> None:
    assert speller().pieces("chestpain") == ("chest", "pain")
    assert speller().pieces("another") is None


def test_words_that_sound_alike() -> None:
    assert sound("coff") == sound("cough")
    assert "cough" in speller().options("coughh")
