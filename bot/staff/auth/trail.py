"""What the console writes into the audit: who read what, who was refused, who changed an account."""

from __future__ import annotations

from datetime import timedelta

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.staff.auth.sessions import SignedIn
from bot.store import audit
from bot.store.engine import Store
from bot.store.models import Staff

#: Addresses with what patients said or left, beside those of one conversation; each with its action's code.
READS = {
    "/staff/": "list_read",
    "/staff/fragments/queue": "list_read",
    "/staff/search": "search_read",
    "/staff/bookings": "bookings_read",
    "/staff/calendar": "bookings_read",
    "/staff/calendar.csv": "bookings_exported",
    "/staff/calendar/feed": "feed_opened",
    "/staff/calendar/feed/close": "feed_closed",
}
#: A page that is open fetches its parts often, and going back and forth is one reading.
_AGAIN = timedelta(minutes=5)
_REFUSED_AGAIN = timedelta(minutes=1)


def address(request: Request) -> str:
    """The network address that a request came from."""
    return request.client.host if request.client else "?"


def note(
    session: Session, request: Request, who: SignedIn, action: str, *, on: str = "", detail: str = ""
) -> None:
    """Record in the transaction of the deed itself what ``who`` did.

    Args:
        on: the object, as ``audit.of_staff`` or ``audit.of_conversation`` call it.
    """
    by = audit.of_staff(who.staff.id)
    audit.record(session, action, actor=by, object=on, detail=detail, address=address(request))


def note_reading(store: Store, request: Request, who: SignedIn, path: str) -> None:
    """Record before it happens that ``who`` reads a list or a conversation.

    Every address that names a conversation counts, and no header of the browser switches it off.

    Args:
        path: the route's pattern.
    """
    conversation = request.path_params.get("conversation_id") or request.query_params.get("conversation", "")
    action = "conversation_read" if conversation else READS.get(path)
    if action is None:
        return
    audit.record_once(
        store,
        action,
        within=_AGAIN if action.endswith("_read") else timedelta(0),
        actor=audit.of_staff(who.staff.id),
        object=audit.of_conversation(conversation) if conversation else "",
        address=address(request),
    )


def note_refusal(store: Store, request: Request, code: str, path: str) -> None:
    """Record a request that was refused for who asked, or from where, once a minute.

    Args:
        code: the refusal's code: ``role``, ``csrf`` or ``origin``.
        path: the route's pattern; what was typed is in none.
    """
    who: SignedIn | None = getattr(request.state, "who", None)
    audit.record_once(
        store,
        "access_refused" if code == "role" else "csrf_refused",
        within=_REFUSED_AGAIN,
        actor=audit.of_staff(who.staff.id) if who else audit.UNKNOWN,
        detail=f"{request.method} {path}" if request.method in _METHODS else path,
        address=address(request),
    )


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def note_sign_in(store: Store, email: str, code: str, *, address: str, where: str = "") -> None:
    """Record a sign-in that failed.

    An address that has no account stays unnamed: people type passwords into the wrong box.

    Args:
        code: the refusal's code: ``wrong``, ``too_many`` or ``disabled``.
    """
    action, detail = _FAILED[code]
    with store.read() as session:
        known = session.scalar(select(Staff.id).where(Staff.email == email))
    audit.record_once(
        store,
        action,
        # A locked account refuses without limit, so its refusals would fill the table.
        within=_REFUSED_AGAIN if code == "too_many" else timedelta(0),
        actor=audit.of_staff(known) if known else audit.UNKNOWN,
        detail=", ".join(part for part in (detail, where) if part),
        address=address,
    )


_FAILED = {
    "wrong": ("sign_in_failed", ""),
    "too_many": ("sign_in_locked", ""),
    "disabled": ("sign_in_failed", "account is switched off"),
}


def note_audit_read(store: Store, request: Request, who: SignedIn) -> None:
    """Record that ``who`` reads the audit itself."""
    by = audit.of_staff(who.staff.id)
    audit.record_once(store, "audit_read", within=_AGAIN, actor=by, address=address(request))
