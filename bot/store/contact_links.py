"""One-time links to the page on which a patient leaves a name and a way to be reached for a booking request."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.store.models import Booking, ContactLink, now

LASTS = timedelta(hours=24)


def make_link(session: Session, booking: Booking, *, address: str) -> str:
    """A new link for a request; earlier ones that were not used stop working.

    Args:
        address: where patients reach us, such as ``https://assistant.clinic.example``.
    """
    token = secrets.token_urlsafe(32)
    unused = (ContactLink.booking_id == booking.id) & ContactLink.used_at.is_(None)
    session.execute(update(ContactLink).where(unused).values(expires_at=now()))
    session.add(
        ContactLink(token_hash=digest(token), conversation_id=booking.conversation_id, booking_id=booking.id, expires_at=now() + LASTS)
    )
    session.flush()
    return f"{address.rstrip('/')}/contact/{token}"


def open_link(session: Session, token: str) -> ContactLink | None:
    """The link, if it can still be used."""
    link = session.get(ContactLink, digest(token))
    return link if link and link.used_at is None and link.expires_at > now() else None


def use_link(session: Session, link: ContactLink, *, name: str, contact: str) -> bool:
    """Put name and contact into the request; ``False`` if somebody was quicker."""
    used = session.execute(
        update(ContactLink).where(ContactLink.token_hash == link.token_hash, ContactLink.used_at.is_(None)).values(used_at=now())
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]
        return False
    session.execute(
        update(Booking)
        .where(Booking.id == link.booking_id)
        .values(name=name, contact=contact, updated_at=now(), version=Booking.version + 1)
    )
    return True


def digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
