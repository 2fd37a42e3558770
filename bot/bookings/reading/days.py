"""The days that a patient names, as dates: beside the words, never in their place.

Only what names one day is looked at: ``dateparser`` finds dates also where there are none ("between 9 and
11", "Friday 15.30"), and "next Tuesday" means two different days to two people. "Any day but Tuesday" names
Tuesday: staff read the words.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_ONE_DAY = re.compile(
    rf"\b(?:today|tomorrow|(?<!next )(?<!last ){_WEEKDAY}|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH}(?: \d{{4}})?"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?\b(?! ?[-–]|[.:]\d)"
    r"|\d{4}-\d\d-\d\d|(?<![\d./-])\d{1,2}[./-]\d{1,2}[./-]\d{4})\b",
    re.IGNORECASE,
)
_AHEAD = timedelta(days=366)
MOST = 6


def days_named(text: str, at: datetime, *, day_first: bool) -> list[dict[str, str]]:
    """The days that ``text`` names.

    Args:
        at: when it was written, in the clinic's zone; "Friday" is the first Friday after it.
        day_first: how 3/4/2027 is read: the third of April, or else the fourth of March.

    Returns:
        At most ``MOST``, in the text's order, each with its ``words`` and its ``day`` (``2026-12-04``); none
        that is over or more than a year away.
    """
    import dateparser  # takes a tenth of a second and 15 MB, which only who books needs

    settings = {
        "PREFER_DATES_FROM": "future",
        "RELATIVE_BASE": at.replace(tzinfo=None),
        "DATE_ORDER": "DMY" if day_first else "MDY",
    }
    found: dict[str, str] = {}
    for match in _ONE_DAY.finditer(text):
        words = match.group()
        day = dateparser.parse(words, languages=["en"], settings=settings)
        if day and at.date() <= day.date() <= (at + _AHEAD).date():
            found.setdefault(words, day.date().isoformat())
    return [{"words": words, "day": day} for words, day in found.items()][:MOST]
