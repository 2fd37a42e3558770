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
_CHILD = r"(?:my|our|her|his|the) (?:\w+ )?(?:son|daughter|kid|child|boy|girl|toddler|baby|grandson|granddaughter|grandchild|nephew|niece|teen|teenager|little one|\d+ ?(?:year|yr)s?.?old)s?|\d+ ?(?:year|yr|y)s?.?olds? (?:son|daughter|kid|child|boy|girl)|(?:for|in|with) (?:kids|children|a child|a kid)"
_OTHER = r"(?:my|our) (?:\w+ )?(?:husband|wife|partner|mum|mom|mother|dad|father|sister|brother|friend|boyfriend|girlfriend|grandma|grandmother|grandad|grandpa|grandfather|aunt|uncle|parents?|neighbou?r|spouse|hubby|nan|gran)"
_SELF = r"(?:it.?s|its|this is|that.?s|asking|i mean|i meant|it is) (?:for |about )?(?:me|myself)|(?:for|about) me(?: not| now|$)|not (?:for )?(?:my|our|a|the) (?:son|daughter|kid|child|husband|wife|mum|mom|mother|dad|father)"

_SAID_OF_BODY = r"(?:\bi.?m\b|\bi am\b|\bim\b|\bi was\b|\bshe.?s\b|\bshe is\b|\bhe.?s\b|\bhe is\b|\bwho is\b|\bwho.?s\b|\bis\b|\bbeing\b|\bsince i got\b|\bi.?ve got\b|\bi have\b|\bi.?ve\b|\bive\b|\bhas\b|\bhave\b|\bget\b|\bgot\b|\bdo\b|\bon\b|\bwith\b|\bmy\b|\bstarted\b|\d+ (?:weeks|wks|months)|\bas a\b)"
_SAID_OF_MEDICINE = r"(?:\bi.?m on\b|\bi am on\b|\bim on\b|\bi take\b|\bi.?m taking\b|\bim taking\b|\bi am taking\b|\btaking\b|\btakes\b|\bbeen on\b|\bis on\b|\bwas on\b|\bput (?:me|him|her) on\b|\bprescribed\b|\bgave me\b|\bgiven\b|\bmy\b|\bon\b|\bi use\b|\bi have been on\b|\bi.?ve been\b|\bhis\b|\bher\b|\bstarted\b|\busing\b|\balready\b)"
_NOT = r"(?:\bnot\b|\bnever\b|\bno longer\b|\bno\b|n.?t\b|\bwithout\b|\bisnt\b|\bdont\b)"
_IF = r"(?:\bif\b|\bwhat about\b|\bhow about\b|\bin\b|\bduring\b|\bwhen\b|\bwhile\b|\bsomeone\b|\bpeople\b|\bcan\b|\bdoes\b|\bis it\b|\bfor\b)"

_OPENERS = re.compile(
    r"^(?:and|but|so|ok(?:ay)?|also|then|or|hm+|what about|how about|what if|even|is (?:that|it|this)|are (?:they|those|these)|does (?:that|it|this)|do (?:they|those)|can (?:that|it|i|he|she|we)|would (?:that|it)|should (?:that|it)|same|for|in|if|when|while|during|with|no|not|actually|sorry|i|i'?m|it'?s|im|its|my|she|he|we|yes)\b"
)
#: Words that carry no topic of their own: with nothing else left, a message leans on what was said before.
_EMPTY = set(
    "a an and are about actually also am any as at be because been being but by can could do does doing did for from get gets go had has have having he her him his how i id if im in is it its ive just like "
    "me mean meant my myself no not now of ok okay on one or our she so still someone something somebody sorry that than thats the their them then there these they thing this those to too us we well were what whats when where which "
    "while who will with would yes yeah you your safe ok bad good work works help helps true normal different same apply applies count counts matter matters use used take taking takes ok fine allowed right dangerous harmful risky happens happen "
    "change changes during people person someone year years old weeks week wk wks month months along gone yr yrs now currently though even want wanted please tell was case months' only just pregnant anymore longer never nope don't dont isn't isnt didn't aren't i'm it's she's he's that's what's".split()
)


@dataclass
class Context:
    """What was found. ``facts`` maps a key to ``yes``, ``no`` or, for ``subject``, to ``self``, ``child``, ``other``."""

    facts: dict[str, str] = field(default_factory=dict)
    mentions: list[str] = field(default_factory=list)
    elliptical: bool = False


def find_context(text: str) -> Context:
    """Read a message. Pure; takes well under a millisecond."""
    words = re.sub(r"[’`]", "'", text.lower())
    words = re.sub(r"[^\w\s'.,;?!/-]", " ", words)
    found = Context()
    rest = words
    for key, pattern in _SITUATIONS.items():
        said = _SAID_OF_BODY if key in ("pregnant", "kidney") else _SAID_OF_MEDICINE
        for match in re.finditer(rf"\b(?:{pattern})\b", words):
            before = re.split(r"[.;?!]", words[: match.start()])[-1][-45:]
            rest = rest.replace(match.group(), " ")
            near = before[-28:]
            if re.search(_NOT + r"[^,]*$", near) and not re.search(r"\bnot (?:sure|only)\b", near):
                found.facts.setdefault(key, "no")
            elif re.search(said + r"[^,]{0,28}$", before) and not _only_asked(before, key):
                found.facts[key] = "yes"
            elif key not in found.mentions:
                found.mentions.append(key)
    subject = _subject(words)
    if subject:
        found.facts["subject"] = subject
        rest = re.sub(rf"\b(?:{_CHILD}|{_OTHER}|{_SELF})\b", " ", rest)
        if subject in ("child", "other"):
            found.mentions.append(subject)
    left = [word for word in re.findall(r"[a-z']+", rest) if word not in _EMPTY]
    named = bool(found.facts or found.mentions)
    short = len(words.split()) <= 14
    found.elliptical = short and not left and (named or bool(_OPENERS.match(words.strip()))) and len(words.split()) > 1
    return found


def _only_asked(before: str, key: str) -> bool:
    """Whether the situation is only asked about: "what if I am pregnant" is no fact, "I am pregnant, what if" is."""
    if key in ("pregnant", "kidney"):
        if re.search(r"\b(?:i.?m|i am|im|i have|i.?ve|my|she is|she.?s|he is|he.?s|\d+ (?:weeks|wks|months))\b", before):
            return False  # "and if I'm pregnant?" is said by those who are: the caution does no harm to others
        return bool(re.search(_IF, before)) or not before.strip()
    return bool(re.search(r"\b(?:what is|what.?s|should i|can i|could i|would|how does|tell me|better than|versus|vs)\b", before)) and not re.search(
        r"\b(?:i.?m on|i am on|im on|i take|taking|been on|my)\b", before
    )


def _subject(words: str) -> str | None:
    if re.search(rf"\b(?:{_SELF})\b", words):
        return "self"
    if re.search(rf"\b(?:{_CHILD})\b", words):
        return "child"
    if re.search(rf"\b(?:{_OTHER})\b", words):
        # "My mum had it too" tells of the family; the question is still about oneself.
        if re.search(r"\b(?:i|i'?m|me|my legs|myself)\b", words) and not re.search(r"\b(?:for|about|is|has|takes|can|should|does) (?:my|our)\b|\b(?:he|she|his|her|him)\b", words):
            return None
        return "other"
    return None
