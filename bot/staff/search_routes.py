"""The page on which staff look for conversations.

The words are what patients said and how they are called, so they stand in no address: the form posts them, and they
wait in a cookie of this page alone for the page that shows what was found.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import Query, Request
from fastapi.responses import Response
from sqlalchemy import select

from bot.channels import base
from bot.content.answers import answers
from bot.content.texts import table, text
from bot.errors import RefusedError
from bot.settings import settings
from bot.staff import labels
from bot.staff.auth.access import router
from bot.staff.dependencies import Database, Field, Who
from bot.staff.pages import SEARCH_COOKIE, go, page
from bot.staff.search import MOST_LINES, MOST_PAGES, Found, Wanted, find
from bot.store.models import Staff

PATH = "/staff/search"
_MOST_WORDS = 120  # characters


@router.get("/search")
def search_page(
    request: Request,
    store: Database,
    who: Who,
    said: str = "",
    channel: str = "",
    since: str = "",
    until: str = "",
    by: str = "",
    topic: str = "",
    outcome: str = "",
    number: Annotated[int, Query(alias="page", ge=1, le=MOST_PAGES)] = 1,
) -> Response:
    """What was looked for and found; nothing is looked for until something is asked.

    Args:
        said: whether the words of the cookie count.
        by: the id of a staff member.
    """
    words = unquote(request.cookies.get(SEARCH_COOKIE, "")) if said else ""
    wanted = Wanted(words, channel, since, until, by, topic, outcome, number)
    found, problem = Found(), None
    asked = bool(words or wanted.query)
    with store.read() as session:
        people = session.execute(select(Staff.id, Staff.name).order_by(Staff.name)).all()
        try:
            found = find(session, wanted) if asked else found
        except RefusedError as error:
            problem = error
    return page(
        request,
        "search.html",
        status=problem.status if problem else 200,
        section="search",
        wanted=wanted,
        found=found,
        asked=asked,
        last=MOST_PAGES,
        most_lines=MOST_LINES,
        people=people,
        choices=_choices(),
        problem=problem.message if problem else None,
    )


@router.post("/search")
def look_for(
    words: Field = "",
    channel: Field = "",
    since: Field = "",
    until: Field = "",
    by: Field = "",
    topic: Field = "",
    outcome: Field = "",
) -> Response:
    """Keep the words for the page that shows what is found, and go there."""
    said = " ".join(words.split())
    if len(said) > _MOST_WORDS:
        raise RefusedError("too_long", text("staff.refused.search_long", most=_MOST_WORDS))
    query = Wanted(said, channel, since, until, by, topic, outcome).query
    made = go(f"{PATH}?{query}" if query else PATH)
    made.set_cookie(
        SEARCH_COOKIE,
        quote(said),
        path=PATH,
        httponly=True,
        samesite="strict",
        secure=settings().secure_cookies,
    )
    return made


def _choices() -> dict[str, dict[str, str]]:
    """What the filters offer: code and name of each choice."""
    titles = {key: answer.title for key, answer in answers().items()}
    return {
        "channel": {name: base.label(name) for name in base.REGISTRY},
        "topic": dict(sorted(titles.items(), key=lambda item: item[1].casefold())),
        "outcome": {**table("staff.modes"), **labels.booking_states(), "flag": text("staff.flag_unnamed")},
    }
