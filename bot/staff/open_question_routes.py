"""The page of what patients asked and no reviewed text answers."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from bot.staff import labels
from bot.staff.auth.access import router
from bot.staff.dependencies import Database, Who
from bot.staff.open_questions import open_questions
from bot.staff.pages import page
from bot.staff.queue import read_counts


@router.get("/open-questions")
def open_question_list(request: Request, store: Database, who: Who) -> Response:
    """The gaps, the most asked first. No patient's words stand on it."""
    with store.read() as session:
        found, counts = open_questions(session), read_counts(session, who.staff)
    return page(
        request,
        "open_questions.html",
        section="open_questions",
        questions=found,
        counts=counts,
        views=labels.lists(),
        view="open_questions",
    )
