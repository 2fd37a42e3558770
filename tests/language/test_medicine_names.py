"""Medicines named in a text, however they are spelt."""

from __future__ import annotations

import pytest

from bot.language.medicine_names import medicine_names
from bot.language.spelling import speller


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("i take rope in a roll at night", "i take ropinirole at night"),
        ("metha done helps", "methadone helps"),
        ("is zolof bad", "is zoloft bad"),
        ("new pro patch, gabba pent in", "neupro patch, gabapentin"),
        # Ordinary words stay, unless the message speaks of medicines.
        ("we live at a van park", "we live at a van park"),
        ("i take at a van to sleep", "i take ativan to sleep"),
        ("add some soma cream", "add some soma cream"),
        ("the horizon is lyrical", "the horizon is lyrical"),
        ("nothing here", "nothing here"),
        ("", ""),
    ],
)
def test_misheard_names_are_put_right(text: str, right: str) -> None:
    assert medicine_names().spelt_right(text) == right


@pytest.mark.parametrize(
    ("text", "plainly"),
    [
        ("is requip xl safe", "is ropinirole safe"),
        ("tylenol pm and sinemet", "diphenhydramine and levodopa"),
        ("is magnesium safe", "is magnesium safe"),
        ("ibuprofen and paracetamol", "ibuprofen and paracetamol"),
        ("what is horizant", "what is gabapentin"),
        ("the neupro patch", "the rotigotine patch"),
    ],
)
def test_brands_get_the_plain_name(text: str, plainly: str) -> None:
    assert medicine_names().by_plain_name(text) == plainly


def test_a_class_may_be_named_instead() -> None:
    (named,) = medicine_names().find("are opioids dangerous")
    assert named.rows == () and named.classes == {"opioid"} and (named.start, named.end) == (4, 11)


def test_a_brand_that_means_two_medicines_gives_both() -> None:
    (named,) = medicine_names().find("can I take Benadryl?")
    assert named.classes == {"antihistamine_sedating", "antihistamine_nonsedating"}


def test_the_longest_name_wins() -> None:
    (named,) = medicine_names().find("gabapentin enacarbil?")
    assert named.right == "gabapentin enacarbil"


def test_single_words_are_put_right_first() -> None:
    assert medicine_names().find("my gabapenton") == []
    (named,) = medicine_names().find("my gabapenton", speller().word)
    assert named.right == "gabapentin"


@pytest.mark.parametrize(
    "word",
    [
        "some", "calm", "clam", "certain", "restore", "mobil", "tins", "allege", "tonite", "tomoro", "bestie", "bedbound",
        "ribena", "estrogen", "rosacea", "tricare", "linctus", "megadose", "pennine",
    ],
)  # fmt: skip
def test_ordinary_words_are_not_taken_for_medicines(word: str) -> None:
    assert speller().word(word) not in speller().medicines
