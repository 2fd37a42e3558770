"""One step of staff in a conversation, and the page that shows its outcome."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from bot.errors import RefusedError
from bot.staff import labels
from bot.staff.auth.sessions import SignedIn
from bot.staff.canned import canned
from bot.staff.conversation_page import read_conversation
from bot.staff.dependencies import Parts
from bot.staff.pages import go, is_fragment, page, problem_page
from bot.staff.queue import list_name, read_queue
from bot.staff.unread import read_news


def act(
    request: Request,
    console: Parts,
    who: SignedIn,
    conversation_id: str,
    work: Callable[[Session], object],
    done: str,
    *,
    kept: dict[str, str] | None = None,
) -> Response:
    """Do ``work`` in one transaction; if it is refused, say so on the page and give back what was typed.

    Args:
        done: what the page says afterwards, a key of ``staff.done`` in ``data/texts``.
        kept: what was typed, by the name of its box.
    Returns:
        303 to the conversation's page; the page itself with the refusal's status.
    """
    try:
        with console.store.write() as session:
            work(session)
    except RefusedError as error:
        if is_fragment(request) or error.status == 404:
            return problem_page(request, error, kept=next(iter((kept or {}).values()), ""))
        return show(request, console, who, conversation_id, error, kept=kept)
    console.notifier.notify(conversation_id)
    view = list_name(request.query_params.get("view", ""))
    return go(f"/staff/conversations/{conversation_id}?view={view}", done)


def succeeded(response: Response) -> bool:
    """Whether :func:`act` did its work."""
    return response.status_code == 303


def show(
    request: Request,
    console: Parts,
    who: SignedIn,
    conversation_id: str,
    error: RefusedError | None = None,
    *,
    kept: dict[str, str] | None = None,
) -> Response:
    """The page of a conversation with the queue beside it; with why something was refused and what was
    typed, if so."""
    view = list_name(request.query_params.get("view", ""))
    with console.store.read() as session:
        talk = read_conversation(
            session, conversation_id, who.staff, every_line="all" in request.query_params
        )
        listed, counts = read_queue(session, view, who.staff), read_news(session, who.staff)
    return page(
        request,
        "desk.html",
        status=error.status if error else 200,
        section="queue",
        view=view,
        views=labels.lists(),
        listed=listed,
        counts=counts,
        talk=talk,
        open_id=conversation_id,
        canned=canned(),
        problem=error.message if error else None,
        kept=kept or {},
    )
