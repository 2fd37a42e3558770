"""The name in an answer.

Nearly every word is somebody's name, so no word forbids one: only a whole message that is a sentence, a
command or a time that we know (``not_names.yml``) is asked about, once.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml

KIN = (
    r"(?:wife|husband|mother|mom|mum|father|dad|son|daughter|sister|brother|friend|partner|grandmother|grandfather"
    r"|grandma|grandpa|aunt|uncle|child|kid)"
)
_GREETING = re.compile(
    r"^(?:(?:hi|hello|hey|thanks|thank you)(?: there)?[,.! ]+(?=\S)"
    r"|(?:good (?:morning|afternoon|evening))[,.! ]+(?=\S)"
    r"|(?:no|oh|sorry|wait|oops|actually)[,.!]+ *(?=\S)"
    r"|(?:yes|yeah|ok|okay|sure|well|um+|maybe)(?:[,.!]+ *(?=\S)| +(?-i:(?=[a-z])))"
    r"|(?-i:yes|yeah|ok|okay|sure|well|um+|maybe) +(?=\S))",
    re.IGNORECASE,
)
#: Words that say that a name follows; then it may look as it likes.
_NAMED = re.compile(
    rf"^(?:(?:(?:my|her|his|their|the|our)(?: {KIN}(?:'?s)?)?(?: full| first| last)? )?name(?: is| should be|'?s| ?[:?])? +"
    r"|(?:you can |they can |please |just )?call me +|i go by +|i am called +|i'?m called +"
    rf"|(?:please )?put (?:me|him|her|it|us) down (?:as|under) +|it'?s under +|my {KIN}(?:'s| is) called +"
    r"|(?:the )?(?:patient|name of (?:the )?patient)(?:'s name)?(?: is|:) +|of (?:the )?patient +)",
    re.IGNORECASE,
)
_INTRODUCED = re.compile(
    rf"^(?:it'?s for my {KIN}[,: ]+|for my {KIN}[,: ]+|my {KIN}[,: ]+|it'?s +|it is +|this is +|i am +|i'?m +"
    r"|(?:she|he)(?:'?s| is) +|me[,:] *|(?-i:is|to|now|spelled|spelt|written|actually|should be) +)",
    re.IGNORECASE,
)
#: The same words in the middle of a longer answer.
_IN_THE_MIDDLE = re.compile(
    rf"(?:\bname(?:'s| is)|\b(?:i am|i'm|this is|call me|know me as|have me as|write|called|it'?s for|for)(?-i:(?= [A-Z]))|\bmy {KIN},?) +(?P<name>.+)",
    re.IGNORECASE,
)
#: Where a name ends that stands in a longer answer. The point of a title ends none, nor does the comma of
#: "Diaz, Rosa".
_ENDS = re.compile(
    r"\s*(?:,\s(?!(?-i:[A-Z])\S*\s*$)|[;!]\s|\n|\s[-–]\s"
    r"|(?<!\bdr)(?<!\bmr)(?<!\bms)(?<!\bst)(?<!\bmrs)(?<!\bprof)\.\s"
    r"|\s(?:(?-i:and|but|because|who|please|thanks?|here|speaking|calling|from|for|wants?|has|is)|i|i'd|i'm)\b"
    r").*$",
    re.IGNORECASE | re.DOTALL,
)
_TAIL = re.compile(
    r"(?:[, ]+(?:please|thanks|thank you|instead|here|speaking|is my name|is the name)|[.!?]+\s+(?=(?:why|what|how|when|do|can|is)\b).*)[.!]*$",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_QUOTES = " .,!;:\n\t\"'“”()"


@cache
def _lists() -> dict[str, frozenset[str]]:
    raw = yaml.safe_load(Path(__file__).with_name("not_names.yml").read_text(encoding="utf-8"))
    return {key: frozenset(value.split() if isinstance(value, str) else value) for key, value in raw.items()}


def read_name(text: str, *, longest: int = 100) -> str | None:
    """The name in an answer, without what stands round it; ``None`` if the whole message is known to be
    something else."""
    whole = " ".join(text.split())
    if whole.lower().strip(_QUOTES) in _lists()["commands"]:
        return None
    name, named = _without_lead(_TAIL.sub("", whole))
    if named:
        name = _ENDS.sub("", name).strip(_QUOTES)
        if set(_words(name)) & _lists()["never_after_name_is"]:
            return None
    if _fits(name, longest) and (named or not is_something_else(name)):
        return name
    return _in_a_longer_answer(whole, longest)


def new_name(text: str) -> str | None:
    """The name in "the name is ..."; ``None`` where that says what is wrong with it, such as "misspelt"."""
    return None if set(_words(text)) & _lists()["never_after_name_is"] else read_name(text)


def bare_name(text: str) -> str:
    """The message without what usually stands round a name; the message itself where nothing else is left."""
    return _without_lead(_TAIL.sub("", " ".join(text.split())))[0] or text.strip()


def is_something_else(text: str) -> bool:
    """Whether a whole message is a command, a sentence or a time, and so no name at first sight."""
    lists, words = _lists(), _words(text)
    clauses = [part.strip(_QUOTES) for part in re.split(r"[,.;!]\s", text.lower())]
    if all(part in lists["commands"] for part in clauses if part):
        return True
    if len(words) > 1 and set(words) <= lists["commands"] and text == text.lower():
        return True  # "ok sure", "yes please"
    return is_time(text) or _is_sentence(words, text)


def is_time(text: str) -> bool:
    """Whether nothing but days and hours is said. A month alone is a name: April, May, June."""
    lists, words, digits = _lists(), _words(text), any(character.isdigit() for character in text)
    months = set(words) <= lists["round_times"] and digits and len(words) > 0
    return months or (
        any(word in lists["times"] for word in words) and set(words) <= lists["times"] | lists["round_times"]
    )


def _is_sentence(words: list[str], text: str) -> bool:
    lists = _lists()
    surely = sum(word in lists["sentence"] for word in words)
    perhaps = sum(word in lists["also_names"] | lists["commands"] for word in words) - sum(
        word in lists["commands"] & lists["sentence"] for word in words
    )
    if len(words) < 2:
        return text in lists["sentence"]  # "leg" is, "Work" and "Price" are surnames
    lower = not any(word[0].isupper() for word in _WORD.findall(text)[1:])
    return (surely >= 1 and surely + perhaps >= 2) or (lower and surely + perhaps == len(words))


def _without_lead(text: str) -> tuple[str, bool]:
    """The text without "hi, my name is", and whether that said that a name follows."""
    named = False
    for _ in range(4):
        before = text
        text = _GREETING.sub("", text, count=1).strip()
        bare = _NAMED.sub("", text, count=1).strip()
        named, text = named or bare != text, bare
        text = _INTRODUCED.sub("", text, count=1).strip()
        if text == before:
            break
    return text.strip(_QUOTES), named


def _in_a_longer_answer(text: str, longest: int) -> str | None:
    """The name after "my name is" or "my mother" somewhere in a message, written as a name is."""
    for found in _IN_THE_MIDDLE.finditer(text):
        name = _ENDS.sub("", found["name"]).strip(_QUOTES)
        words = _WORD.findall(name)
        if (
            _fits(name, longest)
            and 1 <= len(words) <= 5
            and words[0][0].isupper()
            and not is_something_else(name)
        ):
            return name
    return None


def _fits(name: str, longest: int) -> bool:
    """Whether there is a word in it, it is short enough, and it is no question, command or number."""
    return bool(
        _words(name)
        and len(name) <= longest
        and not re.search(r"[?@]|^/", name)
        and sum(character.isdigit() for character in name) <= 2
        and len(name.split()) <= 8
    )


def _words(text: str) -> list[str]:
    return [word.replace("’", "'") for word in _WORD.findall(text.lower())]
