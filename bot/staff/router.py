"""The staff console, under ``/staff``: all its routes, and how an application gets them."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.responses import RedirectResponse

from bot.content.texts import text
from bot.errors import RefusedError

# Importing a module of handlers adds its routes.
from bot.staff import (  # noqa: F401
    booking_routes,
    calendar_routes,
    conversation_routes,
    live_routes,
    open_question_routes,
    search_routes,
    visit_routes,
)
from bot.staff.auth import audit_page, people, sign_in  # noqa: F401
from bot.staff.auth.access import router
from bot.staff.auth.roles import home as start_of
from bot.staff.dependencies import Parts, Who


def attach(app: FastAPI, parts: Parts) -> None:
    """Give the application the console's routes, and the routes what they work on."""
    app.state.console = parts
    app.include_router(router)


@router.get("")
def home(who: Who) -> RedirectResponse:
    """The address as people type it."""
    return RedirectResponse(start_of(who.staff.role), status_code=303)


# Last, because it takes every path.
@router.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def nothing_here(who: Who, path: str) -> None:
    """Any other address: who is not signed in cannot find out which pages there are."""
    raise RefusedError("not_found", text("staff.refused.no_such_page"), status=404)
