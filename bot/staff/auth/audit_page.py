"""The page of the audit, and the same as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response, StreamingResponse
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from bot.content.texts import table, text
from bot.errors import RefusedError
from bot.staff.auth import trail
from bot.staff.auth.access import router
from bot.staff.dependencies import Database, Who
from bot.staff.pages import page, safe_cell
from bot.store import audit
from bot.store.audit import AuditEntry
from bot.store.engine import Store
from bot.store.models import Staff

_PAGE = 100  # entries
_CONVERSATION = re.compile(r"(?:^|/)([0-9a-f]{32})(?:$|[/?])")


@dataclass(frozen=True)
class Filter:
    """Which entries are asked for; empty is all.

    Args:
        actor: as the audit calls it.
        on: an object as the audit calls it, or the id or address of a conversation.
        since, until: days as ``2026-12-31``, both included.
        before: entries with a lower number.
    """

    actor: str = ""
    action: str = ""
    on: str = ""
    since: str = ""
    until: str = ""
    before: str = ""

    @property
    def query(self) -> str:
        """The filter in an address, without the place in the list."""
        return urlencode({key: value for key, value in vars(self).items() if value and key != "before"})

    def select(self) -> Select[AuditEntry]:
        """The entries, the newest first.

        Raises:
            RefusedError: a day is none.
        """
        found = select(AuditEntry).order_by(AuditEntry.id.desc())
        if self.actor:
            found = found.where(AuditEntry.actor == self.actor)
        if self.action:
            found = found.where(AuditEntry.action == self.action)
        if self.on.strip():
            talk = _CONVERSATION.search(self.on.strip())
            found = found.where(
                AuditEntry.object == (audit.of_conversation(talk[1]) if talk else self.on.strip())
            )
        if self.since:
            found = found.where(AuditEntry.at >= _start(self.since))
        if self.until:
            found = found.where(AuditEntry.at < _start(self.until) + timedelta(days=1))
        if self.before.isdecimal():
            found = found.where(AuditEntry.id < min(int(self.before), 2**31 - 1))
        return found


def _start(day: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(day), time(), UTC)
    except ValueError:
        raise RefusedError("day", text("audit.bad_day")) from None


@router.get("/audit")
def audit_page(
    request: Request,
    store: Database,
    who: Who,
    actor: str = "",
    action: str = "",
    on: str = "",
    since: str = "",
    until: str = "",
    before: str = "",
) -> Response:
    """The entries, the newest first, a hundred on a page."""
    wanted = Filter(actor, action, on, since, until, before)
    trail.note_audit_read(store, request, who)
    problem: RefusedError | None = None
    with store.read() as session:
        names = _names(session)
        try:
            found = session.scalars(wanted.select().limit(_PAGE + 1)).all()
        except RefusedError as error:
            found, problem = [], error
    return page(
        request,
        "audit.html",
        status=problem.status if problem else 200,
        section="audit",
        rows=[Row.of(entry, names) for entry in found[:_PAGE]],
        older=found[_PAGE - 1].id if len(found) > _PAGE else None,
        wanted=wanted,
        actors=names,
        actions=table("audit.actions"),
        columns=table("audit.columns"),
        problem=problem.message if problem else None,
    )


@router.get("/audit.csv")
def audit_file(
    request: Request,
    store: Database,
    who: Who,
    actor: str = "",
    action: str = "",
    on: str = "",
    since: str = "",
    until: str = "",
) -> Response:
    """All entries of the filter as CSV, the newest first; that it was fetched is an entry too."""
    wanted = Filter(actor, action, on, since, until)
    chosen = wanted.select()
    with store.write() as session:
        trail.note(session, request, who, "audit_exported", detail=", ".join(_used(wanted)))
    return StreamingResponse(
        _lines(store, chosen),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="audit.csv"'},
    )


@dataclass(frozen=True)
class Row:
    """An entry in words."""

    entry: AuditEntry
    who: str
    action: str
    object: str

    @classmethod
    def of(cls, entry: AuditEntry, names: dict[str, str]) -> Row:
        """The entry with the names of accounts and actions."""
        kind, _, code = entry.object.partition(":")
        named = entry.object
        if kind == "conversation":
            named = text("audit.conversation", code=code[:8])
        elif kind == "staff":
            named = names.get(entry.object) or text("audit.staff_gone", number=code)
        who = names.get(entry.actor) or text("audit.staff_gone", number=entry.actor.partition(":")[2])
        return cls(entry, who, table("audit.actions").get(entry.action, entry.action), named)


def _names(session: Session) -> dict[str, str]:
    people = session.execute(select(Staff.id, Staff.name).order_by(Staff.name))
    return {audit.of_staff(number): name for number, name in people} | table("audit.actors")


def _used(wanted: Filter) -> list[str]:
    """The names of the filters, without what was typed into them."""
    return [key for key, value in vars(wanted).items() if value]


def _lines(store: Store, chosen: Select[AuditEntry]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(table("audit.columns").values())
    with store.read() as session:
        names = _names(session)
        for entry in session.scalars(chosen.execution_options(yield_per=500)):
            row = Row.of(entry, names)
            at = entry.at.strftime("%Y-%m-%d %H:%M:%S")
            cells = [
                str(entry.id),
                at,
                row.who,
                row.action,
                entry.object,
                entry.detail,
                entry.address,
                entry.digest,
            ]
            writer.writerow(safe_cell(cell) for cell in cells)
            session.expunge(entry)
            if buffer.tell() > 30_000:
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()
    yield buffer.getvalue()
