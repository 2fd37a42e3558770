"""The audit: who did what, to what, when and from where, in a table of its own that outlives what it speaks of.

Entries are numbered without gaps, and each carries the digest of the one before it, so that a changed, moved or
missing entry shows (``verify``). The database refuses to change or delete one. No entry holds a patient's words,
name or contact: a conversation appears under a pseudonym that only who knows its id can make again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.clock import now
from bot.store.base import Base
from bot.store.engine import Store, one_at_a_time

log = structlog.get_logger(__name__)

#: What stands before the first entry.
FIRST = "0" * 64
#: Actors that are no account.
UNKNOWN, PATIENT, COMMAND = "unknown", "patient", "command"


class AuditEntry(Base):
    """One thing that was done. ``prev`` is unique, so the chain cannot fork, whatever process writes."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_lately", "actor", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(32))
    action: Mapped[str] = mapped_column(String(32))
    object: Mapped[str] = mapped_column(String(48), index=True)
    detail: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(64))
    prev: Mapped[str] = mapped_column(String(64), unique=True)
    digest: Mapped[str] = mapped_column(String(64))


@dataclass(frozen=True)
class Chain:
    """What ``verify`` found.

    Args:
        count: how many entries there are.
        newest: the digest of the last one, or ``FIRST``.
        faults: one plain sentence for each broken link.
        held: whether the digest that was asked for is in the chain.
    """

    count: int
    newest: str
    faults: list[str]
    held: bool


def of_staff(staff_id: int) -> str:
    """How an account is called in the audit, as actor and as object."""
    return f"staff:{staff_id}"


def of_conversation(conversation_id: str) -> str:
    """The pseudonym of a conversation.

    Its id is 128 random bits: nobody can guess their way back, but who still has the id finds its entries.
    """
    return f"conversation:{hashlib.sha256(f'conversation:{conversation_id}'.encode()).hexdigest()[:24]}"


def record(
    session: Session, action: str, *, actor: str, object: str = "", detail: str = "", address: str = ""
) -> AuditEntry:
    """Write an entry in the caller's transaction, so that the deed and its record stand or fall together.

    Call it last: on PostgreSQL other writers of the audit wait until this transaction ends.

    Args:
        action: a code; its name for people stands in ``data/texts``.
        detail: codes and names of our own, never what a patient typed.
    """
    one_at_a_time(session, "audit")
    last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).first()
    entry = AuditEntry(
        id=last.id + 1 if last else 1,
        at=now(),
        actor=actor[:32],
        action=action,
        object=object[:48],
        detail=detail[:200],
        address=address[:64],
        prev=last.digest if last else FIRST,
    )
    entry.digest = digest(entry)
    session.add(entry)
    session.flush()
    if not action.endswith("_read"):
        # A second witness beside the table: the digest here is how a chain that was cut short is noticed.
        log.info("audit", entry=entry.id, action=action, actor=entry.actor, digest=entry.digest)
    return entry


def record_once(
    store: Store,
    action: str,
    *,
    within: timedelta,
    actor: str,
    object: str = "",
    detail: str = "",
    address: str = "",
) -> None:
    """``record`` in a transaction of its own, unless the same stands there from the last ``within``.

    For what a page repeats by itself, and what a stranger could repeat to fill the table.
    """
    same = select(AuditEntry.id).where(
        AuditEntry.actor == actor,
        AuditEntry.at > now() - within,
        AuditEntry.action == action,
        AuditEntry.object == object[:48],
        AuditEntry.detail == detail[:200],
        AuditEntry.address == address[:64],
    )
    with store.read() as session:
        if session.scalar(same.limit(1)) is not None:
            return
    with store.write() as session:
        record(session, action, actor=actor, object=object, detail=detail, address=address)


def digest(entry: AuditEntry) -> str:
    """The SHA-256 of all that an entry says and of the digest before it, in hex."""
    said = [
        entry.id,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.actor,
        entry.action,
        entry.object,
        entry.detail,
        entry.address,
        entry.prev,
    ]
    return hashlib.sha256(json.dumps(said, ensure_ascii=True).encode()).hexdigest()


def verify(session: Session, *, holds: str = "") -> Chain:
    """Read the whole chain.

    Args:
        holds: a digest that was written down earlier. If it is gone, entries were cut off or all made anew,
            which the chain alone cannot show.
    """
    count, before, held = 0, None, not holds
    faults: list[str] = []
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id).execution_options(yield_per=500))
    for entry in entries:
        count += 1
        held = held or entry.digest == holds
        faults.extend(_faults(before, entry))
        before = entry
        session.expunge(entry)
    if not held:
        faults.append(
            "The digest that was written down earlier is no longer in the audit: entries were removed."
        )
    return Chain(count, before.digest if before else FIRST, faults, held)


def _faults(before: AuditEntry | None, entry: AuditEntry) -> Iterator[str]:
    expected, prev = (before.id + 1, before.digest) if before else (1, FIRST)
    named = f"Entry {entry.id} ({entry.at:%Y-%m-%d %H:%M:%S} UTC)"
    if entry.id > expected:
        gone = (
            f"Entry {expected} is"
            if entry.id == expected + 1
            else f"Entries {expected} to {entry.id - 1} are"
        )
        yield f"{gone} missing, before entry {entry.id}."
    elif entry.id < expected:
        yield f"{named} was put before the first one."
    if entry.digest != digest(entry):
        yield f"{named} was changed after it was written."
    if entry.prev != prev and entry.id == expected:
        yield f"{named} does not follow entry {expected - 1}: one of the two was replaced."
