"""What the message that begins a booking already says: "I'm Ann, 555 010 0123, Tuesday, about my veins".

Only what is plain is taken; the form asks for the rest, and its summary shows everything before it is sent.
"""

from __future__ import annotations

import re

from bot.bookings.reading.contacts import locate_contact
from bot.bookings.reading.names import KIN, read_name
from bot.bookings.reading.several import strip_leads
from bot.bookings.reading.times import POINT

_CLAUSE = re.compile(
    r"\s*(?:[,;|\n]+|\s/\s|(?<!\bdr)(?<!\bmr)(?<!\bms)(?<!\bmrs)[.!?]+(?:\s+|$)|\s(?:and|but)\s(?=i\b|he\b|she\b|my\b|it))\s*",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^(?:(?P<name>name|patient)|(?P<times>times?|days?|when|date)|(?P<reason>reason|problem|about)"
    r"|(?:booking|appointment)(?: request)?|sign me up|phone|e?-?mail|contact)\s*:\s*",
    re.IGNORECASE,
)
_SPAN = (
    r"(?:today|tomorrow|mornings?|afternoons?|evenings?|noon|midday|week ?ends?|week ?days?|(?:this|next) (?:week|month)"
    r"|asap|as soon as possible|any ?time|any day|no preference|flexible)"
)
_BESIDE = r"(?:any|next|this|on|the|in|at|after|before|around|from|until|early|late|only|either|or|and|mornings?|afternoons?|evenings?)"
_DAY = r"(?:tues|weds?|thurs|\d{1,2} (?:of )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)"
_TIME = re.compile(rf"\b(?:{_SPAN}|{_DAY})\b", re.IGNORECASE)
_GREETING = re.compile(
    r"^\s*(?:(?:hi|hello|hey|good (?:morning|afternoon|evening))(?: there)?[\s,.!]*)+", re.IGNORECASE
)
_BEFORE_TIME = re.compile(rf"(?:\b{_BESIDE}\s+)+$", re.IGNORECASE)
_AFTER_TIME = re.compile(rf"^(?:\s+(?:{_BESIDE}|{_SPAN}))+\b", re.IGNORECASE)
_HANGING = re.compile(
    r"^(?:(?:on|at|in|from|or|and)\s+)+|(?:\s+(?:on|at|in|the|or|and|for|from))+$", re.IGNORECASE
)
#: "Legs at night": a part of the day at which something is felt is no time for a visit.
_FELT = re.compile(
    r"\b(?:legs?|veins?|sleep|ache|aches|hurt|hurts|pain|restless|awake|up at)\b", re.IGNORECASE
)
_ABOUT = re.compile(
    r"\b(?:about|because of|regarding|concerning|for)\s+(?:(?:my|the|a|an|some|his|her)\s+)?(?P<value>[a-z].+)",
    re.IGNORECASE,
)
_NO_REASON = re.compile(
    rf"^(?:me|us|him|her|them|it|you|{KIN}|myself|an?|appointments?|visit|appt|booking|consultation|next|this|good|now)\b",
    re.IGNORECASE,
)
_TAIL = re.compile(r"\s*\b(?:pls|please|plz|thanks|thank you|thx|ta)\W*$", re.IGNORECASE)
_FULL_NAME = re.compile(r"^(?:(?:dr|mr|mrs|ms)\.? )?[A-Z][\w'’-]+(?: [A-Z][\w'’.-]+){1,3}$")
_SAYS_NAME = re.compile(
    rf"\b(?:name is|name's|i am|i'm|this is|call me|booking for|for my {KIN}|my {KIN},)(?= +[A-Z])|\bhere$|\bhere\b(?=,)",
    re.IGNORECASE,
)
_NAME_AFTER = re.compile(
    r"\b(?:booking for|appointment for|name is|i am|i'm|this is|call me)\s+(?P<name>[A-Z]\w+(?: [A-Z]\w+)*)"
)
#: A clause of a list with one of these is the wish, and no reason.
_WISH = re.compile(
    r"\b(?:appointment|appt|book\w*|visit|come in|slot|schedule|see (?:you|someone|somebody)|i|we|he|she|his|her|my|hi|hello)\b",
    re.IGNORECASE,
)


def read_opening(text: str) -> dict[str, str]:
    """The fields of the form that a first message fills, by slot; ``{}`` for a bare wish."""
    found: dict[str, str] = {}
    text = rest = _GREETING.sub("", text)
    if located := locate_contact(text):
        start, end, found["booking_contact"] = located
        rest = strip_leads(f"{text[:start]}|{text[end:]}")
    for clause in (part.strip(" .,") for part in _CLAUSE.split(rest) if part):
        _read_clause(clause, found, listed="booking_contact" in found)
    return found


def _read_clause(clause: str, found: dict[str, str], *, listed: bool) -> None:
    label = _LABEL.match(clause)
    kind = label.lastgroup if label else None
    clause = _TAIL.sub("", clause[label.end() :] if label else clause).strip(" .,")
    if not clause:
        return
    name = _name(clause) if kind in (None, "name") else None
    if name:
        found.setdefault("booking_name", name)
        clause = " ".join(clause.replace(name, " ").split())
    about = _ABOUT.search(clause)
    felt = clause[: about.start()] if about else clause
    when = _when(clause, felt) if kind in (None, "times") else None
    if when:
        found["booking_times"] = ", ".join(part for part in (found.get("booking_times"), when) if part)
        clause = " ".join(clause.replace(when, " ").split())
    reason = clause if kind == "reason" else _reason(clause, bare=listed and not (name or when or label))
    if reason:
        found.setdefault("booking_reason", reason)


def _name(clause: str) -> str | None:
    """A name that is said to be one, or that stands alone, written as names are."""
    if _FULL_NAME.match(clause):
        return read_name(clause)
    if after := _NAME_AFTER.search(clause):
        return str(after["name"])
    return read_name(clause) if _SAYS_NAME.search(clause) and len(clause.split()) <= 9 else None


def _when(clause: str, told: str) -> str | None:
    """The words of time in a clause, with the small words that belong to them; ``told`` is the clause without
    what the visit is about."""
    hits = [match.span() for match in POINT.finditer(clause)]
    if hits or not _FELT.search(told):
        hits += [match.span() for match in _TIME.finditer(clause)]
    if not hits:
        return None
    start, end = min(hit[0] for hit in hits), max(hit[1] for hit in hits)
    if before := _BEFORE_TIME.search(clause[:start]):
        start = before.start()
    if after := _AFTER_TIME.search(clause[end:]):
        end += after.end()
    return _HANGING.sub("", clause[start:end].strip()) or None


def _reason(clause: str, *, bare: bool) -> str | None:
    """What a visit is about; ``bare``: a clause of a list that is nothing else is one too."""
    if about := _ABOUT.search(clause):
        value = _HANGING.sub("", about["value"].strip(" .,"))
        return value if value and not _NO_REASON.match(value) and not _only_leads(value) else None
    return clause if bare and len(clause) > 2 and not _WISH.search(clause) else None


def _only_leads(value: str) -> bool:
    """Whether words only lead to a number: "on 555 ..."."""
    return bool(re.fullmatch(r"(?:on|at|under|by)?\W*", value))
