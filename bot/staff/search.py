"""Finding conversations: by the visitor's code, the name or contact that was left, and the words of a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import Session

from bot.content.clinic import clinic
from bot.content.texts import text
from bot.errors import RefusedError
from bot.staff.queue import QueueRow, rows_of
from bot.store import search
from bot.store.models import Alert, Booking, Conversation, Message, Staff, TurnLog

PAGE = 25  # conversations
MOST_PAGES = 40
#: So many of the newest lines with the words are looked at; it is said if there are more.
MOST_LINES = 5_000
_LINES = 1_000  # of these in one statement
_CODE = re.compile(r"(?:visitor\s+)?([0-9a-f]{4,32})", re.IGNORECASE)
_PHONE = re.compile(r"[\d\s()+./-]+")
_LEAST_DIGITS, _DIGITS = 4, 7  # of a longer number the end counts: people leave out the country or add a zero
_MOST_REQUESTS = 500
_AROUND = 60  # characters of a line before the word that was found


@dataclass(frozen=True)
class Wanted:
    """What is looked for; empty is all.

    Args:
        said: code, name, contact or words. It never stands in an address.
        since, until: days as ``2026-12-31`` on the clinic's wall, both included, of the last line.
        by: the id of a staff member who wrote or who holds it.
        topic: the id of an answer that was given.
        outcome: a mode, a state of a request, or ``flag``.
    """

    said: str = ""
    channel: str = ""
    since: str = ""
    until: str = ""
    by: str = ""
    topic: str = ""
    outcome: str = ""
    page: int = 1

    @property
    def query(self) -> str:
        """The filters in an address, without the words and the page."""
        kept = {key: value for key, value in vars(self).items() if value and key not in ("said", "page")}
        return urlencode(kept | ({"said": "1"} if self.said else {}))


@dataclass(frozen=True)
class Hit:
    """A conversation that was found.

    Args:
        by: ``code``, ``contact`` or ``name``; ``words`` with the newest line that holds them, and its part around
            them; empty if only filters were asked for.
    """

    row: QueueRow
    by: str = ""
    line: Message | None = None
    part: str = ""


@dataclass(frozen=True)
class Found:
    """A page of what was found.

    Args:
        more: there are further pages.
        too_many: there are more lines with the words than are looked at.
    """

    hits: Sequence[Hit] = ()
    more: bool = False
    too_many: bool = False


def find(session: Session, wanted: Wanted) -> Found:
    """A page of the conversations that are wanted: whose code, contact or name fits first, then the newest.

    Raises:
        RefusedError: a day is none.
    """
    filters = _filters(wanted)
    end = wanted.page * PAGE
    if not wanted.said.strip():
        query = select(Conversation.id).where(Conversation.last_seq > 0, *filters)
        query = query.order_by(Conversation.updated_at.desc()).offset(end - PAGE).limit(PAGE + 1)
        ids = list(session.scalars(query))
        return Found(_hits(session, [(one, "", 0) for one in ids[:PAGE]], ()), len(ids) > PAGE)
    seen: dict[str, tuple[str, int]] = {}
    lines = _Lines(session, search.words(wanted.said), filters)
    for conversation_id, by, line in _people(session, wanted.said, filters):
        seen.setdefault(conversation_id, (by, line))
    for conversation_id, line in lines:
        if len(seen) > end:
            break
        seen.setdefault(conversation_id, ("words", line))
    shown = [(key, by, line) for key, (by, line) in list(seen.items())[end - PAGE : end]]
    return Found(_hits(session, shown, lines.words), len(seen) > end, lines.too_many)


class _Lines:
    """The lines with all words, the newest first, as pairs of conversation and line, read as far as they are wanted."""

    def __init__(
        self, session: Session, words: Sequence[str], filters: Sequence[ColumnElement[bool]]
    ) -> None:
        self.words, self.too_many = words, False
        self._session, self._filters = session, filters

    def __iter__(self) -> Iterator[tuple[str, int]]:
        # All at once: PostgreSQL sorts all that match, however few are asked for.
        found = search.lines_with(self._session, self.words, MOST_LINES + 1) if self.words else []
        self.too_many = len(found) > MOST_LINES
        for begin in range(0, MOST_LINES, _LINES):
            ids = found[begin : begin + _LINES]
            if not ids:
                return
            # The filters stand among the columns, so that no index of theirs is taken for these few rows.
            query = select(Message.conversation_id, Message.id, and_(true(), *self._filters))
            query = query.join(Conversation, Conversation.id == Message.conversation_id)
            query = query.where(Message.id.in_(ids)).order_by(Message.id.desc())
            yield from ((talk, line) for talk, line, fits in self._session.execute(query) if fits)


def _people(
    session: Session, said: str, filters: Sequence[ColumnElement[bool]]
) -> list[tuple[str, str, int]]:
    """The conversations whose code, contact or name fits, each with what did."""
    made: list[tuple[str, str, int]] = []
    if code := _CODE.fullmatch(said.strip()):
        start = code[1].lower()
        query = select(Conversation.id).where(
            Conversation.id >= start, Conversation.id < f"{start}g", *filters
        )
        made += [(one, "code", 0) for one in session.scalars(query.limit(_MOST_REQUESTS))]
    kinds: list[tuple[str, ColumnElement[bool]]] = []
    contact = _contact(said)
    if contact is not None:
        kinds.append(("contact", contact))
    words = search.words(said)
    if words and not said.strip().isdecimal():
        kinds.append(("name", Booking.id.in_(search.requests_of(session, words, _MOST_REQUESTS))))
    for by, condition in kinds:
        query = select(Booking.conversation_id).where(condition, *filters)
        query = query.join(Conversation, Conversation.id == Booking.conversation_id)
        made += [
            (one, by, 0) for one in session.scalars(query.order_by(Booking.id.desc()).limit(_MOST_REQUESTS))
        ]
    return made


def _contact(said: str) -> ColumnElement[bool] | None:
    """The contact of a request fits a telephone number or an e-mail address."""
    if "@" in said:
        return func.lower(Booking.contact).contains(said.strip().lower(), autoescape=True)
    digits = re.sub(r"\D", "", said)
    if len(digits) < _LEAST_DIGITS or not _PHONE.fullmatch(said):
        return None
    plain: ColumnElement[str] = Booking.contact.expression
    for sign in " ()+./-":
        plain = func.replace(plain, sign, "")
    return plain.contains(digits[-_DIGITS:])


def _filters(wanted: Wanted) -> list[ColumnElement[bool]]:
    made: list[ColumnElement[bool]] = []
    if wanted.channel:
        made.append(Conversation.channel == wanted.channel)
    if wanted.since:
        made.append(Conversation.updated_at >= _start(wanted.since))
    if wanted.until:
        made.append(Conversation.updated_at < _start(wanted.until, days=1))
    if wanted.by.isdecimal():
        staff = min(int(wanted.by), 2**31 - 1)
        wrote = select(Message.conversation_id).where(Message.staff_id == staff)
        made.append(or_(Conversation.claimed_by == staff, Conversation.id.in_(wrote)))
    if wanted.topic:
        told = select(TurnLog.conversation_id).where(TurnLog.answer_id == wanted.topic)
        made.append(Conversation.id.in_(told))
    if wanted.outcome == "flag":
        made.append(Conversation.id.in_(select(Alert.conversation_id)))
    elif wanted.outcome in ("assistant", "waiting", "staff", "closed"):
        made.append(Conversation.mode == wanted.outcome)
    elif wanted.outcome:
        made.append(
            Conversation.id.in_(select(Booking.conversation_id).where(Booking.state == wanted.outcome))
        )
    return made


def _start(day: str, *, days: int = 0) -> datetime:
    try:
        there = date.fromisoformat(day) + timedelta(days=days)
        return datetime.combine(there, time(), ZoneInfo(clinic().time_zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise RefusedError("day", text("audit.bad_day")) from None


def _hits(session: Session, shown: Sequence[tuple[str, str, int]], words: Sequence[str]) -> list[Hit]:
    query = select(Conversation, Staff).outerjoin(Staff, Staff.id == Conversation.claimed_by)
    ids = [conversation_id for conversation_id, _, _ in shown]
    open_flags = select(Alert).where(Alert.conversation_id.in_(ids), Alert.closed_at.is_(None))
    flags = {alert.conversation_id: alert for alert in session.scalars(open_flags)}
    found = session.execute(query.where(Conversation.id.in_(ids)))
    talks = [(talk, holder, flags.get(talk.id)) for talk, holder in found]
    rows = {row.conversation.id: row for row in rows_of(session, talks)}
    wanted = select(Message).where(Message.id.in_([line for _, _, line in shown if line]))
    lines = {line.id: line for line in session.scalars(wanted)}
    made = []
    for conversation_id, by, number in shown:
        line = lines.get(number)
        made.append(Hit(rows[conversation_id], by, line, _part(line.text, words) if line else ""))
    return made


def _part(line: str, words: Sequence[str]) -> str:
    """What stands around the first of the words."""
    places = [place for word in words if (place := line.lower().find(word)) >= 0]
    begin = max(0, min(places, default=0) - _AROUND)
    return ("… " if begin else "") + line[begin : begin + 4 * _AROUND]
