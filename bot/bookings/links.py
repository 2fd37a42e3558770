"""One-time links to the page on which a patient leaves a name and a way to be reached for a booking
request (``contact_page``)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.channels.base import traits
from bot.clock import now
from bot.store.models import Booking, ContactLink

LASTS = timedelta(hours=24)


def asked_on_page(channel: str) -> bool:
    """Whether name and contact are asked on a private page, because others may read the chats of this
    channel.

    Outside the front door (``rasa shell``) there is no channel, and nobody else reads.
    """
    return bool(channel) and not traits(channel).contact_in_chat


def make_link(session: Session, booking: Booking, *, address: str) -> str:
    """A new link for a request; earlier ones that were not used stop working.

    Args:
        address: where patients reach us, such as ``https://assistant.clinic.example``.
    """
    token = secrets.token_urlsafe(32)
    unused = (ContactLink.booking_id == booking.id) & ContactLink.used_at.is_(None)
    session.execute(update(ContactLink).where(unused).values(expires_at=now()))
    session.add(
        ContactLink(
            token_hash=digest(token),
            conversation_id=booking.conversation_id,
            booking_id=booking.id,
            expires_at=now() + LASTS,
        )
    )
    session.flush()
    return f"{address.rstrip('/')}/contact/{token}"


def open_link(session: Session, token: str) -> ContactLink | None:
    """The link, if it can still be used."""
    link = session.get(ContactLink, digest(token))
    return link if link and is_open(link) else None


def is_open(link: ContactLink) -> bool:
    """Whether the link can still be used: once, and not after it ran out."""
    return link.used_at is None and link.expires_at > now()


def newest_links(session: Session, booking_ids: Sequence[int]) -> dict[int, ContactLink]:
    """The last link that was made for each request; those for which none was made are left out."""
    found = session.scalars(
        select(ContactLink).where(ContactLink.booking_id.in_(booking_ids)).order_by(ContactLink.created_at)
    )
    return {link.booking_id: link for link in found}


def use_link(session: Session, link: ContactLink, **given: str) -> bool:
    """Put what was left into the request; ``False`` if somebody was quicker, with this link or with a
    newer one.

    Args:
        given: the private fields by their columns, such as ``name`` and ``contact``.
    """
    usable = (
        (ContactLink.token_hash == link.token_hash)
        & ContactLink.used_at.is_(None)
        & (ContactLink.expires_at > now())
    )
    used = session.execute(update(ContactLink).where(usable).values(used_at=now()))
    if used.rowcount != 1:  # type: ignore[attr-defined]
        return False
    session.execute(
        update(Booking)
        .where(Booking.id == link.booking_id)
        .values(**given, updated_at=now(), version=Booking.version + 1)
    )
    return True


def digest(token: str) -> str:
    """The form in which a token is stored: its SHA-256 in hex."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
