"""What may be said: the clinic's file, the reviewed answers and texts, what they fill in, and who signed
them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.check.finding import Finding, ok, warning, wrong
from bot.content.answers import Answers, answers
from bot.content.clinic import Clinic, clinic
from bot.content.facets import TopicFacets, facets
from bot.content.texts import texts
from bot.errors import ConfigError
from bot.rasa_server import training
from bot.settings import ROOT, Settings

_PLACE = re.compile(r"\{([a-z_]+)\}")


def contents_fit(config: Settings) -> Iterator[Finding]:
    """The clinic's file first: the others fill in what it says."""
    try:
        of = clinic()
    except ConfigError as error:
        yield wrong("clinic", str(error))
        return
    if of.example:
        yield warning(
            "clinic",
            f"{config.clinic_file} still has example values",
            "Fill in what is marked EXAMPLE, and take out 'example: true'",
        )
    else:
        yield ok("clinic", f"{of.name}, open {of.hours_text or 'never'}")
    if not of.hours:
        yield warning(
            "clinic", "no day is open, so urgent chats that nobody opens are never told on", "Fill in hours"
        )
    try:
        texts()
        read, by_topic = answers(), facets()
    except ConfigError as error:
        yield wrong("answers", str(error))
        return
    lost = list(unfilled(read, by_topic, of))
    if lost:
        yield wrong(
            "answers",
            f"nothing fills {'; '.join(lost)}",
            f"Placeholders are {', '.join(sorted(of.placeholders))}",
        )
    else:
        yield ok("answers", f"{len(read)} answers, every placeholder is filled")
    yield from _signed(read, by_topic)


def unfilled(read: Answers, by_topic: dict[str, TopicFacets], of: Clinic) -> Iterator[str]:
    """Each name in braces of an answer that the clinic's file does not fill, with its place: patients
    would read the braces."""
    words = {
        answer.place: (answer.chat, answer.more, answer.simple, *answer.variants) for answer in read.values()
    }
    words |= {caution.place: (caution.text,) for caution in read.cautions.values()}
    words |= {
        found.place: (found.short, *(own.text for own in found.facets.values()))
        for found in by_topic.values()
    }
    for place, said in words.items():
        for name in sorted(set(_PLACE.findall("\n".join(said))) - of.placeholders.keys()):
            yield f"{{{name}}} at {place}"


def models_current() -> Iterator[Finding]:
    """Whether the models are there and fit the files at hand."""
    old = [model.file for model in training.stale(ROOT)]
    if old:
        yield warning(
            "models",
            f"{' and '.join(old)}: missing, or older than what is taught",
            "make train, or the next start does it",
        )
    else:
        yield ok("models", "there and current")


def _signed(read: Answers, by_topic: dict[str, TopicFacets]) -> Iterator[Finding]:
    states: list[str] = [text.state for text in (*read.values(), *read.cautions.values())]
    states += [found.state for found in by_topic.values()]
    drafts = states.count("draft")
    if drafts:
        yield warning(
            "signatures", f"{drafts} of {len(states)} texts are not signed by a clinician", "make answers"
        )
    else:
        yield ok("signatures", f"all {len(states)} texts are signed")
