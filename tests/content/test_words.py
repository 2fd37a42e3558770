"""What the reviewed answers say: every topic, its claims, its limits. Each fault names the answer and its line."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.answers import FLOWS, FOLDER, TEACHING, Answer, Answers, load_answers
from bot.clinic import load_clinic
from bot.settings import ROOT
from tests.support.reading import grade, words

HERE = Path(__file__).parent
ANSWERS: Answers = load_answers(FOLDER)
TAUGHT = [answer for answer in ANSWERS.values() if answer.group in TEACHING]
DOUBTFUL = {"2nd", "mem"}


@cache
def table(name: str) -> Any:
    return yaml.safe_load((HERE / name).read_text(encoding="utf-8"))


TOPICS = {intent: (group, must) for group, rows in table("topics.yml").items() for intent, must in rows.items()}
each_taught = pytest.mark.parametrize("answer", TAUGHT, ids=lambda answer: answer.id)
each_answer = pytest.mark.parametrize("answer", ANSWERS.values(), ids=lambda answer: answer.id)


def texts(answer: Answer) -> dict[str, str]:
    """Every text of an answer that a patient can see, by the name of its field."""
    made = {"chat": answer.chat, "more": answer.more, "simple": answer.simple}
    made |= {f"variant {number}": text for number, text in enumerate(answer.variants, 1)}
    made |= {f"caution {key}": text for key, text in answer.caution_texts.items()}
    return {field: text for field, text in made.items() if text}


def sentences(text: str) -> list[str]:
    """``text`` cut at the ends of sentences, of list items and of paragraphs."""
    lines = re.split(r"\n\s*\n|\n(?=- )", text)
    return [part.strip() for line in lines for part in re.split(r"(?<=[.?!])\s+", " ".join(line.split())) if part.strip()]


def breaks(rule: dict[str, str], text: str) -> list[str]:
    """The sentences of ``text`` that say what ``rule`` forbids."""
    found = [part for part in sentences(text) if re.search(rule["pattern"], part, re.IGNORECASE)]
    return [part for part in found if "unless" not in rule or not re.search(rule["unless"], part, re.IGNORECASE)]


def where(answer: Answer) -> str:
    return f"{answer.place}: {answer.id}"


@pytest.mark.parametrize("intent", TOPICS)
def test_every_topic_is_answered_in_its_group(intent: str) -> None:
    group, must = TOPICS[intent]
    if must == "flow":
        assert intent in FLOWS, f"{intent} is neither an answer nor a flow"
        return
    assert intent in ANSWERS, f"{intent} has no answer in {group}.yml"
    assert ANSWERS[intent].group == group


def test_no_teaching_answer_stands_outside_the_table() -> None:
    assert [where(answer) for answer in TAUGHT if answer.id not in TOPICS] == []


@pytest.mark.parametrize("intent", [intent for intent, (_, must) in TOPICS.items() if must and must != "flow"])
def test_every_claim_that_must_be_said_is_listed(intent: str) -> None:
    answer = ANSWERS[intent]
    listed = {*map(str, answer.claims), *answer.red_flags}
    missing = [str(claim) for claim in TOPICS[intent][1] if str(claim) not in listed]
    assert not missing, f"{where(answer)}: claims or red_flags lack {', '.join(missing)}"


@pytest.mark.parametrize("intent", table("says.yml"))
def test_what_keeps_people_safe_is_said_at_once(intent: str) -> None:
    answer = ANSWERS[intent]
    missing = [pattern for pattern in table("says.yml")[intent] if not re.search(pattern, " ".join(answer.chat.split()), re.IGNORECASE)]
    assert not missing, f"{where(answer)}: the chat answer does not say {missing}"


def doubts(owner: Any) -> list[str]:
    """The claims of an answer or a caution that were not all read in their source, and that no remark names."""
    marks = {str(key): set(value) for key, value in table("claims.yml").items()}
    names = [*(str(claim) for claim in owner.claims), *getattr(owner, "red_flags", [])]
    unknown = [name for name in names if name not in marks]
    assert not unknown, f"claims.yml has no {', '.join(unknown)}"
    tags = [name if name.startswith("R") else f"#{name}" for name in names if marks[name] & DOUBTFUL]
    return [tag for tag in tags if not any(re.search(rf"{tag}\b", remark) for remark in owner.needs_clinician_check)]


@each_answer
def test_every_doubtful_claim_is_named_for_the_clinician(answer: Answer) -> None:
    assert not doubts(answer), f"{where(answer)}: needs_clinician_check names no {', '.join(doubts(answer))}"


@pytest.mark.parametrize("key", ANSWERS.cautions)
def test_every_doubtful_claim_of_a_caution_is_named(key: str) -> None:
    assert not doubts(ANSWERS.cautions[key]), f"cautions.yml: {key}: needs_clinician_check names no {', '.join(doubts(ANSWERS.cautions[key]))}"


@each_taught
def test_length(answer: Answer) -> None:
    clinic = load_clinic(ROOT / "clinic.yml")
    long = {"chat": (40, 110), "more": (60, 170), "simple": (25, 60)}
    counts = {field: words(clinic.fill(texts(answer)[field])) for field in long}
    wrong = [f"{field} has {counts[field]} words, not {low} to {high}" for field, (low, high) in long.items() if not low <= counts[field] <= high]
    assert not wrong, f"{where(answer)}: {'; '.join(wrong)}"
    assert len(answer.title) <= 38, f"{where(answer)}: a title of {len(answer.title)} characters does not fit a button"
    assert 2 <= len(answer.follow_ups) <= 3 and answer.id not in answer.follow_ups, f"{where(answer)}: follow_ups"


@each_answer
def test_reading_grade(answer: Answer) -> None:
    if answer.id == "fallback_language":
        return  # it speaks four languages
    grades = {field: grade(text) for field, text in texts(answer).items()}
    wrong = [f"{field} is grade {score:.1f}" for field, score in grades.items() if score > (6 if field == "simple" else 8)]
    assert not wrong, f"{where(answer)}: {'; '.join(wrong)}"


@pytest.mark.parametrize("key", ANSWERS.cautions)
def test_reading_grade_of_cautions(key: str) -> None:
    score = grade(ANSWERS.cautions[key].text)
    assert score <= 8, f"cautions.yml: {key} is grade {score:.1f}"


@each_answer
def test_says_nothing_that_no_answer_may_say(answer: Answer) -> None:
    rules = [*table("never.yml")["everywhere"], *table("never.yml")["topics"].get(answer.id, [])]
    faults = [f"{field}: {rule['never']}: {part}" for field, text in texts(answer).items() for rule in rules for part in breaks(rule, text)]
    assert not faults, f"{where(answer)}:\n  " + "\n  ".join(faults)


@pytest.mark.parametrize("key", ANSWERS.cautions)
def test_cautions_say_nothing_that_no_answer_may_say(key: str) -> None:
    caution = ANSWERS.cautions[key]
    faults = [f"{rule['never']}: {part}" for rule in table("never.yml")["everywhere"] for part in breaks(rule, caution.text)]
    assert not faults and not re.search(r"\d", caution.text), f"cautions.yml: {key}: {faults}"


@each_taught
def test_teaches_no_figure_but_how_common_it_is(answer: Answer) -> None:
    for field, text in texts(answer).items():
        text = " ".join(text.split())
        for figure in sorted(table("never.yml")["figures"], key=len, reverse=True):
            text = text.replace(figure, "")
        found = re.search(r".{0,30}\d.{0,20}", text)
        assert not found, f"{where(answer)}: {field}: '{found.group()}' holds a figure that never.yml does not list" if found else ""


RULES = [("everywhere", rule) for rule in table("never.yml")["everywhere"]]
RULES += [(intent, rule) for intent, rules in table("never.yml")["topics"].items() for rule in rules]


@pytest.mark.parametrize(("place", "rule"), RULES, ids=lambda value: value["never"] if isinstance(value, dict) else value)
def test_each_rule_catches_what_it_is_written_for(place: str, rule: dict[str, str]) -> None:
    assert place == "everywhere" or place in ANSWERS
    assert breaks(rule, rule["example"]), f"never.yml: {place}: '{rule['never']}' lets its own example pass"


@each_answer
def test_placeholders_are_known(answer: Answer) -> None:
    known = load_clinic(ROOT / "clinic.yml").placeholders
    for field, text in {**texts(answer), "title": answer.title}.items():
        unknown = [name for name in re.findall(r"\{([^}]*)\}", text) if name not in known]
        assert not unknown and text.count("{") == text.count("}"), f"{where(answer)}: {field}: bot/clinic.py fills no {unknown or 'lone brace'}"


@each_answer
def test_sources_and_approval(answer: Answer) -> None:
    links = ANSWERS.links(answer)
    assert all(link["url"].startswith("https://") and link["title"] for link in links)
    assert len(links) == len({link["url"] for link in links}) <= 4, f"{where(answer)}: one to four sources, none twice"
    assert links or not answer.claims, f"{where(answer)}: rests on claims but names no source"
    assert answer.state != "approved" or answer.approved_by, f"{where(answer)}: approved by whom?"


@each_answer
def test_other_wordings_differ(answer: Answer) -> None:
    said = [" ".join(text.split()).lower() for text in (answer.text, *answer.variants)]
    assert len(set(said)) == len(said), f"{where(answer)}: a variant says the same"
    assert not (answer.more and answer.more in answer.chat)
