"""The small reviewed texts of a topic: ``data/answers/facets/*.yml``, one for each kind of question asked
about it.

A facet is what is asked about a topic ("how long", "side effects"); ``data/facets.yml`` lists them. A
question for a facet gets that text first and the whole topic only if it wants more. Checked when read, like
the answers.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.content.answers import FOLDER, Answers, Reviewed, answers, entries
from bot.content.yaml_file import fault_line
from bot.errors import ConfigError
from bot.settings import ROOT

FACETS = ROOT / "data" / "facets.yml"
#: Words at most: a facet and a direct answer are read on a phone at night.
LONGEST, LONGEST_SHORT = 50, 45


class FacetKind(BaseModel):
    """One kind of question, and what serves it where a topic has no text of its own: an answer that topics share, or
    the topic's text for a kind ``near`` it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    instead: str = ""
    medicine: str = ""
    near: list[str] = []


class FacetText(BaseModel):
    """One reviewed text. It is a draft as long as its topic is."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    text: str = Field(min_length=1)
    claims: list[int] = []
    sources: list[str] = []
    needs_clinician_check: list[str] = []


class TopicFacets(BaseModel):
    """What can be said about one topic, question by question.

    Args:
        short: the direct answer to the topic itself, in one or two sentences.
        asks: the topic's name within a sentence: "gabapentin and similar medicines".
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    topic: str
    short: str = Field(min_length=1)
    asks: str = Field(min_length=1)
    claims: list[int] = []
    sources: list[str] = []
    needs_clinician_check: list[str] = []
    facets: dict[str, FacetText] = {}
    reviewed_on: date
    state: Literal["draft", "approved"]
    place: str

    def as_reviewed(self, facet: str) -> Reviewed:
        """The facet in the form of every reviewed text, for its sources and the clinician's page."""
        own = self.facets[facet]
        return Reviewed(
            **own.model_dump(), reviewed_on=self.reviewed_on, state="draft", place=f"{self.place} {facet}"
        )


@cache
def facet_kinds() -> dict[str, FacetKind]:
    """Every facet by name.

    Raises:
        ConfigError: the file is not in its form, or names an answer that is not there.
    """
    try:
        rows = yaml.safe_load(FACETS.read_text(encoding="utf-8"))
        made = {str(name): FacetKind.model_validate(row) for name, row in rows.items()}
    except (OSError, yaml.YAMLError, AttributeError, ValidationError) as error:
        raise ConfigError(f"{FACETS.name} cannot be read: {error}") from None
    missing = {key for kind in made.values() for key in (kind.instead, kind.medicine)} - {"", *answers()}
    if missing:
        raise ConfigError(f"{FACETS.name} names answers that are not there: {', '.join(sorted(missing))}")
    unknown = {key for kind in made.values() for key in kind.near} - set(made)
    if unknown:
        raise ConfigError(f"{FACETS.name} names facets that are not there: {', '.join(sorted(unknown))}")
    return made


def load_facets(folder: Path, known: Answers) -> dict[str, TopicFacets]:
    """Read a folder of facet files; one entry a topic.

    Raises:
        ConfigError: lists every fault found, each as ``file:line: topic: what is wrong``.
    """
    faults: list[str] = []
    made: dict[str, TopicFacets] = {}
    for path in sorted(folder.glob("*.yml")):
        for node, raw in entries(path, faults):
            place = f"{path.name}:{node.start_mark.line + 1}"
            try:
                found = TopicFacets.model_validate({**raw, "place": place})
            except ValidationError as error:
                faults += [
                    fault_line(path, node, raw.get("topic", "?"), problem) for problem in error.errors()
                ]
                continue
            if found.topic in made:
                faults.append(f"{place}: {found.topic}: stands already at {made[found.topic].place}")
            made[found.topic] = found
            faults += [f"{place}: {found.topic}: {wrong}" for wrong in _wrong(found, known)]
    if faults:
        raise ConfigError("The facets have faults:\n  " + "\n  ".join(faults))
    return made


def _wrong(found: TopicFacets, known: Answers) -> list[str]:
    """What one topic's facets name that is not there, or say at too great a length."""
    texts: dict[str, Any] = {"short": found.short, **{name: own.text for name, own in found.facets.items()}}
    longest = {name: LONGEST_SHORT if name == "short" else LONGEST for name in texts}
    named = {*found.sources, *(source for own in found.facets.values() for source in own.sources)}
    wrong = [
        f"'{name}' has {len(text.split())} words, at most {longest[name]} are read"
        for name, text in texts.items()
        if len(text.split()) > longest[name]
    ]
    wrong += [f"source '{source}' is not in sources.yml" for source in sorted(named - set(known.sources))]
    wrong += [f"'{name}' is no facet" for name in found.facets if name not in facet_kinds()]
    return wrong


@cache
def facets() -> dict[str, TopicFacets]:
    """The facets of this installation, by topic."""
    return load_facets(FOLDER / "facets", answers())
