"""How a patient can be reached: whatever has 6 to 15 digits (ITU E.164) or an @.

``phonenumbers`` and ``email-validator`` write down neatly what they can read. What they cannot read is kept
in the patient's words: staff can ask, a patient who is refused goes away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from bot.content.clinic import clinic

FEWEST, MOST = 6, 15
_MAIL = re.compile(r"[^\s@,;<>()\[\]:]*@[^\s@,;<>()\[\]]+", re.IGNORECASE)
_SPOKEN_MAIL = re.compile(r"\S+ (?:at|\(at\)|\[at\]) \S+ (?:dot|\(dot\)|\[dot\]) \w{2,}\b", re.IGNORECASE)
_PHONE = re.compile(
    r"(?:\+\s?)?\(?\d[\d ()./\u2010-\u2015-]*\d(?:\s*(?:ext(?:ension)?|x)\.?\s*\d{1,5})?", re.IGNORECASE
)
_EXTENSION = re.compile(r"\s*(?:ext(?:ension)?|x)\.?\s*\d{1,5}$", re.IGNORECASE)
#: A run of digits that is a date, a span of dates or of hours from end to end.
_CALENDAR = re.compile(
    r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\.?|\d{4}[./-]\d\d?[./-]\d\d?"
    r"|\d{1,2}[.:]\d\d ?[-–] ?\d{1,2}[.:]\d\d|\d{1,2}\.\d{1,2}\. ?[-–] ?\d{1,2}\.\d{1,2}\.?"
)
_FULL_DATE = re.compile(r"\b(?:\d{4}-\d\d-\d\d|\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d)\b")
_CLOCK = re.compile(r"\b\d{1,2}:\d\d\b")
_DIGIT_WORDS = [
    "zero",
    "oh",
    "nought",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
]
_SPOKEN = re.compile(rf"\b(?:double |triple )?(?:{'|'.join(_DIGIT_WORDS)}|\d+)\b", re.IGNORECASE)


def find_contact(text: str) -> str | None:
    """The e-mail address or telephone number in a message, written neatly where a library can read it."""
    return next((value for _, _, value in _contacts(text)), None)


def locate_contact(text: str) -> tuple[int, int, str] | None:
    """As ``find_contact``, with where it begins and ends."""
    return next(_contacts(text), None)


def read_contact(text: str, *, longest: int = 200) -> str | None:
    """The whole answer, the contact in it written neatly; ``None`` if there is nothing by which to reach
    anybody."""
    text = text.strip()
    found = locate_contact(text)
    if found:
        start, end, value = found
        whole = text[:start] + value + text[end:]
        return whole if len(whole) <= longest else value if len(value) <= longest else None
    if len(text) <= longest and (_SPOKEN_MAIL.search(text) or FEWEST <= _digits(text) <= MOST):
        return text
    return None


def _contacts(text: str) -> Iterator[tuple[int, int, str]]:
    for found in _MAIL.finditer(text):
        words = found.group().rstrip(".!?")
        yield found.start(), found.start() + len(words), _mail(words)
    for found in _PHONE.finditer(text):
        words = found.group().rstrip(" .,;-/(")
        date = _CALENDAR.fullmatch(words.strip()) or _FULL_DATE.search(words)
        if not date and FEWEST <= _count(_EXTENSION.sub("", words)) <= MOST:
            yield found.start(), found.start() + len(words), _phone(words)


def _mail(words: str) -> str:
    try:
        return validate_email(words, check_deliverability=False).normalized
    except EmailNotValidError:
        return words


def _phone(words: str) -> str:
    try:
        number = phonenumbers.parse(words, clinic().phone_region)
    except phonenumbers.NumberParseException:
        return words.strip()
    if not phonenumbers.is_valid_number(number):
        return words.strip()
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _count(words: str) -> int:
    return sum(character.isdigit() for character in words)


def _digits(text: str) -> int:
    """How many digits a message has, also spoken ones ("five double three"), dates and hours left out."""
    rest = _CLOCK.sub(" ", _CALENDAR.sub(" ", text))
    count = 0
    for found in _SPOKEN.finditer(rest):
        lead, _, word = found.group().lower().rpartition(" ")
        count += {"": 1, "double": 2, "triple": 3}[lead] if not word.isdigit() else len(word)
    return count
