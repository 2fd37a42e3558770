"""Times in a patient's words.

They are kept as they are written; here is only found where words of time stand.
"""

from __future__ import annotations

import re

_WEEKDAY = r"(?:mon|tues?|wednes|thurs?|fri|satur|sun)days?"
_MONTH = r"(?:january|february|april|june|july|august|september|october|november|december)"
_CLOCK = r"\d{1,2}(?:[:.]\d\d)? ?(?:am|pm|a\.m|p\.m|o'?clock)|\d{1,2}:\d\d"
#: Names of days, dates and hours.
POINT = re.compile(
    rf"\b(?:{_WEEKDAY}|mon|tue|wed|thu|thur|fri|sat|sun|{_MONTH}|(?:mar(?:ch)?|may|jan|feb|apr|jun|jul|aug|sept?|oct|nov|dec)\.? \d{{1,2}}|{_CLOCK}"
    r"|\d{1,2}[./]\d{1,2}(?:[./]\d{2,4})?|\d{1,2} ?[-–] ?\d{1,2}|\d{1,2}(?:st|nd|rd|th)|\d{4}-\d\d-\d\d"
    r"|(?:at|after|before|around|from|until|till|between) (?:\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|noon|work|school|lunch))\b",
    re.IGNORECASE,
)
#: Words of time that also stand in questions about the legs.
SPAN = re.compile(
    r"\b(?:today|tonight|to?morr?ow|now|mornings?|afternoons?|evenings?|nights?|noon|midday|lunch(?:time)?|weeks?|week ?ends?|week ?days?|days?|months?"
    r"|early|late|later|soon|asap|as soon as possible|any ?time|whenever|whichever|anything|any"
    r"|no (?:time )?preferences?|flexible|(?:don'?t|do not) mind|(?:doesn'?t|does not) matter|up to you|you choose)\b",
    re.IGNORECASE,
)
_PAST = re.compile(r"\byesterday\b|^last (?:night|week|month|year)\b(?! of)", re.IGNORECASE)
#: A date with a year, or with the point that some countries write after day and month. "15.30" alone is an
#: hour, "14-16" a span.
_DATE = re.compile(r"(?<!\d)(\d{1,2})[./-](\d{1,2})(?:[./-](?:\d{4}|\d\d)(?![\d./-])|\.(?!\d))")
_HOUR = re.compile(
    r"(?<!\d)(\d{1,2})(?::(\d\d))? ?(?:am|pm|o'?clock|h\b)|(?<!\d)(\d{1,2}):(\d\d)", re.IGNORECASE
)
_DAYS_IN = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def has_time(text: str) -> bool:
    """Whether a day, an hour or a part of a day is named."""
    return bool(POINT.search(text) or SPAN.search(text))


def impossible(text: str) -> bool:
    """Whether a day or hour is over or never comes: "yesterday", "31.02.2025", "25 o'clock"."""
    if _PAST.search(text):
        return True
    for found in _DATE.finditer(text):
        one, two = int(found[1]), int(found[2])
        if (
            found.group().count(".") == 2
            and found.group().endswith(".")
            and one <= 24
            and two <= 59
            and len(found[2]) == 2
        ):
            continue  # "at 15.30." ends a sentence
        if not any(
            1 <= month <= 12 and 1 <= day <= _DAYS_IN[month - 1] for day, month in ((one, two), (two, one))
        ):
            return True
    return any(int(a or c) > 24 or int(b or d or 0) > 59 for a, b, c, d in _HOUR.findall(text))
