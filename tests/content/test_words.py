"""What the reviewed answers say: every topic, its claims, its limits.

Each fault names the answer and its line.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.content.answers import FLOWS, FOLDER, TEACHING, Answer, Answers, load_answers
from bot.content.clinic import load_clinic
from bot.content.facets import facets
from bot.settings import ROOT
from tests.support.reading import grade, words

HERE = Path(__file__).parent
ANSWERS: Answers = load_answers(FOLDER)
TAUGHT = [answer for answer in ANSWERS.values() if answer.group in TEACHING]
DOUBTFUL = {"2nd", "mem"}


@cache
def table(name: str) -> Any:
    return yaml.safe_load((HERE / name).read_text(encoding="utf-8"))


TOPICS = {
    intent: (group, must) for group, rows in table("topics.yml").items() for intent, must in rows.items()
}


def texts(answer: Answer) -> dict[str, str]:
    """Every text of an answer that a patient can see, by the name of its field."""
    made = {"chat": answer.chat, "more": answer.more, "simple": answer.simple}
    made |= {f"variant {number}": text for number, text in enumerate(answer.variants, 1)}
    made |= {f"caution {key}": text for key, text in answer.caution_texts.items()}
    return {field: text for field, text in made.items() if text}


def sentences(text: str) -> list[str]:
    """``text`` cut at the ends of sentences, of list items and of paragraphs."""
    lines = re.split(r"\n\s*\n|\n(?=- )", text)
    return [
        part.strip()
        for line in lines
        for part in re.split(r"(?<=[.?!])\s+", " ".join(line.split()))
        if part.strip()
    ]


def breaks(rule: dict[str, str], text: str) -> list[str]:
    """The sentences of ``text`` that say what ``rule`` forbids."""
    found = [part for part in sentences(text) if re.search(rule["pattern"], part, re.IGNORECASE)]
    return [
        part for part in found if "unless" not in rule or not re.search(rule["unless"], part, re.IGNORECASE)
    ]


def where(answer: Answer) -> str:
    return f"{answer.place}: {answer.id}"


def none(faults: list[str]) -> None:
    """Fails with every fault on a line of its own, so that one run names every answer to be mended."""
    assert not faults, "\n  ".join([f"{len(faults)} faults:", *faults])


def test_every_topic_is_answered_in_its_group() -> None:
    faults = []
    for intent, (group, must) in TOPICS.items():
        if must == "flow" and intent not in FLOWS:
            faults.append(f"{intent} is neither an answer nor a flow")
        elif must != "flow" and intent not in ANSWERS:
            faults.append(f"{intent} has no answer in {group}.yml")
        elif must != "flow" and ANSWERS[intent].group != group:
            faults.append(f"{where(ANSWERS[intent])} belongs in {group}.yml")
    none(faults)


def test_no_teaching_answer_stands_outside_the_table() -> None:
    none([where(answer) for answer in TAUGHT if answer.id not in TOPICS])


def test_every_claim_that_must_be_said_is_listed() -> None:
    faults = []
    for intent, (_, must) in TOPICS.items():
        if must != "flow":
            answer = ANSWERS[intent]
            listed = {*map(str, answer.claims), *answer.red_flags}
            faults += [
                f"{where(answer)}: claims or red_flags lack {claim}"
                for claim in must
                if str(claim) not in listed
            ]
    none(faults)


def test_what_keeps_people_safe_is_said_at_once() -> None:
    faults = []
    for intent, patterns in table("says.yml").items():
        said = " ".join(ANSWERS[intent].chat.split())
        faults += [
            f"{where(ANSWERS[intent])}: does not say '{p}'"
            for p in patterns
            if not re.search(p, said, re.IGNORECASE)
        ]
    none(faults)


def test_the_crisis_line_never_stands_without_the_emergency_number() -> None:
    said = [(f"{where(a)}: {field}", text) for a in ANSWERS.values() for field, text in texts(a).items()]
    said += [(f"{caution.place}: {key}", caution.text) for key, caution in ANSWERS.cautions.items()]
    none([name for name, text in said if "{crisis_line}" in text and "{emergency_number}" not in text])


def test_said_more_simply_the_numbers_to_call_stay() -> None:
    faults = []
    for answer in TAUGHT:
        for number in ("{emergency_number}", "{crisis_line}", "{poison_line}"):
            if number in answer.chat and number not in answer.simple:
                faults.append(f"{where(answer)}: simple leaves out {number}")
    none(faults)


def test_every_doubtful_claim_is_named_for_the_clinician() -> None:
    marks = {str(key): set(value) for key, value in table("claims.yml").items()}
    faults = []
    for owner, name in [(a, where(a)) for a in ANSWERS.values()] + [
        (c, f"{c.place}: {key}") for key, c in ANSWERS.cautions.items()
    ]:
        for claim in [*map(str, owner.claims), *getattr(owner, "red_flags", [])]:
            tag = claim if claim.startswith("R") else f"#{claim}"
            if claim not in marks:
                faults.append(f"{name}: claims.yml has no {claim}")
            elif marks[claim] & DOUBTFUL and not any(
                re.search(rf"{tag}\b", remark) for remark in owner.needs_clinician_check
            ):
                faults.append(f"{name}: needs_clinician_check does not name {tag}")
    none(faults)


def test_length() -> None:
    clinic = load_clinic(ROOT / "clinic.yml")
    long = {"chat": (40, 110), "more": (60, 170), "simple": (25, 60)}
    faults = []
    for answer in TAUGHT:
        for field, (low, high) in long.items():
            count = words(clinic.fill(texts(answer)[field]))
            if not low <= count <= high:
                faults.append(f"{where(answer)}: {field} has {count} words, not {low} to {high}")
        if len(answer.title) > 38:
            faults.append(f"{where(answer)}: a title of {len(answer.title)} characters does not fit a button")
        if not 2 <= len(answer.follow_ups) <= 3 or answer.id in answer.follow_ups:
            faults.append(f"{where(answer)}: two or three follow_ups, and not itself")
    none(faults)


def test_reading_grade() -> None:
    faults = []
    for answer in ANSWERS.values():
        if answer.id == "fallback_language":
            continue  # it speaks four languages
        for field, text in texts(answer).items():
            score, limit = grade(text), 6 if field == "simple" else 8
            if score > limit:
                faults.append(f"{where(answer)}: {field} is grade {score:.1f}, over {limit}")
    for key, caution in ANSWERS.cautions.items():
        if grade(caution.text) > 8:
            faults.append(f"{caution.place}: {key} is grade {grade(caution.text):.1f}, over 8")
    none(faults)


def test_no_text_says_what_none_may_say() -> None:
    never = table("never.yml")
    faults = []
    for answer in ANSWERS.values():
        for rule in [*never["everywhere"], *never["topics"].get(answer.id, [])]:
            for field, text in texts(answer).items():
                faults += [
                    f"{where(answer)}: {field}: {rule['never']}: {part}" for part in breaks(rule, text)
                ]
    for key, caution in ANSWERS.cautions.items():
        faults += [
            f"{caution.place}: {key}: {r['never']}: {part}"
            for r in never["everywhere"]
            for part in breaks(r, caution.text)
        ]
    none(faults)


def test_teaches_no_figure_but_how_common_it_is() -> None:
    figures = sorted(table("never.yml")["figures"], key=len, reverse=True)
    said = [(where(answer), text) for answer in TAUGHT for text in texts(answer).values()]
    said += [(f"{caution.place}: {key}", caution.text) for key, caution in ANSWERS.cautions.items()]
    faults = []
    for name, text in said:
        text = " ".join(text.split())
        for figure in figures:
            text = text.replace(figure, "")
        faults += [
            f"{name}: never.yml lists no such figure: '{found}'"
            for found in re.findall(r".{0,30}\d.{0,20}", text)
        ]
    none(faults)


RULES = [("everywhere", rule) for rule in table("never.yml")["everywhere"]]
RULES += [(intent, rule) for intent, rules in table("never.yml")["topics"].items() for rule in rules]


@pytest.mark.parametrize(
    ("place", "rule"), RULES, ids=lambda value: value["never"] if isinstance(value, dict) else value
)
def test_each_rule_catches_what_it_is_written_for(place: str, rule: dict[str, str]) -> None:
    assert place == "everywhere" or place in ANSWERS
    assert breaks(rule, rule["example"]), f"never.yml: {place}: '{rule['never']}' lets its own example pass"


def test_placeholders_are_known() -> None:
    known = load_clinic(ROOT / "clinic.yml").placeholders
    faults = []
    said = [
        (where(answer), text)
        for answer in ANSWERS.values()
        for text in (*texts(answer).values(), answer.title)
    ]
    for name, text in said + [
        (f"{caution.place}: {key}", caution.text) for key, caution in ANSWERS.cautions.items()
    ]:
        faults += [
            f"{name}: bot/content/clinic.py fills no '{found}'"
            for found in re.findall(r"\{([^}]*)\}", text)
            if found not in known
        ]
        if text.count("{") != text.count("}"):
            faults.append(f"{name}: a brace stands alone")
    none(faults)


def test_sources() -> None:
    faults = []
    for answer in ANSWERS.values():
        urls = [link["url"] for link in ANSWERS.links(answer)]
        if (
            not all(url.startswith("https://") for url in urls)
            or len(urls) != len(set(urls))
            or len(urls) > 4
        ):
            faults.append(f"{where(answer)}: at most four sources, each once and with https")
        if answer.claims and not urls:
            faults.append(f"{where(answer)}: rests on claims but names no source")
    named = {key for owner in (*ANSWERS.values(), *ANSWERS.cautions.values()) for key in owner.sources}
    named |= {
        key for topic in facets().values() for own in (topic, *topic.facets.values()) for key in own.sources
    }
    faults += [f"sources.yml: '{key}' is named by nothing" for key in ANSWERS.sources if key not in named]
    none(faults)


def test_other_wordings_differ() -> None:
    faults = []
    for answer in ANSWERS.values():
        said = [" ".join(text.split()).lower() for text in (answer.text, *answer.variants)]
        if len(set(said)) != len(said):
            faults.append(f"{where(answer)}: a variant says the same")
        taught = [set(map(str.lower, sentences(text))) for text in (answer.chat, answer.more) if text]
        if len(taught) == 2 and taught[0] & taught[1]:
            faults.append(f"{where(answer)}: more repeats '{min(taught[0] & taught[1])}'")
    none(faults)
