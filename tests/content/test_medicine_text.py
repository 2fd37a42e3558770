"""What is said of a medicine that is named: its class, its link with restless legs, what to ask, and
stopping."""

from __future__ import annotations

import pytest

from bot.content.facets import facets
from bot.content.medicine_text import medicine_text
from bot.content.medicines import CLASSES, medicines
from tests.content.test_words import breaks, table
from tests.support.reading import grade, words

FACETS = ("", "stopping", "safe_with", "safe_for", "how_sure")
SAID = {(row.name, facet): medicine_text(row.name, facet) for row in medicines().rows for facet in FACETS}


def whole(name: str, facet: str = "") -> str:
    said = medicine_text(name, facet)
    assert said is not None
    return said.text


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        (
            "Benadryl",
            ["Benadryl (diphenhydramine)", "drowsy kind", "can make restless legs worse", "pharmacist"],
        ),
        ("zyrtec", ["Zyrtec (cetirizine)", "newer kind", "usually not linked"]),
        ("reglan", ["Reglan (metoclopramide)", "can make restless legs worse", "Ask before you stop it"]),
        ("rope in a roll", ["Ropinirole, a dopamine medicine", "do not stop it suddenly: withdrawal"]),
        ("amlodipine", ["may make restless legs worse", "not certain", "do not stop it by yourself"]),
        ("lipitor", ["a statin", "is not settled"]),
        ("mirtazapine", ["linked most often", "do not stop it suddenly"]),
        ("pregabalin", ["a choice for restless legs"]),
    ],
)
def test_a_named_medicine_is_answered_from_its_row(name: str, parts: list[str]) -> None:
    assert [part for part in parts if part not in whole(name)] == []


def test_what_is_no_medicine_gets_nothing() -> None:
    assert medicine_text("table") is None


def test_a_brand_that_holds_several_says_so_and_a_plain_name_does_not() -> None:
    assert "can hold different medicines" in whole("unisom")
    assert "can hold different medicines" not in whole("doxylamine")


def test_stopping_is_answered_by_what_may_happen() -> None:
    assert whole("zoloft", "stopping").startswith("Please do not stop it suddenly: withdrawal")
    assert whole("Claritin", "stopping").startswith(("Ask before you stop it", "Leaving it out"))


def test_what_slows_breathing_is_said_when_asked_together_with_another() -> None:
    assert "slow breathing" in whole("hydroxyzine", "safe_with") and "call" in whole(
        "hydroxyzine", "safe_with"
    )
    assert "slow breathing" not in whole("loratadine", "safe_with")


def test_pregnancy_is_never_answered_with_yes() -> None:
    assert all(
        "maternity team" in whole(row.name, "safe_for") or row.pregnancy_note for row in medicines().rows
    )


def test_every_class_has_a_topic_with_sources() -> None:
    topics = {*medicines().class_topics.values(), *(row.topic for row in medicines().rows if row.topic)}
    assert set(medicines().class_topics) == set(CLASSES)
    assert topics <= set(facets())
    assert all(said is not None and said.sources and len(said.sources) <= 4 for said in SAID.values())


def test_every_text_is_short_and_plain() -> None:
    said = {key: found.text for key, found in SAID.items() if found}
    assert {key: words(text) for key, text in said.items() if words(text) > 95} == {}
    assert {key: grade(text) for key, text in said.items() if key[1] == "" and grade(text) > 8} == {}


def test_no_text_says_what_none_may_say() -> None:
    rules = table("never.yml")["everywhere"]
    said = {key: found.text for key, found in SAID.items() if found}
    wrong = [(key, rule["never"]) for key, text in said.items() for rule in rules if breaks(rule, text)]
    assert wrong == []
