"""What patients asked about a topic and no reviewed text answers: the list for the clinician who writes
next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.content.answers import answers
from bot.content.facets import facet_kinds, facets
from bot.store.models import TurnLog


@dataclass(frozen=True)
class OpenQuestion:
    """One gap in the reviewed texts.

    Args:
        topic: the id of the topic, and ``facet`` what was asked about it.
        named: both in words.
        patients: in how many conversations it was asked.
        last: when it was asked last.
    """

    topic: str
    facet: str
    named: str
    patients: int
    last: datetime


def open_questions(session: Session) -> list[OpenQuestion]:
    """The gaps by how many patients met them, the widest first; what has a reviewed text by now is none
    any more."""
    facet = TurnLog.facts["open"].as_string()
    found = session.execute(
        select(
            TurnLog.answer_id,
            facet,
            func.count(TurnLog.conversation_id.distinct()),
            func.max(TurnLog.at),
        )
        .where(facet.is_not(None), TurnLog.answer_id.is_not(None))
        .group_by(TurnLog.answer_id, facet)
    ).all()
    gaps = [
        OpenQuestion(topic, asked, _named(topic, asked), patients, last)
        for topic, asked, patients, last in found
        if topic in answers() and not _answered(topic, asked)
    ]
    return sorted(gaps, key=lambda gap: (-gap.patients, gap.named))


def _answered(topic: str, facet: str) -> bool:
    return topic in facets() and facet in facets()[topic].facets


def _named(topic: str, facet: str) -> str:
    kind = facet_kinds().get(facet)
    return f"{answers()[topic].title}: {kind.name if kind else facet}"
