"""One fact about the clinic, in words: what clinic.yml tells of it, or honestly that it does not.

A fact that the clinic has written under ``facts`` is said as it stands. Some others follow from the rest of
the file (opening hours, address, whom to call at night). Whatever is not filled in is never guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import now
from bot.content.clinic import DAY_NAMES, DAYS, FACTS, Clinic, clinic
from bot.content.texts import text


@dataclass(frozen=True)
class FactText:
    """What is said of one fact.

    Args:
        kind: one of ``bot.content.clinic.FACTS``.
        text: the sentences, filled in.
        known: whether the clinic told it; if not, the question should be offered to staff.
    """

    kind: str
    text: str
    known: bool


def fact(kind: str, *, of: Clinic | None = None, at: datetime | None = None) -> FactText:
    """What the clinic tells of ``kind``.

    Args:
        kind: one of ``bot.content.clinic.FACTS``.
        of: a clinic; the one of this installation if not given.
        at: an aware time, for "staff are back"; now if not given.

    Raises:
        KeyError: ``kind`` is no fact.
    """
    if kind not in FACTS:
        raise KeyError(kind)
    at_clinic = of or clinic()
    own = at_clinic.facts.get(kind, "").strip()
    if own:
        if kind == "email" and at_clinic.email and at_clinic.email not in own:
            own = f"{text('clinic.told.email', email=at_clinic.email)} {own}"
        return FactText(kind, at_clinic.fill(own), True)
    found = _TOLD[kind](at_clinic, at or now()) if kind in _TOLD else ""
    if found:
        return FactText(kind, found, True)
    unknown = text(
        "clinic.unknown",
        asks=text(f"clinic.asks.{kind}"),
        clinic_phone=at_clinic.placeholders["clinic_phone"],
    )
    return FactText(kind, unknown, False)


def _said(name: str, at_clinic: Clinic, **values: str) -> str:
    filled: dict[str, Any] = {**at_clinic.placeholders, **values}
    return text(f"clinic.told.{name}", **filled)


def _hours(at_clinic: Clinic, _at: datetime) -> str:
    closed = [name for day, name in zip(DAYS, DAY_NAMES, strict=True) if day not in at_clinic.hours]
    if not at_clinic.hours:
        return ""
    return (
        _said("hours", at_clinic, closed=_listed(closed)) if closed else _said("hours_every_day", at_clinic)
    )


def _holidays(at_clinic: Clinic, at: datetime) -> str:
    days = [f"{day:%B} {day.day}, {day.year}" for day in sorted(at_clinic.holidays) if day >= at.date()]
    return _said("holidays", at_clinic, dates="; ".join(days)) if days else ""


def _email(at_clinic: Clinic, _at: datetime) -> str:
    return _said("email", at_clinic, email=at_clinic.email) if at_clinic.email else ""


def _services(at_clinic: Clinic, _at: datetime) -> str:
    offered = "; ".join(name[0].lower() + name[1:] for name in at_clinic.services)
    return _said("services", at_clinic, services=offered) if offered else ""


def _after_hours(at_clinic: Clinic, at: datetime) -> str:
    return _said("after_hours", at_clinic, opening=at_clinic.opening_text(at))


def _plain(name: str) -> Callable[[Clinic, datetime], str]:
    return lambda at_clinic, _at: _said(name, at_clinic)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


#: The facts that clinic.yml tells without being asked for them.
_TOLD: dict[str, Callable[[Clinic, datetime], str]] = {
    "hours": _hours,
    "holidays": _holidays,
    "email": _email,
    "services": _services,
    "after_hours": _after_hours,
    **{
        name: _plain(name)
        for name in (
            "address",
            "phone",
            "change_cancel",
            "late_arrival",
            "prescriptions",
            "rls_treatment_here",
            "directions",
        )
    },
}
