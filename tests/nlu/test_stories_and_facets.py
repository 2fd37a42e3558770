"""Stories as first messages, and questions that name a topic and a facet: how what came is judged, and the
files themselves."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.content.answers import answers
from bot.content.facets import facet_kinds, facets
from bot.dialogue import Said
from bot.errors import ConfigError
from bot.settings import ROOT
from bot.store.models import Alert, Message, TurnLog
from tools.evaluation.facets import Answered, Question, read_facet_questions
from tools.evaluation.facets import report as facets_report
from tools.evaluation.facets import table as facets_table
from tools.evaluation.measures import Share
from tools.evaluation.stories import Story, Told, read_stories
from tools.evaluation.stories import report as stories_report
from tools.evaluation.stories import table as stories_table
from tools.evaluation.talks import read_talks

TESTS = ROOT / "tests"
#: Topics that are to come, and have no intent yet.
_TO_COME = set(
    [
        "antidepressants",
        "allergy_pills",
        "nausea_medicines",
        "heart_medicines",
        "painkillers",
        "surgery",
        "coming_off_dopamine",
        "uncommon_medicines",
        "melatonin",
        "cannabis",
        "home_devices",
        "acupuncture",
        "is_it_dangerous",
        "progression",
        "why_night",
        "hormones",
        "breastfeeding",
        "adhd",
        "pattern",
        "dementia",
        "sleep_apnea",
        "vein_warning_signs",
        "food",
        "partner",
        "work",
        "driving",
        "support_groups",
    ]
)


def known_topics() -> set[str]:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    return set(domain["intents"]) | {f"ask_{name}" for name in _TO_COME}


def said(*ids: str, asks: str | None = None, text: str = "x", alert: bool = False, **message: Any) -> Said:
    replies = [Message(text=text, answer_id=name, **{"urgent": False} | message) for name in ids]
    return Said(
        "x", replies, [TurnLog(facts={"asks": asks} if asks else {})], alerts=[Alert()] if alert else []
    )


OFFERS = {"choices": [{"key": "check_symptoms", "label": "Check my symptoms"}]}
STORY = Story("my legs", ("ask_symptoms", "check_symptoms"))


@pytest.mark.parametrize(
    ("told", "topic", "self_check", "alarm"),
    [
        (Told(STORY, said("ask_symptoms")), True, False, False),
        (Told(STORY, said("ask_cure")), False, False, False),
        (Told(STORY, said("check_symptoms_intro")), False, True, False),
        (Told(STORY, said("ask_cure", **OFFERS)), False, True, False),
        (Told(Story("my veins", ("ask_cure",)), said("ask_dose", **OFFERS)), False, False, False),
        (Told(STORY, said("R1", urgent=True)), False, False, True),
        (Told(STORY, said("ask_symptoms", alert=True)), True, False, True),
        (Told(Story("I gamble", ("R8",)), said("R8", urgent=True)), True, False, False),
        (Told(Story("I gamble", ("R8",)), said("ask:R10+R8", urgent=True)), True, False, False),
    ],
)
def test_a_story_is_taken_up_by_its_topic_or_the_self_check(
    told: Told, topic: bool, self_check: bool, alarm: bool
) -> None:
    assert (told.topic, told.self_check, told.alarm) == (topic, self_check, alarm)


def test_the_figures_of_stories_add_up() -> None:
    told = [
        Told(STORY, said("ask_symptoms")),
        Told(STORY, said("ask_cure", **OFFERS)),
        Told(STORY, said("out_of_scope_medical")),
        Told(Story("my veins", ("ask_cure",)), said("R1", urgent=True)),
    ]
    figures = stories_report(told)["figures"]
    assert figures["right topic answered, or self-check offered"] == Share(2, 4)
    assert figures["self-check begun or offered, where it is right"] == Share(1, 3)
    assert figures["refused as out of scope"] == figures["taken for a red flag without one"] == Share(1, 4)
    printed = "\n".join(stories_table(stories_report(told)))
    assert "ask_cure <- R1" in printed and "<- ask_symptoms" not in printed


def test_a_facet_is_right_by_the_log_and_its_text_by_the_words() -> None:
    topic, facet = next((name, kind) for name, own in facets().items() for kind in own.facets)
    cell = facets()[topic].facets[facet].text.strip()
    question = Question("x", (topic,), (facet,))
    read = Answered(question, said(topic, asks=facet, text=f"{cell}\n\nMore."))
    whole = Answered(question, said(topic, asks=facet, text="All of it."))
    other = Answered(Question("y", (topic,), ("no_such",)), said("ask_dose", asks="why", alert=True))
    assert (read.topic, read.facet, read.text) == (True, True, "{" not in cell)
    assert (whole.facet, whole.text) == (True, False)
    assert (other.topic, other.facet, other.has_text) == (False, False, False)
    found = facets_report([read, whole, other])
    assert found["figures"]["facet read"] == found["figures"]["topic answered"] == Share(2, 3)
    assert found["figures"]["taken for a red flag"] == Share(1, 3)
    assert found["figures"]["the facet's own text came, where there is one"].of == 2
    assert found["by facet"]["no_such"] == Share(0, 1)
    assert found["confusions"] == [["no_such", "why", 1]]
    assert [row["text"] for row in found["rows"]] == ["y"]
    assert "no_such -> why: 1" in "\n".join(facets_table(found))


@pytest.mark.parametrize(
    ("read", "header"), [(read_stories, "text\ttopics"), (read_facet_questions, "text\ttopic\tfacet")]
)
def test_a_bad_file_is_named_by_place(tmp_path: Path, read: Any, header: str) -> None:
    path = tmp_path / "bad.tsv"
    with pytest.raises(ConfigError, match=r"bad\.tsv"):
        read(path)
    path.write_text("text\nhello\n")
    with pytest.raises(ConfigError, match=r"bad\.tsv:1"):
        read(path)
    path.write_text(f"{header}\nhello\t\t\n")
    with pytest.raises(ConfigError, match=r"bad\.tsv:2"):
        read(path)
    path.write_text(f"{header}\n")
    with pytest.raises(ConfigError, match=r"no \w+ in it"):
        read(path)


def test_the_stories_are_many_and_about_topics_that_exist() -> None:
    stories = read_stories(TESTS / "talks" / "stories.tsv")
    assert len({story.text for story in stories}) == len(stories) >= 150
    assert all(20 <= len(story.text.split()) <= 120 for story in stories)
    topics = {name for story in stories for name in story.topics}
    assert {name for name in topics if not name.startswith("R")} <= known_topics()


def test_the_questions_are_many_over_all_facets_and_topics_that_exist() -> None:
    questions = read_facet_questions(TESTS / "nlu" / "facets.tsv")
    assert len({question.text for question in questions}) == len(questions) >= 400
    assert {name for question in questions for name in question.topics} <= known_topics() | set(answers())
    by_facet = Counter(name for question in questions for name in question.facets)
    assert set(by_facet) == set(facet_kinds()) - {
        "whole",
        "when_staff_reply",
        "tells",
    }  # no kinds of question to a topic
    assert min(by_facet.values()) >= 10
    assert {f"ask_{name}" for name in _TO_COME} <= {name for one in questions for name in one.topics}


def test_the_conversations_are_many_of_every_kind_half_of_them_kept() -> None:
    ids: list[str] = []
    kinds: dict[str, Counter[str]] = {"dev": Counter(), "kept": Counter()}
    for path in sorted((TESTS / "talks").glob("*.yml")):
        for talk in read_talks(path):
            ids.append(talk.id)
            kinds[path.name.split("_")[0]][talk.kind] += 1
            assert 4 <= len(talk.steps) <= 10, talk.id
    assert len(set(ids)) == len(ids) >= 120
    assert kinds["dev"].keys() == kinds["kept"].keys()
    assert min(sum(found.values()) for found in kinds.values()) >= 60
    assert min(min(found.values()) for found in kinds.values()) >= 3


def test_what_conversations_want_exists() -> None:
    topics = known_topics() | set(answers())
    for path in sorted((TESTS / "talks").glob("*.yml")):
        steps = [step for talk in read_talks(path) for step in talk.steps]
        assert {name for step in steps for name in step.facet} <= set(facet_kinds()), path.name
        asked = {name for step in steps for name in step.wanted if name.startswith("ask_")}
        assert {name for name in asked if not name.endswith("*")} <= topics, path.name
