"""The small texts of a topic: read and checked, short, sourced, marked, and saying nothing that no text
may say."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.content.answers import FOLDER, TEACHING, answers
from bot.content.facets import facet_kinds, facets, load_facets
from bot.errors import ConfigError
from tests.content.test_words import breaks, table

TEXTS = {
    (topic.topic, name): text
    for topic in facets().values()
    for name, text in {"short": topic.short, **{k: own.text for k, own in topic.facets.items()}}.items()
}


def test_there_is_a_text_for_every_topic_that_teaches() -> None:
    teaching = {answer.id for answer in answers().values() if answer.group in TEACHING}
    assert teaching - {"ask_clinic", "ask_cost"} <= set(facets())
    assert len(TEXTS) > 500


def test_no_text_says_what_none_may_say() -> None:
    never = table("never.yml")
    wrong = [
        (topic, name, rule["never"])
        for (topic, name), text in TEXTS.items()
        for rule in [*never["everywhere"], *never["topics"].get(topic, [])]
        if breaks(rule, text)
    ]
    assert not wrong


def test_every_text_that_rests_on_a_claim_names_a_source() -> None:
    bare = [
        (topic.topic, name)
        for topic in facets().values()
        for name, own in topic.facets.items()
        if own.claims and not own.sources
    ]
    assert not bare


def test_every_facet_of_a_text_can_be_asked_for() -> None:
    used = {name for topic in facets().values() for name in topic.facets}
    assert used <= set(facet_kinds()) and len(used) > 15


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("how_long:", "how_lon:", "'how_lon' is no facet"),
        ("sources: [", "sources: [nowhere, ", "source 'nowhere' is not in sources.yml"),
        ("asks:", "asked:", "asks: Field required"),
        ("text: >-", "text: >-\n        " + "word " * 60, "words, at most"),
        ("- topic: ask_gabapentin", "- topic: ask_treatment", "stands already at"),
    ],
)
def test_a_fault_is_named_by_file_and_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    folder = tmp_path / "facets"
    shutil.copytree(FOLDER / "facets", folder)
    path = folder / "treatment.yml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"treatment\.yml:[0-9]+: ") as caught:
        load_facets(folder, answers())
    assert said in str(caught.value)
