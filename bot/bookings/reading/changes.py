"""What a patient puts right: "the name is wrong, it's Helena", "make it friday instead", "my number is
..."."""

from __future__ import annotations

import re

from bot.bookings.fields import FIELDS
from bot.bookings.reading.contacts import find_contact
from bot.bookings.reading.names import new_name
from bot.bookings.reading.several import CLAUSE, NOT_SO
from bot.bookings.reading.times import POINT, has_time

_VALUE = {
    "booking_name": re.compile(
        r"\bname\b(?: (?:is|to|as|should be|must be|was))*(?:'?s)?[ :]+(?P<value>.+)", re.IGNORECASE
    ),
    "booking_times": re.compile(
        r"\b(?:times?|days?|dates?)\b(?: (?:is|are|to|for|should be|must be))*(?:'?s)?[ :]+(?P<value>.+)"
        r"|(?:make it|prefer|rather|change (?:it )?to) (?P<other>.+)",
        re.IGNORECASE,
    ),
}
#: For every other field: what it is called, then "is" or the like, then the value.
_VALUE |= {
    field.slot: re.compile(
        rf"(?:{field.named})(?: for (?:it|the visit))? (?:is|to|should be|must be)(?: about)? (?P<value>.+)",
        re.IGNORECASE,
    )
    for field in FIELDS
    if field.slot not in (*_VALUE, "booking_contact")
}
_MEANT = re.compile(
    r"^(?:it'?s|it is|it should be|should be|make it|i meant|to|please use|use|rather)\s+", re.IGNORECASE
)


def field_to_change(text: str) -> str | None:
    """Which field a patient wants to change, from words such as "the phone number is wrong"."""
    return next((field.slot for field in FIELDS if re.search(field.named, text, re.IGNORECASE)), None)


def changes(text: str) -> dict[str, str | None]:
    """The fields that a message puts right, clause by clause, each with its new value, or ``None`` where
    it gives none."""
    found: dict[str, str | None] = {}
    last: str | None = None
    for clause in CLAUSE.split(text.strip(" .!")):
        contact = find_contact(clause)
        if contact:
            found["booking_contact"], last = contact, "booking_contact"
            continue
        slot, value = _change(clause)
        if slot is None and last and (value := _continued(last, found.get(last), clause)):
            slot = last
        if slot and (value or not found.get(slot)):
            found[slot] = value
        last = slot or last
    return found


def _change(clause: str) -> tuple[str | None, str | None]:
    """The field that one clause names, and the value that it gives."""
    for slot, pattern in _VALUE.items():
        for match in pattern.finditer(clause):
            value = next(part for part in match.groups() if part)
            if slot == "booking_name" and (name := new_name(value)):
                return slot, name
            if slot == "booking_times" and has_time(value) and not NOT_SO.search(value):
                return slot, re.sub(r" instead$", "", value)
            if slot not in ("booking_name", "booking_times") and not NOT_SO.search(value):
                return slot, value
    if (named := re.match(r"(?:please |just )?call me (.+)", clause, re.IGNORECASE)) and (
        name := new_name(named[1])
    ):
        return "booking_name", name
    if (
        len(clause.split()) <= 4
        and POINT.search(clause)
        and not re.search(r"\b(?:times?|days?|dates?)\b", clause, re.IGNORECASE)
    ):
        return "booking_times", re.sub(r"^(?:on |to |no,? )| instead$", "", clause)
    return field_to_change(clause), None


def _continued(slot: str, value: str | None, clause: str) -> str | None:
    """What a clause without a field's name adds to the field before it: "my name is wrong, *it's Helena*"."""
    meant = _MEANT.sub("", clause)
    if slot == "booking_name" and value is None and (meant != clause or _MEANT.match(clause)):
        return new_name(meant)
    if slot == "booking_times" and has_time(clause):
        return ", ".join(part for part in (value, meant) if part)
    return None
