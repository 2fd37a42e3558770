"""The reviewed answers: ``data/answers/*.yml``, read once and checked, each fault named by file and line.

Clinicians change the words there and nowhere else. An answer's version is a digest of its words, so that the
log says which wording a patient saw.
"""

from __future__ import annotations

import hashlib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from bot.content.yaml_file import fault_line, read_yaml
from bot.errors import ConfigError
from bot.settings import ROOT

Model = TypeVar("Model", bound=BaseModel)

FOLDER = ROOT / "data" / "answers"
CONTEXTS = ("pregnant", "kidney", "child", "other", "dopamine", "gabapentinoid", "opioid")
_FAULTS = "The answers have faults:\n  "
#: Groups whose answers teach, and so need everything that a clinician reviews.
TEACHING = ("causes", "iron", "treatment", "lifestyle", "care")
#: Buttons that do something instead of showing an answer.
FLOWS = {
    "book_appointment": "Book an appointment",
    "change_appointment": "Change my request",
    "talk_to_staff": "Talk to staff",
    "check_symptoms": "Check my symptoms",
    "delete_my_data": "Delete my data",
    "ask_more": "Tell me more",
    "ask_repeat": "Say it more simply",
    "ask_sources": "Where is this from?",
    "affirm": "Yes",
    "deny": "No",
    "stop": "Cancel",
}


class Source(BaseModel):
    """Where a fact comes from, as a patient sees it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    url: str

    @field_validator("url")
    @classmethod
    def _https(cls, value: str) -> str:
        if not value.startswith("https://"):
            raise ValueError("write a link that begins with https://")
        return value


class Reviewed(BaseModel):
    """What every reviewed text carries for the clinician who signs it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    text: str = Field(min_length=1)
    sources: list[str] = []
    claims: list[int] = []
    reviewed_on: date
    state: Literal["draft", "approved"]
    approved_by: str | None = None
    needs_clinician_check: list[str] = []
    place: str

    @model_validator(mode="after")
    def _signed(self) -> Self:
        if self.state == "approved" and not self.approved_by:
            raise ValueError("approved, but approved_by is missing")
        return self

    @field_validator("text", "more", "simple", "next_step", mode="before", check_fields=False)
    @classmethod
    def _paragraphs(cls, value: Any) -> Any:
        return (
            "\n\n".join(part.strip() for part in value.split("\n\n") if part.strip())
            if isinstance(value, str)
            else value
        )


class Caution(Reviewed):
    """What someone in a special situation must hear beside an answer.

    Args:
        topic: the answer that tells more of the situation.
        danger: 1 for the situation that a message must least be sent away with, and so on; 0 for the
            harmless.
        medicine: the situation is a kind of medicine that is taken.
        slows_breathing: its caution is never the one that finds no room.
        said_with: a text that has one of these words says itself what the caution would.
    """

    label: str
    topic: str = ""
    danger: int = 0
    medicine: bool = False
    slows_breathing: bool = False
    said_with: list[str] = []


class Answer(Reviewed):
    """One answer; ``id`` is the intent that it answers, or the name of a line in a flow.

    Args:
        offers: what a plain "yes" to this line does: an answer's id, or ``talk_to_staff``.
        own_caution: the situation whose caution the answer says itself.
        own_subject: "it" in the next message means this answer's subject; after other answers it means
            restless legs.
        medicine: amounts and stopping are asked of it.
        general: a part of a message seems to ask for it when it only asks on ("is that why?").
        not_answered: of a text that is said after a red flag: topics, or whole groups, that are not answered
            while it stands, as their advice could do harm.
        answered_only: the same the other way round: of all topics only these are answered.
        suggest: may be offered as "did you mean", as every topic is.
    """

    id: str
    title: str
    next_step: str = ""
    more: str = ""
    simple: str = ""
    variants: list[str] = []
    follow_ups: list[str] = []
    offers: str = ""
    own_caution: str = ""
    own_subject: bool = False
    medicine: bool = False
    general: bool = False
    not_answered: list[str] = []
    answered_only: list[str] = []
    suggest: bool = False
    red_flags: list[str] = []
    cautions: list[str] = []
    caution_texts: dict[str, str] = {}
    group: str

    @property
    def chat(self) -> str:
        """What is said first: the text and the one next step."""
        return "\n\n".join(part for part in (self.text, self.next_step) if part)

    @property
    def version(self) -> str:
        words = "\n".join(
            (self.text, self.next_step, self.more, self.simple, *self.variants, *self.caution_texts.values())
        )
        return hashlib.sha256(words.encode()).hexdigest()[:8]

    @field_validator("cautions", "caution_texts")
    @classmethod
    def _contexts(cls, value: Any) -> Any:
        for key in value:
            if key not in CONTEXTS:
                raise ValueError(f"'{key}' is no context; write one of {', '.join(CONTEXTS)}")
        return value


class Answers(dict[str, Answer]):
    """All answers by id, with the sources and cautions they name."""

    sources: dict[str, Source]
    cautions: dict[str, Caution]

    def links(self, answer: Reviewed) -> list[dict[str, str]]:
        return [self.sources[key].model_dump() for key in answer.sources]

    def label(self, key: str) -> str:
        """The words on a button that leads to ``key``."""
        return FLOWS[key] if key in FLOWS else self[key].title

    def choices(self, keys: list[str]) -> list[dict[str, str]]:
        return [{"key": key, "label": self.label(key)} for key in keys]


def load_answers(folder: Path) -> Answers:
    """Read a folder of answer files.

    Raises:
        ConfigError: lists every fault found, each as ``file:line: id: what is wrong``.
    """
    faults: list[str] = []
    made = Answers()
    made.sources = _mapping(folder / "sources.yml", Source, faults)
    made.cautions = _mapping(folder / "cautions.yml", Caution, faults)
    for path in sorted(folder.glob("*.yml")):
        if path.name in ("sources.yml", "cautions.yml"):
            continue
        for node, raw in entries(path, faults):
            place = f"{path.name}:{node.start_mark.line + 1}"
            try:
                answer = Answer.model_validate({**raw, "group": path.stem, "place": place})
            except ValidationError as error:
                faults += [fault_line(path, node, raw.get("id", "?"), problem) for problem in error.errors()]
                continue
            if answer.id in made:
                faults.append(f"{place}: {answer.id}: stands already at {made[answer.id].place}")
            made[answer.id] = answer
    if faults:  # names are checked once everything can be read
        raise ConfigError(_FAULTS + "\n  ".join(faults))
    for answer in made.values():
        _check_names(answer, made, faults)
    for key, caution in made.cautions.items():
        faults += [
            f"{caution.place}: {key}: source '{s}' is not in sources.yml"
            for s in caution.sources
            if s not in made.sources
        ]
        if caution.topic and caution.topic not in made:
            faults.append(f"{caution.place}: {key}: topic '{caution.topic}' is no answer")
        if key not in CONTEXTS:
            faults.append(f"{caution.place}: '{key}' is no context; write one of {', '.join(CONTEXTS)}")
    faults += [f"cautions.yml:1: '{key}' has no caution" for key in CONTEXTS if key not in made.cautions]
    if faults:
        raise ConfigError(_FAULTS + "\n  ".join(faults))
    return made


def _check_names(answer: Answer, made: Answers, faults: list[str]) -> None:
    where = f"{answer.place}: {answer.id}"
    for key in answer.sources:
        if key not in made.sources:
            faults.append(f"{where}: source '{key}' is not in sources.yml")
    for key in answer.follow_ups:
        if key not in made and key not in FLOWS:
            faults.append(f"{where}: follow-up '{key}' is no answer")
    if answer.offers and answer.offers not in made and answer.offers != "talk_to_staff":
        faults.append(f"{where}: offers '{answer.offers}' is no answer")
    for key in [*answer.not_answered, *answer.answered_only]:
        if key not in made and key not in TEACHING:
            faults.append(f"{where}: '{key}' is no answer and no group of answers")
    for key in answer.cautions:
        if key not in answer.caution_texts and key not in made.cautions:
            faults.append(f"{where}: caution '{key}' has no text")
    if answer.group in TEACHING:
        for field in ("next_step", "more", "simple", "follow_ups", "sources", "claims"):
            # What the assistant can and cannot do (doses, costs, the clinic) rests on no claim.
            if not getattr(answer, field) and not (
                field == "claims" and answer.id in ("ask_dose", "ask_cost")
            ):
                faults.append(f"{where}: {field} is missing")


def entries(path: Path, faults: list[str]) -> list[tuple[yaml.MappingNode, dict[str, Any]]]:
    """The entries of a file that is a list, each with its place in the file; faults are added to
    ``faults``."""
    read = read_yaml(path, faults)
    if read is None:
        return []
    root, rows = read
    if not isinstance(root, yaml.SequenceNode) or not all(isinstance(row, dict) for row in rows):
        faults.append(f"{path.name}:1: this file must be a list of answers")
        return []
    return list(zip(root.value, rows, strict=True))


def _mapping(path: Path, kind: type[Model], faults: list[str]) -> dict[str, Model]:
    read = read_yaml(path, faults)
    if read is None:
        return {}
    root, rows = read
    if not isinstance(root, yaml.MappingNode) or not all(isinstance(raw, dict) for raw in rows.values()):
        faults.append(f"{path.name}:1: this file must be names with fields")
        return {}
    made = {}
    for key, node in root.value:
        if key.value in made:
            faults.append(f"{path.name}:{key.start_mark.line + 1}: {key.value}: stands here a second time")
        place = {"place": f"{path.name}:{key.start_mark.line + 1}"} if "place" in kind.model_fields else {}
        try:
            made[key.value] = kind.model_validate({**rows[key.value], **place})
        except ValidationError as error:
            faults += [fault_line(path, node, key.value, problem) for problem in error.errors()]
    return made


@cache
def answers() -> Answers:
    """The answers of this installation."""
    return load_answers(FOLDER)
