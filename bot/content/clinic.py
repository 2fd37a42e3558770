"""The clinic as ``clinic.yml`` describes it: who we are, when staff read, whom to call."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from bot.errors import ConfigError
from bot.settings import settings

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: The facts that a patient may ask, each a field of ``facts`` in clinic.yml; data/texts/en/clinic.yml names
#: them.
FACTS = (
    "parking", "public_transport", "accessibility", "interpreter_languages", "referral", "telehealth", "children",
    "pregnancy", "email", "hours", "holidays", "address", "directions", "phone", "clinicians", "waiting_time",
    "urgent_slots", "insurance", "payment", "what_to_bring", "visit_length", "scan_at_visit", "companion",
    "iron_infusion_here", "rls_treatment_here", "prescriptions", "records", "change_cancel", "late_arrival",
    "after_hours", "second_opinion", "masks_illness", "waiting_room", "complaints", "services",
)  # fmt: skip
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Line(BaseModel):
    """A telephone line: what it is called, and the number as people write it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    label: str
    number: str

    @property
    def href(self) -> str:
        return "tel:" + re.sub(r"[^\d+]", "", self.number)


class CrisisLine(Line):
    """The crisis line. ``reach`` is how people get through, as the patient reads it; a line that takes no
    texts is only called."""

    reach: Literal["call or text", "call"] = "call"


class Lines(BaseModel):
    """The three lines of a country."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    emergency: Line
    crisis: CrisisLine
    poison: Line


class Clinic(BaseModel):
    """The clinic. Hours are local to ``time_zone``."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    example: bool = False
    name: str
    tagline: str = ""
    phone: str
    email: str = ""
    address: str
    country: str
    time_zone: str
    services: list[str] = []
    hours: dict[str, tuple[time, time]]
    holidays: list[date] = []
    facts: dict[str, str] = {}
    emergency: dict[str, Lines]

    @field_validator("hours", mode="before")
    @classmethod
    def _quoted(cls, value: Any) -> Any:
        spans = value.values() if isinstance(value, dict) else ()
        if any(isinstance(span, list) and any(not isinstance(part, str) for part in span) for span in spans):
            raise ValueError(
                'put every time in quotes, as ["09:00", "17:00"]; without them YAML reads 17:00 as a number'
            )
        return value

    @field_validator("facts", mode="before")
    @classmethod
    def _known_facts(cls, value: Any) -> Any:
        for name in value if isinstance(value, dict) else ():
            if name not in FACTS:
                raise ValueError(f"'{name}' is no fact; write one of {', '.join(FACTS)}")
        return {name: text or "" for name, text in value.items()} if isinstance(value, dict) else value

    @field_validator("hours")
    @classmethod
    def _days(cls, value: dict[str, tuple[time, time]]) -> dict[str, tuple[time, time]]:
        for day, (opens, closes) in value.items():
            if day not in DAYS:
                raise ValueError(f"'{day}' is no day; write one of {', '.join(DAYS)}")
            if opens >= closes:
                raise ValueError(f"{day}: closes before it opens")
        return value

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"'{value}' is no time zone; write one such as America/New_York") from None
        return value

    @property
    def lines(self) -> Lines:
        return self.emergency[settings().country or self.country]

    @property
    def phone_region(self) -> str | None:
        """The country (ISO 3166, two letters) whose way of writing telephone numbers is read without a
        country code.

        It is ``country`` where that names one, else that of the clinic's own number; ``None`` if neither
        tells.
        """
        region = {"UK": "GB"}.get(self.country, self.country)
        if region in phonenumbers.SUPPORTED_REGIONS:
            return region
        code = re.match(r"\+(\d{1,3})", self.phone.replace(" ", ""))
        for length in (1, 2, 3) if code else ():
            found = phonenumbers.region_code_for_country_code(int(code[1][:length])) if code else "ZZ"
            if found not in ("ZZ", "001"):
                return found
        return None

    @property
    def phone_href(self) -> str:
        return "tel:" + re.sub(r"[^\d+]", "", self.phone)

    @property
    def hours_text(self) -> str:
        """The opening hours as a person says them: ``Monday to Thursday 9 am to 5 pm, Friday 9 am to 4
        pm``."""
        runs: list[tuple[int, int, tuple[time, time]]] = []
        for index, day in enumerate(DAYS):
            if day not in self.hours:
                continue
            if runs and runs[-1][1] == index - 1 and runs[-1][2] == self.hours[day]:
                runs[-1] = (runs[-1][0], index, runs[-1][2])
            else:
                runs.append((index, index, self.hours[day]))
        return ", ".join(
            f"{DAY_NAMES[a]}{f' to {DAY_NAMES[b]}' if b > a else ''} {_clock(h[0])} to {_clock(h[1])}"
            for a, b, h in runs
        )

    def is_open(self, now: datetime) -> bool:
        """Whether staff read messages at ``now`` (an aware time)."""
        local = now.astimezone(ZoneInfo(self.time_zone))
        span = self.hours.get(DAYS[local.weekday()])
        return bool(span and local.date() not in self.holidays and span[0] <= local.time() < span[1])

    def opens_on(self, day: date) -> bool:
        """Whether the clinic is open at some time of a day."""
        return DAYS[day.weekday()] in self.hours and day not in self.holidays

    def next_opening(self, now: datetime) -> datetime | None:
        """When staff next read messages after ``now``; ``None`` if no day of the coming year is open."""
        local = now.astimezone(ZoneInfo(self.time_zone))
        for ahead in range(366):
            day = local.date() + timedelta(days=ahead)
            span = self.hours.get(DAYS[day.weekday()])
            if not span or day in self.holidays:
                continue
            opens = datetime.combine(day, span[0], ZoneInfo(self.time_zone))
            if opens > local:
                return opens
        return None

    def opening_text(self, now: datetime) -> str:
        """When staff next read, in words: ``Tuesday at 9 am``."""
        opens = self.next_opening(now)
        if opens is None:
            return "when the clinic opens again"
        local = now.astimezone(ZoneInfo(self.time_zone))
        days = (opens.date() - local.date()).days
        day = "today" if days == 0 else "tomorrow" if days == 1 else DAY_NAMES[opens.weekday()]
        if days > 6:
            day = f"{day} {opens.day} {opens.strftime('%B')}"
        return f"{day} at {_clock(opens.time())}"

    def local(self, at: datetime) -> datetime:
        """An aware time as it stands on the clinic's wall."""
        return at.astimezone(ZoneInfo(self.time_zone))

    def time_text(self, at: datetime) -> str:
        """A date and time in words, as patients read it: ``Tuesday 8 December, 10:30 am``."""
        here = self.local(at)
        return f"{DAY_NAMES[here.weekday()]} {here.day} {here:%B}, {_clock(here.time())}"

    def open_minutes(self, start: datetime, end: datetime) -> float:
        """How many minutes of opening hours lie between two aware times."""
        zone = ZoneInfo(self.time_zone)
        start, end = (
            start.astimezone(UTC),
            end.astimezone(UTC),
        )  # differences in one zone would ignore the change of clocks
        total, day = 0.0, start.astimezone(zone).date()
        while day <= end.astimezone(zone).date():
            span = self.hours.get(DAYS[day.weekday()])
            if span and day not in self.holidays:
                opens = max(start, datetime.combine(day, span[0], zone).astimezone(UTC))
                closes = min(end, datetime.combine(day, span[1], zone).astimezone(UTC))
                total += max(0.0, (closes - opens).total_seconds() / 60)
            day += timedelta(days=1)
        return total

    def fill(self, text: str) -> str:
        """``text`` with the clinic's data in the place of ``{clinic_name}`` and the like."""
        for key, value in self.placeholders.items():
            text = text.replace("{" + key + "}", value)
        return text

    @property
    def placeholders(self) -> dict[str, str]:
        return {
            "clinic_name": self.name,
            "clinic_phone": self.phone,
            "clinic_address": self.address,
            "clinic_hours": self.hours_text,
            "emergency_number": self.lines.emergency.number,
            "crisis_line": self.lines.crisis.number,
            "crisis_reach": self.lines.crisis.reach,
            "poison_line": self.lines.poison.number,
            "poison_name": self.lines.poison.label,
            "clinic_link": f"[{self.phone}]({self.phone_href})",
            "emergency_link": f"[{self.lines.emergency.number}]({self.lines.emergency.href})",
            "crisis_link": f"[{self.lines.crisis.number}]({self.lines.crisis.href})",
            "poison_link": f"[{self.lines.poison.number}]({self.lines.poison.href})",
        }


def _clock(value: time) -> str:
    hour = value.hour % 12 or 12
    return f"{hour}{f':{value.minute:02d}' if value.minute else ''} {'am' if value.hour < 12 else 'pm'}"


def load_clinic(path: Path) -> Clinic:
    """Read and check the clinic's file.

    Raises:
        ConfigError: the file is missing or wrong; the message names the field.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    try:
        made = Clinic.model_validate(raw)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in error.errors())
        raise ConfigError(f"{path}: {problems}") from None
    if made.country not in made.emergency:
        raise ConfigError(f"{path}: emergency has no entry for country {made.country}")
    return made


@cache
def clinic() -> Clinic:
    """The clinic of this installation."""
    config = settings()
    made = load_clinic(config.clinic_file)
    if config.country and config.country not in made.emergency:
        raise ConfigError(
            f"{config.clinic_file}: emergency has no entry for country {config.country}, which RLA_COUNTRY names"
        )
    return made
