"""The form in which staff propose times: what was typed, read as times on the clinic's wall, and what to
look at twice before it goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.clock import now
from bot.content.clinic import clinic
from bot.content.texts import text
from bot.conversation.text import clean
from bot.errors import RefusedError
from bot.store.appointments import overlaps

#: How many times are proposed at most.
MOST = 3
LONGEST_MINUTES = 480
_FAR = timedelta(days=730)


@dataclass(frozen=True)
class Plan:
    """Times that can be proposed, the earliest first.

    Args:
        spans: beginning and end of each, in UTC.
    """

    spans: Sequence[tuple[datetime, datetime]]
    place: str
    person: str


def read_plan(typed: Mapping[str, str]) -> Plan:
    """What was typed, by the names of the form: ``day1``, ``time1`` ... ``minutes``, ``place``, ``person``.

    Raises:
        RefusedError: something is missing or cannot be; says what.
    """
    minutes = typed.get("minutes", "").strip()
    if not minutes.isdecimal() or not 5 <= int(minutes[:6]) <= LONGEST_MINUTES:
        raise _wrong("minutes", most=str(LONGEST_MINUTES))
    place, person = (" ".join(clean(typed.get(name, "")).split()) for name in ("place", "person"))
    if not place or len(place) > 200:
        raise _wrong("place")
    if not person or len(person) > 120:
        raise _wrong("person")
    starts = set()
    for number in range(1, MOST + 1):
        day, hour = typed.get(f"day{number}", "").strip(), typed.get(f"time{number}", "").strip()
        if day or hour:
            starts.add(_moment(day, hour))
    if not starts:
        raise _wrong("none")
    length = timedelta(minutes=int(minutes))
    return Plan([(start, start + length) for start in sorted(starts)], place, person)


def warnings(session: Session, plan: Plan, booking_id: int) -> list[str]:
    """What staff should look at twice; none of it forbids the times."""
    place, said = clinic(), []
    for start, end in plan.spans:
        named = place.time_text(start)
        last = end - timedelta(seconds=1)
        closed = not (place.is_open(start) and place.is_open(last))
        if closed or place.local(start).date() != place.local(last).date():
            said.append(text("appointments.warnings.closed", time=named, hours=place.hours_text))
        if overlaps(session, plan.person, start, end, but=booking_id, states=("proposed",)):
            said.append(text("appointments.warnings.proposed", time=named, person=plan.person))
    return said


def refuse_taken(session: Session, plan: Plan, booking_id: int) -> None:
    """Raises RefusedError, 409, if the person has somebody else at one of the times."""
    for start, end in plan.spans:
        if overlaps(session, plan.person, start, end, but=booking_id):
            named = clinic().time_text(start)
            raise RefusedError(
                "taken", text("appointments.form.taken", time=named, person=plan.person), status=409
            )


def _moment(day: str, hour: str) -> datetime:
    try:
        local = datetime.combine(date.fromisoformat(day), time.fromisoformat(hour[:5]))
    except ValueError:
        raise _wrong("time") from None
    here = local.replace(tzinfo=ZoneInfo(clinic().time_zone))
    moment = here.astimezone(UTC)
    if moment.astimezone(here.tzinfo).replace(tzinfo=None) != local:
        raise _wrong("skipped", time=f"{local:%H:%M}")  # the night in which the clocks go forward
    if moment <= now():
        raise _wrong("passed", time=clinic().time_text(moment))
    if moment > now() + _FAR:
        raise _wrong("far", time=clinic().time_text(moment), year=str(local.year))
    return moment


def _wrong(name: str, **values: str) -> RefusedError:
    return RefusedError(name, text(f"appointments.form.{name}", **values), status=422)
