"""What a patient's words hold for the fields of the booking form: a name, a way to reach them, times, a reason.

Pure functions. Each is strict about what must not be sent to staff as a name ("wrong", "/affirm", "can someone see me now"),
and lenient about everything else: staff read the rest as it was written.
"""

from __future__ import annotations

import re
from typing import Dict, Text

FIELDS = {
    "booking_name": "Name",
    "booking_contact": "How to reach you",
    "booking_times": "Times that suit you",
    "booking_reason": "What it is about",
}
MAX = {"booking_name": 100, "booking_contact": 200, "booking_times": 500, "booking_reason": 1000}
KIN = r"(?:wife|husband|mother|mom|mum|father|dad|son|daughter|sister|brother|friend|partner|grandmother|grandfather|child|kid)"
EMAIL = re.compile(r"[^\s@,;]+@[^\s@,;]+\.[^\s@,;]{2,}")
_PHONE = re.compile(r"\+?\(?\d[\d ()./-]{4,}\d(?:\s*(?:ext|x)\.?\s*\d{1,5})?", re.IGNORECASE)
_CALENDAR = re.compile(
    r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d\d?-\d\d?|\d{1,2}[.:]\d\d ?- ?\d{1,2}[.:]\d\d"
)

# ---- times
_WEEKDAY = r"(?:mon|tues?|wednes|thurs?|fri|satur|sun)days?"
_MONTH = r"(?:january|february|april|june|july|august|september|october|november|december)"
_CLOCK = r"\d{1,2}(?:[:.]\d\d)? ?(?:am|pm|a\.m|p\.m|o'?clock)|\d{1,2}:\d\d"
#: Names of days, dates and hours.
POINT = re.compile(
    rf"\b(?:{_WEEKDAY}|mon|tue|wed|thu|thur|fri|sat|sun|{_MONTH}|(?:mar(?:ch)?|may|jan|feb|apr|jun|jul|aug|sept?|oct|nov|dec)\.? \d{{1,2}}|{_CLOCK}"
    r"|\d{1,2}[./]\d{1,2}(?:[./]\d{2,4})?|\d{1,2}(?:st|nd|rd|th)|\d{4}-\d\d-\d\d"
    r"|(?:at|after|before|around|from|until|till|between) (?:\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|noon|work|school|lunch))\b",
    re.IGNORECASE,
)
#: Words of time that also stand in questions about the legs.
SPAN = re.compile(
    r"\b(?:today|tonight|to?morr?ow|now|mornings?|afternoons?|evenings?|nights?|noon|midday|lunch(?:time)?|weeks?|week ?ends?|week ?days?|days?|months?"
    r"|early|late|later|soon|asap|as soon as possible|any ?time|whenever|anything|any)\b",
    re.IGNORECASE,
)
_PAST = re.compile(r"\byesterday\b|^last (?:night|week|month|year)\b(?! of)", re.IGNORECASE)
_DATE = re.compile(r"(?<!\d)(\d{1,2})[./-](\d{1,2})(?:[./-](?:\d{4}|\d\d))?(?!\d)")
_HOUR = re.compile(
    r"(?<!\d)(\d{1,2})(?::(\d\d))? ?(?:am|pm|o'?clock|h\b)|(?<!\d)(\d{1,2}):(\d\d)", re.IGNORECASE
)
_DAYS_IN = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

# ---- names
_GREETING = re.compile(
    r"^(?:(?:hi|hello|hey|thanks|thank you|maybe|yes|ok|okay|sure|well|um+)[,.! ]+|(?:no|oh|sorry|wait|oops|actually)[,.!]+ *)",
    re.IGNORECASE,
)
#: Words that say that a name follows; then it may look as it likes.
_NAMED = re.compile(
    rf"^(?:(?:(?:my|her|his|their|the|our)(?: {KIN}(?:'?s)?)?(?: full| first)? )?name(?: is| should be|'?s| ?[:?])? +|(?:you can |they can |please |just )?call me +|i go by +)",
    re.IGNORECASE,
)
_INTRODUCED = re.compile(
    rf"^(?:it'?s for my {KIN}[,: ]+|for my {KIN}[,: ]+|it'?s +|it is +|this is +|i am +|i'?m +|(?:she|he)(?:'?s| is) +|me[,:] *|(?:is|to|now|spelled|spelt|written|actually|should be) +)",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"(?:[, ]+(?:please|thanks|thank you|instead)|[.!?]+\s+(?=(?:why|what|how|when|do|can|is)\b).*)[.!]*$",
    re.IGNORECASE,
)
#: What people write in place of a name.
_NO_NAME = {
    "thank you",
    "not sure",
    "send it",
    "go back",
    "go ahead",
    "looks good",
    "sounds good",
    "hold on",
    "a person",
    "real person",
} | set(
    "hi hello hey yes no ok okay sure thanks help why what next send nothing none anything whatever back cancel change confirm perfect great fine good correct right agree name phone email mail number wait stop human person staff someone somebody nobody y n yep yeah nope bye goodbye morning mornings anytime any".split()  # noqa: SIM905
)
_NEVER = set(
    "wrong incorrect not misspelt misspelled mispelled mistake mistaken missing different today tomorrow yesterday later asap anytime when after before is are was if on at the spelled spelt name names number phone email".split()  # noqa: SIM905
)
_NO_NAME_WORD = _NEVER | set(
    "can could would should someone somebody anyone anybody everyone i me my you your it its it's this that these those am have had want wants need needs like please to with about for because there here why how where which does did don't dont doesn't cannot can't leg legs tonight now book appointment schedule rather say bye goodbye".split()  # noqa: SIM905
)

# ---- what to change
_CHANGE = {
    "booking_name": r"\bname\b|called",
    "booking_contact": r"\bphone\b|number|mail|contact|reach",
    "booking_times": r"\btimes?\b|\bdays?\b|\bdates?\b|when|morning|afternoon|evening|week",
    "booking_reason": r"reason|about|problem|visit",
}
_CLAUSE = re.compile(r"\s*(?:[,;\n]+|\.\s+(?=[a-z])|\s(?:and|but)\s)\s*", re.IGNORECASE)
_VALUE = {
    "booking_name": re.compile(
        r"\bname\b(?: (?:is|to|as|should be|must be|was))*(?:'?s)?[ :]+(?P<value>.+)", re.IGNORECASE
    ),
    "booking_times": re.compile(
        r"\b(?:times?|days?|dates?)\b(?: (?:is|are|to|for|should be|must be))*(?:'?s)?[ :]+(?P<value>.+)|(?:make it|prefer|rather|change (?:it )?to) (?P<other>.+)",
        re.IGNORECASE,
    ),
    "booking_reason": re.compile(
        r"\b(?:reason|problem|visit)\b(?: for (?:it|the visit))? (?:is|to|should be|must be)(?: about)? (?P<value>.+)",
        re.IGNORECASE,
    ),
}
_NOT_SO = re.compile(
    r"\b(?:wrong|incorrect|not right|not correct|mistake|missing|misspell?ed|misspelt|typo|different|change)\b",
    re.IGNORECASE,
)
_MEANT = re.compile(
    r"^(?:it'?s|it is|it should be|should be|make it|i meant|to|please use|use|rather)\s+", re.IGNORECASE
)


def read_name(text: str) -> str | None:
    """The name in an answer, without what stands round it; ``None`` if it cannot be one."""
    text = _TAIL.sub("", text.strip())
    named = False
    for _ in range(4):
        before = text
        text = _GREETING.sub("", text, count=1).strip()
        bare = _NAMED.sub("", text, count=1).strip()
        named, text = named or bare != text, bare
        text = _INTRODUCED.sub("", text, count=1).strip()
        if text == before:
            break
    text = text.strip(" .,!\n\t\"'")
    words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", text.lower())
    if (
        not words
        or len(text) > MAX["booking_name"]
        or re.search(r"[\n?/@]", text)
        or sum(c.isdigit() for c in text) > 2
    ):
        return None
    if (
        text.lower() in _NO_NAME
        or len(words) > (8 if named else 6)
        or set(words) & (_NEVER if named else _NO_NAME_WORD)
    ):
        return None
    return text


def find_contact(text: str) -> str | None:
    """The telephone number or e-mail address itself; a date is none."""
    for found in (EMAIL.search(text), *_PHONE.finditer(text)):
        value = found.group().strip(" .,;-") if found else ""
        if value and not _CALENDAR.search(value) and read_contact(value):
            return value
    return None


def read_contact(text: str) -> str | None:
    """The answer, if a telephone number (6 to 15 digits, ITU E.164) or an e-mail address stands in it."""
    text = text.strip()
    digits = sum(character.isdigit() for character in text)
    if len(text) <= MAX["booking_contact"] and (EMAIL.search(text) or 6 <= digits <= 15):
        return text
    return None


def read_words(slot: str, text: str) -> str | None:
    """Free words of the patient, kept as they are, up to the field's length."""
    text = text.strip()
    return text[: MAX[slot]] if len(text) > 1 else None


def impossible(text: str) -> bool:
    """Whether a day or hour is over or never comes: "yesterday", "31.02.2025", "25 o'clock"."""
    if _PAST.search(text):
        return True
    for one, two in ((int(a), int(b)) for a, b in _DATE.findall(text)):
        if not any(
            1 <= month <= 12 and 1 <= day <= _DAYS_IN[month - 1] for day, month in ((one, two), (two, one))
        ):
            return True
    return any(int(a or c) > 24 or int(b or d or 0) > 59 for a, b, c, d in _HOUR.findall(text))


def read_several(text: str) -> Dict[Text, str]:
    """The fields in an answer to "what is your name?" that gives more than a name.

    Only a way to reach somebody opens this: it cannot be taken for anything else. ``{}`` without one.
    """
    contact = find_contact(text)
    if not contact:
        return {}
    found = {"booking_contact": contact}
    lead = r"(?:^|[\s,;])(?:you|they|can|may|please|reach|reachable|call|text|phone|ring|contact|e-?mail|mail|whatsapp|me|my|her|his|the|is|at|on|under|by|via|number|cell|mobile|tel|telephone|address|best|or|and)[: ]*(?=\|)"  # fmt: skip
    rest = text.replace(contact, "|", 1)
    while (shorter := re.sub(lead, " ", rest, flags=re.IGNORECASE)) != rest:
        rest = shorter
    for clause in (part.strip(" .") for part in _CLAUSE.split(rest.replace("|", ","))):
        about = re.match(
            r"(?:it'?s |it is |this is )?(?:about|because of|regarding) (?:my )?(?P<value>.+)",
            clause,
            re.IGNORECASE,
        )
        if len(clause) < 2 or clause.lower() in ("and", "or", "but"):
            continue
        if about:
            found["booking_reason"] = about["value"]
        elif POINT.search(clause) or SPAN.search(clause):
            found["booking_times"] = ", ".join(part for part in (found.get("booking_times"), clause) if part)
        elif "booking_name" not in found and (name := read_name(clause)):
            found["booking_name"] = name
        elif "booking_name" in found and not re.search(_CHANGE["booking_contact"], clause):
            found["booking_reason"] = clause
    return found


def with_contact(text: str) -> Dict[Text, str]:
    """The fields in an answer to "how can we reach you?"; the way itself is kept as it was written."""
    contact = find_contact(text)
    if not contact or _NOT_SO.search(text):
        return {"booking_contact": contact} if contact else {}
    parts = [part.strip() for part in re.split(r"[,;\n]+", text) if part.strip()]
    at = next((index for index, part in enumerate(parts) if contact in part), None)
    after = parts[at + 1 :] if at is not None else []
    times = [part for part in after if POINT.search(part) or SPAN.search(part)]
    if at is None or not times or find_contact(" ".join(after)):
        return {"booking_contact": text.strip()}
    other = [part for part in after if part not in times]
    return {"booking_contact": ", ".join(parts[: at + 1]), "booking_times": ", ".join(times)} | (
        {"booking_reason": other[-1]} if other else {}
    )


def field_to_change(text: str) -> str | None:
    """Which field a patient wants to change, from words such as "the phone number is wrong"."""
    for slot, pattern in _CHANGE.items():
        if re.search(pattern, text, re.IGNORECASE):
            return slot
    return None


def changes(text: str) -> Dict[Text, str | None]:
    """The fields that a message puts right, clause by clause, each with its new value, or ``None`` where it gives none."""
    found: Dict[Text, str | None] = {}
    last: str | None = None
    for clause in _CLAUSE.split(text.strip(" .!")):
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
            if slot == "booking_name" and (name := read_name(value)):
                return slot, name
            if (
                slot == "booking_times"
                and (POINT.search(value) or SPAN.search(value))
                and not _NOT_SO.search(value)
            ):
                return slot, re.sub(r" instead$", "", value)
            if slot == "booking_reason" and not _NOT_SO.search(value):
                return slot, value
    if (named := re.match(r"(?:please |just )?call me (.+)", clause, re.IGNORECASE)) and (
        name := read_name(named[1])
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
        return read_name(meant)
    if slot == "booking_times" and (POINT.search(clause) or SPAN.search(clause)):
        return ", ".join(part for part in (value, meant) if part)
    return None
