"""The staff console as one router. Include it without a prefix; it brings ``/staff`` itself."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter
from fastapi.responses import RedirectResponse

from bot.errors import RefusedError
from bot.staff import conversation_routes, live_routes
from bot.staff.auth import people, sign_in
from bot.staff.auth.access import route_class
from bot.staff.pages import Console, Who
from bot.store.engine import Store
from bot.work.notifier import Notifier


def make_router(store: Store, notifier: Notifier, kick: Callable[[str], None]) -> APIRouter:
    """The console's pages.

    Args:
        store: the database.
        notifier: rung after every change, and listened to for live pages.
        kick: told the id of a conversation that goes back to the assistant; called on the event loop.
    """
    console = Console(store, notifier, kick)
    router = APIRouter(prefix="/staff", route_class=route_class(console), include_in_schema=False)

    @router.get("")
    def home(who: Who) -> RedirectResponse:
        return RedirectResponse("/staff/", status_code=303)

    for room in (sign_in, conversation_routes, people, live_routes):
        room.add_routes(router, console)

    @router.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def nothing_here(who: Who, path: str) -> None:
        raise RefusedError("not_found", "There is no such page in the console.", status=404)

    return router
