"""Who and what a message is about beside its topic: the person, pregnancy, kidneys, medicines by class.

A *fact* is something the patient says of the person concerned ("I'm 30 weeks pregnant", "she is on dialysis",
"I take ropinirole", "no, not pregnant"); it is kept for the conversation. A *mention* only names the
situation ("and in pregnancy?"); it colours this one answer. Facts and mentions choose cautions, never the
topic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bot.language.medicine_names import medicine_names
from bot.language.spelling import speller
from bot.understanding.situation_words import pattern, situation_words

#: What a caution is for, by the class of the medicine.
_BY_CLASS = {
    "dopamine": {"dopamine_agonist", "levodopa"},
    "gabapentinoid": {"gabapentinoid"},
    "opioid": {"opioid"},
}


def _plural(words: list[str]) -> str:
    """Any of ``words``, one or more of them."""
    return pattern(f"{word}(s|)" for word in words)


#: An age is made one word before anything is looked for: ``k___`` under 18, ``g___`` grown up, as long as
#: what stood there.
_AGE = re.compile(r"\b(\d{1,3})(?:[ -]?(?:years?|yrs?|y)[ -]?olds?| ?(?:yo|y/o))\b")
_GROWN_UP_AT = 18
_SHORT = 14  # words that a message has at most which leans on the one before
_BEFORE = 45  # characters before a situation that say whether it is so

_WORDS = situation_words()
_OFFSPRING = pattern(_WORDS.offspring)
_BODY = {key: re.compile(pattern(phrases)) for key, phrases in _WORDS.body.items()}
_CHILD = (
    rf"\b(?:my|our|her|his) (?!g_)(?:\w+ )?(?:{_plural(_WORDS.offspring + _WORDS.young_ones)}|k_+\b)"
    rf"|\bk_+ {_OFFSPRING}|{pattern(_WORDS.children_in_general)}|\ban? k_+"
)
_OTHER = (
    rf"\b(?:my|our) (?:\w+ )?{pattern(_WORDS.relatives)}"
    rf"|\b(?:my|our|her|his) g_+(?: {_OFFSPRING}| (?=(?:is|has|can|wants|needs|keeps|gets|was|says|takes)\b)|(?=[?.,!]|$))"
)
#: Right after "my son": he is grown up.
_IS_GROWN_UP = re.compile(
    r"(?:'s| is|,| who is| who's)? ?(?:aged? |now |already )*(?:g_+|(?:1[89]|[2-9]\d)\b"
    r"(?! ?(?:weeks?|wks|months?|days?|hours?|minutes?|mins|mg|kg|lbs?|pounds|stone|times|percent)))"
)
#: Under 18, and says so.
_MINOR = re.compile(
    r"\b(?:i.?m|i am) (?:only |just |still )?"
    r"(?:(?:a |an )?k_+|(?:[6-9]|1[0-7])(?= ?(?:years?|yrs?)\b| (?:and|but|with|so|my)\b|[,.;?!]|$))"
)
_SELF = pattern(_WORDS.oneself)
_FOR_ME = re.compile(pattern(_WORDS.for_me_at_the_end) + "(?=[?!. ]*$)")
_PERSON = {"child": re.compile(_CHILD), "other": re.compile(_OTHER)}
#: A family member about whom the question is, not one who only says, does or had something.
_ABOUT_THEM = re.compile(
    rf"{pattern(_WORDS.asked_before_a_relative)} (?:my|our)\b"
    rf"|\b(?:my|our) [\w' -]{{2,20}}?(?:'s\b| {pattern(_WORDS.told_after_a_relative)})"
)
_TELLS = re.compile(pattern(_WORDS.relative_tells))
_THEIRS = re.compile(r"\b(?:his|her|their|he|she|they)\b")
_MYSELF = re.compile(pattern(_WORDS.oneself_named))
_BIRTH = re.compile(pattern(_WORDS.birth))
_HEIRS = re.compile(pattern(_WORDS.heirs))

_NOT = pattern(_WORDS.not_words)
#: What the patient says is not so: "not pregnant", "I don't take gabapentin". "They don't like giving it" is
#: none.
_NOT_SO = {
    "body": re.compile(
        rf"(?:{_NOT}\s+(?:{pattern(_WORDS.between_not_and_body)}\s+)*|\bno,?\s+(?:any\s+)?|\bwithout\s+)$"
    ),
    "medicine": re.compile(
        rf"(?:{_NOT}\s+(?:{pattern(_WORDS.between_not_and_taking)}\s+)*{pattern(_WORDS.taking)}\s+"
        r"(?:(?:any|the|a|my)\s+)?|^(?:no|not)[, ]+)$"
    ),
}
_SO = {
    "body": re.compile(pattern(_WORDS.said_of_body) + "[^,]{0,28}$"),
    "medicine": re.compile(pattern(_WORDS.said_of_medicine) + "[^,]{0,28}$"),
}
_SO_OF_ONESELF = re.compile(rf"{pattern(_WORDS.said_of_oneself)}(?!.*{pattern(_WORDS.not_yet)})")
_TAKEN_FOR_SURE = re.compile(pattern(_WORDS.taken_for_sure))
_ASKED = re.compile(pattern(_WORDS.asked_of_medicine))
_MAY_I = re.compile(pattern(_WORDS.may_i_take))
_NO_MORE = re.compile(pattern(_WORDS.no_more))
_WAS = re.compile(pattern(_WORDS.past))
_PAST_OR_STRANGER = re.compile(pattern(_WORDS.past + _WORDS.strangers))
_SUPPOSED = re.compile(pattern(_WORDS.supposed))

_OPENERS = re.compile(pattern(_WORDS.openers))
_ASKS_ITSELF = re.compile(rf"{pattern(_WORDS.asks_by_name)} (?!{pattern(_WORDS.pronouns)})")
_BESIDE = re.compile(rf"{pattern(_WORDS.beside)}\s+(?:(?:a|an|my|the|any|some)\s+)?$")
#: Words that carry no topic of their own: with nothing else left, a message leans on what was said before.
EMPTY_WORDS = frozenset(_WORDS.words_without_topic)


@dataclass
class Context:
    """What was found.

    Args:
        facts: a key to ``yes``, ``no`` or, for ``subject``, to ``self``, ``child``, ``other``.
        spans: where in the text each fact was read: start and end.
        mentions: situations that are only named.
        elliptical: whether the message leans on what was said before, having no topic of its own.
    """

    facts: dict[str, str] = field(default_factory=dict)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    mentions: list[str] = field(default_factory=list)
    elliptical: bool = False


@dataclass(frozen=True)
class _Situation:
    """A situation as it stands in a message: its key, and where."""

    key: str
    start: int
    end: int


def find_context(text: str) -> Context:
    """Read a message. Pure; takes well under a millisecond, more where a word is mistyped."""
    words = re.sub(r"[’`]", "'", text.lower())
    words = _AGE.sub(_as_one_word, re.sub(r"[^\w\s'.,;?!/-]", " ", words))
    found = Context()
    subject, named = _subject(words)
    situations = _situations(words)
    for situation in situations:
        key = situation.key
        before = re.split(r"[.;?!]", words[: situation.start])[-1][-_BEFORE:]
        told = _told(key, before, words[situation.start : situation.end])
        if not told and _WAS.search(before) and _NO_MORE.search(words):
            told = "no"  # "I was pregnant last year, not now" takes it back
        if told == "yes" and named and not subject and named[1] <= situation.start <= named[1] + _BEFORE:
            told = None  # it is the relative's, of whom the question is not
        if told and found.facts.get(key) != "yes":
            found.facts[key], found.spans[key] = told, (situation.start, situation.end)
        elif not told and key not in found.mentions:
            found.mentions.append(key)
    if named and not subject and _names_children(words[slice(*named)]) and not _HEIRS.search(words):
        found.mentions.append("child")
    if subject and named:
        found.facts["subject"], found.spans["subject"] = subject, named
        if subject in ("child", "other"):
            found.mentions.append(subject)
    found.elliptical = _leans(words, situations, found)
    return found


def _as_one_word(age: re.Match[str]) -> str:
    """``k___`` or ``g___`` for an age, of the same length."""
    return ("k" if int(age.group(1)) < _GROWN_UP_AT else "g").ljust(len(age.group()), "_")


def _names_children(named: str) -> bool:
    """Whether a message speaks of children in general: "for kids", "a 10 year old"."""
    return bool(re.match(r"\w+ (?:a )?(?:kid|child)|an? k_", named))


def _situations(words: str) -> list[_Situation]:
    """What is named: first pregnancy, then kidneys, then medicines; each kind from left to right."""
    found = [
        _Situation(key, *match.span()) for key, named in _BODY.items() for match in named.finditer(words)
    ]
    taken = medicine_names().find(words, speller().word)
    return found + [
        _Situation(key, medicine.start, medicine.end)
        for key, classes in _BY_CLASS.items()
        for medicine in taken
        if not classes.isdisjoint(medicine.classes)
    ]


def _leans(words: str, situations: list[_Situation], found: Context) -> bool:
    """Whether a message has no topic of its own: only a situation, a person, and words that carry none."""
    rest = list(words)
    for situation in situations:
        rest[situation.start : situation.end] = " " * (situation.end - situation.start)
    left = re.sub(rf"{_CHILD}|{_OTHER}|{_SELF}|\b[kg]_+", " ", "".join(rest))
    if any(word not in EMPTY_WORDS for word in re.findall(r"[a-z']+", left)):
        return False
    if not 1 < len(words.split()) <= _SHORT or _asks_of_medicine(words, situations, found):
        return False
    if not _OPENERS.match(words.strip()) or _ASKS_ITSELF.match(words.strip()):
        return False
    # "I'm pregnant. Is gabapentin ok?": the topic stands in the second sentence.
    return not any(
        _ASKS_ITSELF.match(part.strip()) and medicine_names().find(part, speller().word)
        for part in re.split(r"[.;?!,]", words)[1:]
    )


def _asks_of_medicine(words: str, situations: list[_Situation], found: Context) -> bool:
    """Whether a medicine is what the message asks about ("can i take ropinirole"), not a circumstance
    ("and with ropinirole?")."""
    told = [span for key, span in found.spans.items() if key in _BY_CLASS]
    return any(
        situation.key in _BY_CLASS
        and (situation.start, situation.end) not in told
        and not _BESIDE.search(words[: situation.start])
        for situation in situations
    )


def _told(key: str, before: str, what: str) -> str | None:
    """What a patient tells of a situation, by the words before it: ``yes``, ``no``, or nothing (it is only
    named)."""
    kind = "medicine" if key in _BY_CLASS else "body"
    if _NOT_SO[kind].search(before):
        return "no"
    if _PAST_OR_STRANGER.search(before):
        return None
    if not _SO[kind].search(before):
        told = re.match(r"\d|kidneys? (?:are|is)\b", what) or (
            kind == "body" and re.search(r"^\W*on\b", before)
        )
        return "yes" if told else None
    if kind == "body":
        # "And if I'm pregnant?" is said by those who are: the caution does no harm to others.
        return None if _SUPPOSED.search(before) and not _SO_OF_ONESELF.search(before) else "yes"
    before = before.rsplit(",", 1)[-1]
    # Who asks whether they may take it does not take it.
    sure = _TAKEN_FOR_SURE.search(_MAY_I.sub(" ", before))
    return None if _ASKED.search(before) and not sure else "yes"


def _subject(words: str) -> tuple[str | None, tuple[int, int] | None]:
    """Whom it is about, and where a person is named.

    Relatives who only come into the story are named, no subject.
    """
    if match := re.search(_SELF, words):
        return "self", match.span()
    if (match := _FOR_ME.search(words)) and not any(who.search(words) for who in _PERSON.values()):
        return "self", match.span()
    if match := _MINOR.search(words):
        return "child", match.span()
    for who, person in _PERSON.items():
        match = person.search(words)
        if match is None:
            continue
        if re.search(r"\b(?:baby|little)\b", match.group()) and _BIRTH.search(words):
            continue
        if _HEIRS.search(words):
            return None, match.span()
        if re.match(r"(?:for|in|with|to|about|and|an?) ", match.group()):
            return None, match.span()  # children in general
        if who == "child" and _IS_GROWN_UP.match(words[match.end() :]):
            who = "other"
        theirs = bool(_ABOUT_THEM.search(words))
        if who == "child" and _TELLS.search(words[match.end() : match.end() + 20]) and _MYSELF.search(words):
            # "my daughter says it is my legs" is no question about her; "says her legs hurt" is
            theirs = bool(_THEIRS.search(words[match.end() : match.end() + _BEFORE]))
        elif who == "child":
            theirs = (
                theirs
                or bool(re.search(r"\bnot (?:for )?me\b|\bi meant?\b", words))
                or not _MYSELF.search(words)
                or bool(re.search(r"\b(?:his|her|he|she) \w+", words[match.end() :]))
            )
        elif re.search(r"\bnot (?:for )?me\b|\bi meant?\b", words):
            theirs = True
        elif _TELLS.search(words[match.end() : match.end() + 20]):
            theirs = False
        elif not _MYSELF.search(words):
            theirs = (
                theirs or bool(re.search(r"\b(?:he|she|his|her|him)\b", words)) or len(words.split()) <= 8
            )
        elif not re.search(r"\b(?:for|about) (?:my|our)\b|\b(?:he|she|his|her|him)\b", words) or (
            re.search(r"\bmy (?:own )?legs?\b|\bi have\b|\bnow (?:i|my)\b", words)
            and not re.search(r"\b(?:for|about) (?:my|our)\b", words)
        ):
            theirs = False
        return (who if theirs else None), match.span()
    return None, None
