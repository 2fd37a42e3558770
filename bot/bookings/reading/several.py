"""Several fields in one answer: "Ann Lee, 555 010 0123, mornings, about my veins"."""

from __future__ import annotations

import re

from bot.bookings.reading.contacts import find_contact, locate_contact, read_contact
from bot.bookings.reading.names import read_name
from bot.bookings.reading.times import has_time

CLAUSE = re.compile(r"\s*(?:[,;\n]+|\.\s+(?=[a-z])|\s(?:and|but)\s)\s*", re.IGNORECASE)
NOT_SO = re.compile(
    r"\b(?:wrong|incorrect|not right|not correct|mistake|missing|misspell?ed|misspelt|typo|different|change)\b",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"(?:it'?s |it is |this is )?(?:about|because of|regarding) (?:my )?(?P<value>.+)", re.IGNORECASE
)
_LEAD = re.compile(
    r"(?:^|[\s,;])(?:you|they|can|may|please|reach|reachable|call|text|phone|ring|contact|e-?mail|mail|whatsapp|me|my|her|his|the|is|at|on"
    r"|under|by|via|number|cell|mobile|tel|telephone|address|best|or|and)[: ]*(?=\|)",
    re.IGNORECASE,
)
_MONTH = re.compile(
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december)\b",
    re.IGNORECASE,
)
_OF_CONTACT = re.compile(r"\bphone\b|number|mail|contact|reach", re.IGNORECASE)


def read_several(text: str) -> dict[str, str]:
    """The fields in an answer to "what is your name?" that gives more than a name.

    Only a way to reach somebody opens this: it cannot be taken for anything else. ``{}`` without one.
    """
    located = locate_contact(text)
    if not located:
        return {}
    start, end, contact = located
    found = {"booking_contact": contact}
    rest = strip_leads(text[:start] + "|" + text[end:])
    for clause in (part.strip(" .") for part in CLAUSE.split(rest.replace("|", ","))):
        if len(clause) < 2 or clause.lower() in ("and", "or", "but"):
            continue
        if about := _ABOUT.match(clause):
            found["booking_reason"] = about["value"]
        elif has_time(clause) and not ("booking_name" not in found and _is_month(clause)):
            found["booking_times"] = ", ".join(part for part in (found.get("booking_times"), clause) if part)
        elif "booking_name" not in found and (name := read_name(clause)):
            found["booking_name"] = name
        elif "booking_name" in found and not _OF_CONTACT.search(clause):
            found["booking_reason"] = clause
    return found


def strip_leads(rest: str) -> str:
    """``rest`` without the words that only lead to the contact, whose place is marked "|"."""
    while (shorter := _LEAD.sub(" ", rest)) != rest:
        rest = shorter
    return rest


def _is_month(clause: str) -> bool:
    """Whether the only time in a clause is the name of a month without a day: "April Summers"."""
    return not has_time(_MONTH.sub("", clause)) and not any(character.isdigit() for character in clause)


def with_contact(text: str, *, longest: int = 200) -> dict[str, str]:
    """The fields in an answer to "how can we reach you?"; what else is said about the way is kept with it."""
    located = locate_contact(text)
    if not located:
        whole = read_contact(text, longest=longest)
        return {"booking_contact": whole} if whole else {}
    start, end, contact = located
    if NOT_SO.search(text):
        return {"booking_contact": contact}
    before, after = text[:start], [part.strip() for part in re.split(r"[,;\n]+", text[end:])]
    times = [part for part in after[1:] if has_time(part)]
    if not times or find_contact(" ".join(after)):
        whole = read_contact(text, longest=longest)
        return {"booking_contact": whole} if whole else {}
    way = " ".join(f"{before.strip()} {contact} {after[0]}".split())
    other = [part for part in after[1:] if part and part not in times]
    return {"booking_contact": way[:longest], "booking_times": ", ".join(times)} | (
        {"booking_reason": other[-1]} if other else {}
    )
