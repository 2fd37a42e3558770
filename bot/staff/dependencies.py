"""What the console's route handlers ask for: the parts it works on, and who is signed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form, Path, Request

from bot.staff.auth.sessions import SignedIn
from bot.store.engine import Store
from bot.work.notifier import Notifier


@dataclass(frozen=True)
class Parts:
    """What the console works on.

    Args:
        notifier: told of every change, and listened to for live pages.
        kick: told the id of a conversation that goes back to the assistant; must be called on the event loop.
    """

    store: Store
    notifier: Notifier
    kick: Callable[[str], None]


def parts(request: Request) -> Parts:
    """The parts that ``router.attach`` gave to the application."""
    found: Parts = request.app.state.console
    return found


def store(request: Request) -> Store:
    """The database."""
    return parts(request).store


def signed_in(request: Request) -> SignedIn:
    """Who asks; ``auth.access`` has checked it."""
    who: SignedIn = request.state.who
    return who


Console = Annotated[Parts, Depends(parts)]
Database = Annotated[Store, Depends(store)]
Who = Annotated[SignedIn, Depends(signed_in)]
#: A field of a form; absent is empty.
Field = Annotated[str, Form()]
#: The number of a row in an address; the bound is that of the column.
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
