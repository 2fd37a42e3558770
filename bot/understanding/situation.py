"""Who and what a message is about beside its topic: the person, pregnancy, kidneys, medicines by class.

A *fact* is something the patient says of the person concerned ("I'm 30 weeks pregnant", "she is on dialysis", "I take
ropinirole", "no, not pregnant"); it is kept for the conversation. A *mention* only names the situation ("and in
pregnancy?"); it colours this one answer. Facts and mentions choose cautions, never the topic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bot.content.medicines import medicines, plain
from bot.language.medicine_names import medicine_names
from bot.language.spelling import speller

#: What a caution is for, by the class of the medicine.
_BY_CLASS = {
    "dopamine": {"dopamine_agonist", "levodopa"},
    "gabapentinoid": {"gabapentinoid"},
    "opioid": {"opioid"},
}
_BODY = {
    "pregnant": r"pregnan\w*|expecting(?: a (?:baby|child))?|(?:first|second|third|1st|2nd|3rd|last) trimester|trimester|\d+ (?:weeks|wks|months) (?:along|gone)|baby on the way|breastfeeding",
    "kidney": r"dialysis|ha?emodialysis|kidney (?:failure|disease|problems?|trouble)|kidneys? (?:are|is) (?:failing|bad|weak|poor|damaged)|(?:bad|weak|failing|poor|damaged) kidneys?|renal (?:failure|disease|patient)|ckd|esrd|kidney patient",
}
#: An age is made one word before anything is looked for: ``k___`` under 18, ``g___`` grown up, as long as what stood there.
_AGE = re.compile(r"\b(\d{1,3})(?:[ -]?(?:years?|yrs?|y)[ -]?olds?| ?(?:yo|y/o))\b")
_GROWN_UP_AT = 18
_OFFSPRING = r"(?:son|daughter|kid|child|boy|girl|grandson|granddaughter|grandchild|nephew|niece)"
_CHILD = rf"(?:my|our|her|his) (?!g_)(?:\w+ )?(?:{_OFFSPRING}|toddler|baby|teen|teenager|little one|k_+)s?|k_+ {_OFFSPRING}|(?:for|in|with|to|about|and) (?:kids|children|a child|a kid)|(?:a|an) k_+"
_OTHER = rf"(?:my|our) (?:\w+ )?(?:husband|wife|partner|mum|mom|mother|dad|father|sister|brother|friend|boyfriend|girlfriend|grandma|grandmother|grandad|grandpa|grandfather|aunt|uncle|parents?|neighbou?r|spouse|hubby|nan|gran)|(?:my|our|her|his) g_+(?: {_OFFSPRING}| (?=(?:is|has|can|wants|needs|keeps|gets|was|says|takes)\b)|(?=[?.,!]|$))"
#: Right after "my son": he is grown up.
_IS_GROWN_UP = re.compile(
    r"(?:'s| is|,| who is| who's)? ?(?:aged? |now |already )*(?:g_+|(?:1[89]|[2-9]\d)\b(?! ?(?:weeks?|wks|months?|days?|hours?|minutes?|mins|mg|kg|lbs?|pounds|stone|times|percent)))"
)
_SELF = r"(?:it.?s|its|this is|asking|i mean|i meant|it is) (?:for |about )?(?:me|myself)|(?:for|about) me(?: not| now)|^(?:no |and |but )?(?:for|about|what about|how about) me$|^that.?s for me$|\bmy own (?:legs?|feet|calves|rls|case)\b|not (?:for )?(?:my|our|a|the) (?:son|daughter|kid|child|husband|wife|mum|mom|mother|dad|father)"

_SAID_OF_BODY = (
    r"(?:\bi.?m\b|\bi am\b|\bshe.?s\b|\bshe is\b|\bhe.?s\b|\bhe is\b|\bis\b|\bbeing\b|\bi.?ve\b|\bi have\b|\bhas\b|\bhave\b|\bgot\b|"
    r"\bon\b|\bmy\b|\bstarted\b|\d+ (?:weeks|wks|months)|\bas a\b|\b(?:wife|partner|daughter|sister).?s\b)"
)
_SAID_OF_MEDICINE = (
    r"(?:\b(?:i.?m|i am|been|is|he.?s|she.?s|me|him|her|stay|still|already) on\b|\b(?:i|we) (?:take|use|started|tried|have)\b|\btaking\b|\btakes\b|"
    r"\bprescribed\b|\bgave me\b|\bgiven\b|\bmy\b|\bhis\b|\bher\b|^started\b|\bi started\b|\busing\b|\bgoing on\b|\bran out of\b)"
)
_NO = r"(?:not|never|no longer|isnt|isn't|aint|ain't|arent|aren't|dont|don't|doesnt|doesn't|havent|haven't|hasnt|hasn't|wasnt|wasn't|didnt|didn't)"
#: What the patient says is not so: "not pregnant", "I don't take gabapentin", "no kidney problems". "They don't like giving it" is none.
_NOT_BODY = rf"(?:\b{_NO}\s+(?:(?:actually|even|currently|yet|now|got|have|had|on|been|any|a)\s+)*|\bno,?\s+(?:any\s+)?|\bwithout\s+)$"
_NOT_MEDICINE = rf"(?:\b{_NO}\s+(?:(?:actually|even|currently|been|ever)\s+)*(?:on|taking|take|taken|using|use|tried|prescribed|had|have|given)\s+(?:(?:any|the|a|my)\s+)?|^(?:no|not)[, ]+)$"
_PAST = r"(?:\bwhen i was\b|\bwhile i was\b|\bi was\b|\bwas on\b|\bused to (?:be|take|have)\b|\bhad been\b|\byears ago\b|\blast pregnancy\b|\bin my\b)"
_IF = r"(?:\bif\b|\bin\b|\bis (?:that|it|this)\b|\bwhat about\b|\bhow about\b|\bduring\b|\bwhen\b|\bwhile\b|\bsomeone\b|\bpeople\b|\bcan\b|\bdoes\b|\bfor\b|\bwith\b|\bget\b|\bbecome\b|\bbecoming\b|\btrying\b|\bwant\b|\bplanning\b)"
_STRANGER = r"\b(?:friends?|people|someone|somebody|others?|neighbou?r|colleague|woman|lady|man|guy|bloke|group|forum|dogs?|cats?)\b"

#: A family member about whom the question is, not one who only says, does or had something.
_ABOUT_THEM = r"\b(?:for|about|is|are|has|can|could|should|does|do|will|would) (?:my|our)\b|\b(?:my|our) [\w' -]{2,20}?(?:'s| is| are| has| have| gets| cant| can't| cannot| takes| keeps| wakes| kicks| feels| was told| got| needs| suffers)\b"
_TELLS = r"\b(?:says?|said|swears|reckons|thinks|told|tells|rubs|sprays|recommend\w*|suggest\w*|wants|had|gave|smokes)\b"
_MYSELF = r"\b(?:i|i'?m|i'?ve|ive|i'?d|me|my (?:own )?(?:legs?|feet|calf|calves|doctor|gp|rls|knees?|sleep|veins?))\b"
_BIRTH = r"\b(?:pregnan\w*|unborn|born|birth|(?:have|having|had) (?:the|my|a) baby|baby (?:comes|arrives|is due)|trimester|gone|along|midwife)\b"
_HEIRS = (
    r"\b(?:pass|hand|inherit\w*|hereditary|genetic|get (?:it|this|that|them|rls) (?:too|as well|from me)|(?:will|would|could|might|can) (?:my|our) (?:\w+ )?(?:kids|children|sons?|daughters?)|"
    r"(?:my|our) (?:\w+ )?(?:kids|children|sons?|daughters?|grand\w+) (?:will|would|could|might|may|are going to|are likely to|is going to|is likely to) (?:also |then |all )?(?:get|have|inherit|develop|end up with))\b"
)
_FOR_ME = r"\bfor me(?: too| as well| now| instead)?(?=[?!. ]*$)"
#: Under 18, and says so.
_MINOR = r"\b(?:i.?m|i am) (?:only |just |still )?(?:(?:a |an )?k_+|(?:[6-9]|1[0-7])(?= ?(?:years?|yrs?)\b| (?:and|but|with|so|my)\b|[,.;?!]|$))"

_SHORT = 14  # words that a message has at most which leans on the one before
_OPENERS = re.compile(
    r"^(?:and|but|so|oops|wait|typo|ok(?:ay)?|also|then|or|hm+|what about|how about|what if|even|is (?:that|it|this)|are (?:they|those|these)|does (?:that|it|this)|do (?:they|those)|can (?:that|it|i|he|she|we)|would (?:that|it)|should (?:that|it)|same|for|in|if|when|while|during|with|no|not|actually|sorry|i|i'?m|it'?s|im|its|my|she|he|we|yes)\b"
)
#: A medicine asked about by name is a topic: "is ropinirole safe", "what is Horizant".
_ASKS_ITSELF = re.compile(
    r"^(?:is|are|does|do|can|what is|what are|what.?s|how does|when|will) (?!(?:it|that|this|they|those|these|he|she|i|we)\b)"
)
_MEDICINES_OF_SITUATIONS = medicines().of_class(*(kind for kinds in _BY_CLASS.values() for kind in kinds))
#: For patterns of others: the medicines that a caution is for.
MEDICINE_WORDS = "|".join(
    re.escape(name)
    for name in sorted({plain(name) for row in _MEDICINES_OF_SITUATIONS for name in row.right_names})
)
#: Words that carry no topic of their own: with nothing else left, a message leans on what was said before.
EMPTY_WORDS = frozenset(
    [
        "a",
        "wait",
        "oops",
        "hang",
        "hold",
        "correction",
        "mistake",
        "wrong",
        "typo",
        "misunderstood",
        "an",
        "and",
        "are",
        "about",
        "actually",
        "also",
        "am",
        "any",
        "as",
        "at",
        "be",
        "because",
        "been",
        "being",
        "but",
        "by",
        "can",
        "could",
        "do",
        "does",
        "doing",
        "did",
        "for",
        "from",
        "get",
        "gets",
        "go",
        "had",
        "has",
        "have",
        "having",
        "he",
        "her",
        "him",
        "his",
        "how",
        "i",
        "id",
        "if",
        "im",
        "in",
        "is",
        "it",
        "its",
        "ive",
        "just",
        "like",
        "me",
        "mean",
        "meant",
        "my",
        "myself",
        "no",
        "not",
        "now",
        "of",
        "ok",
        "okay",
        "on",
        "one",
        "or",
        "our",
        "she",
        "so",
        "still",
        "someone",
        "something",
        "somebody",
        "sorry",
        "that",
        "than",
        "thats",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "thing",
        "this",
        "those",
        "to",
        "too",
        "us",
        "we",
        "well",
        "were",
        "what",
        "whats",
        "when",
        "where",
        "which",
        "while",
        "who",
        "will",
        "with",
        "would",
        "yes",
        "yeah",
        "you",
        "your",
        "safe",
        "bad",
        "good",
        "work",
        "works",
        "help",
        "helps",
        "true",
        "normal",
        "different",
        "same",
        "apply",
        "applies",
        "count",
        "counts",
        "matter",
        "matters",
        "use",
        "used",
        "take",
        "taking",
        "takes",
        "fine",
        "allowed",
        "right",
        "dangerous",
        "harmful",
        "risky",
        "happens",
        "happen",
        "change",
        "changes",
        "during",
        "people",
        "person",
        "year",
        "years",
        "old",
        "weeks",
        "week",
        "wk",
        "wks",
        "month",
        "months",
        "along",
        "gone",
        "yr",
        "yrs",
        "currently",
        "though",
        "even",
        "want",
        "wanted",
        "please",
        "tell",
        "was",
        "case",
        "months'",
        "only",
        "pregnant",
        "anymore",
        "longer",
        "never",
        "nope",
        "don't",
        "dont",
        "woman",
        "women",
        "mothers",
        "isn't",
        "isnt",
        "didn't",
        "aren't",
        "i'm",
        "it's",
        "she's",
        "he's",
        "that's",
        "what's",
    ]
)


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
        before = re.split(r"[.;?!]", words[: situation.start])[-1][-45:]
        told = _told(key, before, words[situation.start : situation.end])
        if told == "yes" and named and not subject and named[1] <= situation.start <= named[1] + 45:
            told = None  # it is the relative's, of whom the question is not
        if told and found.facts.get(key) != "yes":
            found.facts[key], found.spans[key] = told, (situation.start, situation.end)
        elif not told and key not in found.mentions:
            found.mentions.append(key)
    if named and not subject and _names_children(words[slice(*named)]) and not re.search(_HEIRS, words):
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
        _Situation(key, *match.span())
        for key, pattern in _BODY.items()
        for match in re.finditer(rf"\b(?:{pattern})\b", words)
    ]
    named = medicine_names().find(words, speller().word)
    return found + [
        _Situation(key, medicine.start, medicine.end)
        for key, classes in _BY_CLASS.items()
        for medicine in named
        if not classes.isdisjoint(medicine.classes)
    ]


def _leans(words: str, situations: list[_Situation], found: Context) -> bool:
    """Whether a message has no topic of its own: only a situation, a person, and words that carry none."""
    rest = list(words)
    for situation in situations:
        rest[situation.start : situation.end] = " " * (situation.end - situation.start)
    left = re.sub(rf"\b(?:{_CHILD}|{_OTHER}|{_SELF}|[kg]_+)\b", " ", "".join(rest))
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
    """Whether a medicine is what the message asks about ("can i take ropinirole"), not a circumstance ("and with ropinirole?")."""
    told = [span for key, span in found.spans.items() if key in _BY_CLASS]
    beside = r"\b(?:with|on|plus|using|taking|while|besides?|alongside)\s+(?:(?:a|an|my|the|any|some)\s+)?$"
    return any(
        situation.key in _BY_CLASS
        and (situation.start, situation.end) not in told
        and not re.search(beside, words[: situation.start])
        for situation in situations
    )


def _told(key: str, before: str, what: str) -> str | None:
    """What a patient tells of a situation, by the words before it: ``yes``, ``no``, or nothing (it is only named)."""
    body = key in ("pregnant", "kidney")
    if re.search(_NOT_BODY if body else _NOT_MEDICINE, before):
        return "no"
    if re.search(_PAST, before) or re.search(_STRANGER, before):
        return None
    if not re.search((_SAID_OF_BODY if body else _SAID_OF_MEDICINE) + r"[^,]{0,28}$", before):
        return (
            "yes"
            if re.match(r"\d|kidneys? (?:are|is)\b", what) or (body and re.search(r"^\W*on\b", before))
            else None
        )
    if not body:
        before = before.rsplit(",", 1)[-1]
        asked = re.search(
            r"\b(?:what is|what.?s|should (?:i|we)|can (?:i|we)|could (?:i|we)|may i|would|how does|tell me|better than|versus|vs|if)\b",
            before,
        )
        # Who asks whether they may take it does not take it.
        before = re.sub(
            r"\b(?:can|could|should|may|shall|must|would|if) (?:i|we) (?:\w+ )?(?:take|use|start|have|try)\b",
            " ",
            before,
        )
        return (
            None
            if asked and not re.search(r"\b(?:i.?m on|i am on|i take|taking|been on|my)\b", before)
            else "yes"
        )
    if re.search(
        r"\b(?:i.?m|i am|i have|i.?ve|my|she is|she.?s|he is|he.?s|\d+ (?:weeks|wks|months))\b(?!.*\b(?:get|become|want|trying|planning)\b)",
        before,
    ):
        return "yes"  # "and if I'm pregnant?" is said by those who are: the caution does no harm to others
    return None if re.search(_IF, before) else "yes"


def _subject(words: str) -> tuple[str | None, tuple[int, int] | None]:
    """Whom it is about, and where a person is named. Relatives who only come into the story are named, no subject."""
    if match := re.search(rf"\b(?:{_SELF})\b", words):
        return "self", match.span()
    if (match := re.search(_FOR_ME, words)) and not re.search(rf"\b(?:{_CHILD}|{_OTHER})\b", words):
        return "self", match.span()
    if match := re.search(_MINOR, words):
        return "child", match.span()
    for who, pattern in (("child", _CHILD), ("other", _OTHER)):
        match = re.search(rf"\b(?:{pattern})\b", words)
        if match is None:
            continue
        if re.search(r"\bbaby\b", match.group()) and re.search(_BIRTH, words):
            continue
        if re.search(_HEIRS, words):
            return None, match.span()
        if re.match(r"(?:for|in|with|to|about|and|an?) ", match.group()):
            return None, match.span()  # children in general
        if who == "child" and _IS_GROWN_UP.match(words[match.end() :]):
            who = "other"
        theirs = bool(re.search(_ABOUT_THEM, words))
        if who == "child":
            theirs = (
                theirs
                or bool(re.search(r"\bnot (?:for )?me\b|\bi meant?\b", words))
                or not re.search(_MYSELF, words)
                or bool(re.search(r"\b(?:his|her|he|she) \w+", words[match.end() :]))
            )
        elif re.search(r"\bnot (?:for )?me\b|\bi meant?\b", words):
            theirs = True
        elif re.search(_TELLS, words[match.end() : match.end() + 20]):
            theirs = False
        elif not re.search(_MYSELF, words):
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
