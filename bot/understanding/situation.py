"""Who and what a message is about beside its topic: the person, pregnancy, kidneys, medicines by class.

A *fact* is something the patient says of the person concerned ("I'm 30 weeks pregnant", "she is on dialysis", "I take
ropinirole", "no, not pregnant"); it is kept for the conversation. A *mention* only names the situation ("and in
pregnancy?"); it colours this one answer. Facts and mentions choose cautions, never the topic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_DOPAMINE = r"ropinirole|requip|repreve|adartrel|pramipexole|mirapex\w*|sifrol|rotigotine|neupro|levodopa|sinemet|co.?careldopa|madopar|dopamine (?:agonists?|medicines?|meds?|pills?|tablets?)"
_GABAPENTINOID = r"gabapentin|neurontin|gralise|horizant|pregabalin|lyrica|gabapentinoids?"
_OPIOID = r"opioids?|opiates?|methadone|buprenorphine|suboxone|tramadol|ultram|codeine|oxycodone|oxycontin|targin\w*|hydrocodone|morphine|fentanyl|percocet|vicodin|tapentadol"
_SITUATIONS = {
    "pregnant": r"pregnan\w*|expecting(?: a (?:baby|child))?|(?:first|second|third|1st|2nd|3rd|last) trimester|trimester|\d+ (?:weeks|wks|months) (?:along|gone)|baby on the way|breastfeeding",
    "kidney": r"dialysis|ha?emodialysis|kidney (?:failure|disease|problems?|trouble)|kidneys? (?:are|is) (?:failing|bad|weak|poor|damaged)|(?:bad|weak|failing|poor|damaged) kidneys?|renal (?:failure|disease|patient)|ckd|esrd|kidney patient",
    "dopamine": _DOPAMINE,
    "gabapentinoid": _GABAPENTINOID,
    "opioid": _OPIOID,
}
_CHILD = r"(?:my|our|her|his) (?:\w+ )?(?:son|daughter|kid|child|boy|girl|toddler|baby|grandson|granddaughter|grandchild|nephew|niece|teen|teenager|little one|\d+ ?(?:year|yr)s?.?old)s?|\d+ ?(?:year|yr|y)s?.?olds? (?:son|daughter|kid|child|boy|girl)|(?:for|in|with|to|about|and) (?:kids|children|a child|a kid)"
_OTHER = r"(?:my|our) (?:\w+ )?(?:husband|wife|partner|mum|mom|mother|dad|father|sister|brother|friend|boyfriend|girlfriend|grandma|grandmother|grandad|grandpa|grandfather|aunt|uncle|parents?|neighbou?r|spouse|hubby|nan|gran)"
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
_MINOR = r"\b(?:i.?m|i am) (?:only |just |still )?(?:[6-9]|1[0-7])(?= ?(?:years?|yrs?|yo|y/o)\b| (?:and|but|with|so|my)\b|[,.;?!]|$)"

_OPENERS = re.compile(
    r"^(?:and|but|so|oops|wait|typo|ok(?:ay)?|also|then|or|hm+|what about|how about|what if|even|is (?:that|it|this)|are (?:they|those|these)|does (?:that|it|this)|do (?:they|those)|can (?:that|it|i|he|she|we)|would (?:that|it)|should (?:that|it)|same|for|in|if|when|while|during|with|no|not|actually|sorry|i|i'?m|it'?s|im|its|my|she|he|we|yes)\b"
)
#: A medicine asked about by name is a topic: "is ropinirole safe", "what is Horizant".
_ASKS_ITSELF = re.compile(
    r"^(?:is|are|does|do|can|what is|what are|what.?s|how does|when|will) (?!(?:it|that|this|they|those|these|he|she|i|we)\b)"
)
MEDICINE_WORDS = rf"{_DOPAMINE}|{_GABAPENTINOID}|{_OPIOID}"
_MEDICINE = re.compile(rf"\b(?:{MEDICINE_WORDS})\b")
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


def find_context(text: str) -> Context:
    """Read a message. Pure; takes well under a millisecond."""
    words = re.sub(r"[’`]", "'", text.lower())
    words = re.sub(r"[^\w\s'.,;?!/-]", " ", words)
    found = Context()
    subject, named = _subject(words)
    rest = words
    for key, pattern in _SITUATIONS.items():
        for match in re.finditer(rf"\b(?:{pattern})\b", words):
            rest = rest.replace(match.group(), " ")
            told = _told(key, re.split(r"[.;?!]", words[: match.start()])[-1][-45:], match.group())
            if told == "yes" and named and not subject and named[1] <= match.start() <= named[1] + 45:
                told = None  # it is the relative's, of whom the question is not
            if told and found.facts.get(key) != "yes":
                found.facts[key], found.spans[key] = told, match.span()
            elif not told and key not in found.mentions:
                found.mentions.append(key)
    if (
        named
        and not subject
        and re.match(r"\w+ (?:a )?(?:kid|child)", words[slice(*named)])
        and not re.search(_HEIRS, words)
    ):
        found.mentions.append("child")
    if subject and named:
        found.facts["subject"], found.spans["subject"] = subject, named
        if subject in ("child", "other"):
            found.mentions.append(subject)
    rest = re.sub(rf"\b(?:{_CHILD}|{_OTHER}|{_SELF})\b", " ", rest)
    left = [word for word in re.findall(r"[a-z']+", rest) if word not in EMPTY_WORDS]
    short = len(words.split()) <= 14 and not _asks_of_medicine(words, found)
    leans = bool(_OPENERS.match(words.strip())) and not _ASKS_ITSELF.match(words.strip())
    # "I'm pregnant. Is gabapentin ok?": the topic stands in the second sentence.
    leans = leans and not any(
        _ASKS_ITSELF.match(part.strip()) and _MEDICINE.search(part)
        for part in re.split(r"[.;?!,]", words)[1:]
    )
    found.elliptical = short and not left and leans and len(words.split()) > 1
    return found


def _asks_of_medicine(words: str, found: Context) -> bool:
    """Whether a medicine is what the message asks about ("can i take ropinirole"), not a circumstance ("and with ropinirole?")."""
    told = [span for key, span in found.spans.items() if key in ("dopamine", "gabapentinoid", "opioid")]
    beside = r"\b(?:with|on|plus|using|taking|while|besides?|alongside)\s+(?:(?:a|an|my|the|any|some)\s+)?$"
    return any(
        match.span() not in told and not re.search(beside, words[: match.start()])
        for match in _MEDICINE.finditer(words)
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
        if re.match(r"(?:for|in|with|to|about|and) ", match.group()):
            return None, match.span()  # children in general
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
