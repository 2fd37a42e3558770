"""A message as a row of plain words: contractions opened, noise dropped, endings cut off, breaks remembered.

Rules and messages pass through the same door, so that "swelling", "SWOLLEN" and "swells" meet.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

#: Breaks before a word: none, a comma or dash, a sentence end, another message.
NONE, COMMA, SENTENCE, MESSAGE = 0, 1, 2, 3

#: Words that only add weight or that nobody needs; a rule never has to mind them.
NOISE = frozenset(
    [
        "a",
        "an",
        "the",
        "really",
        "very",
        "fucking",
        "fckn",
        "fkn",
        "effing",
        "freaking",
        "frigging",
        "literally",
        "actually",
        "quite",
        "extremely",
        "super",
        "totally",
        "absolutely",
        "basically",
        "honestly",
        "definitely",
        "kinda",
        "sorta",
        "please",
        "realy",
        "rly",
        "reely",
        "vry",
        "pls",
        "plz",
        "um",
        "uh",
        "er",
        "erm",
        "completely",
        "incredibly",
        "awfully",
        "terribly",
        "seriously",
        "simply",
        "fully",
        "slightly",
        "pretty",
        "damn",
        "damned",
        "proper",
        "properly",
        "sooo",
        "soo",
        "also",
        "somehow",
        "apparently",
    ]
)

CONTRACTIONS = {
    "cant": "cannot",
    "cnt": "cannot",
    "canot": "cannot",
    "carnt": "cannot",
    "cann't": "cannot",
    "can't": "cannot",
    "couldnt": "cannot",
    "couldn't": "cannot",
    "wont": "will not",
    "won't": "will not",
    "aint": "is not",
    "ain't": "is not",
    "dont": "do not",
    "doesnt": "does not",
    "didnt": "did not",
    "dnt": "do not",
    "isnt": "is not",
    "arent": "are not",
    "wasnt": "was not",
    "werent": "were not",
    "havent": "have not",
    "hasnt": "has not",
    "hadnt": "had not",
    "wouldnt": "would not",
    "shouldnt": "should not",
    "mustnt": "must not",
    "neednt": "need not",
    "im": "i am",
    "i'm": "i am",
    "ive": "i have",
    "i'd": "i would",
    "i'll": "i will",
    "hes": "he is",
    "shes": "she is",
    "its": "it is",
    "thats": "that is",
    "theres": "there is",
    "whats": "what is",
    "theyre": "they are",
    "youre": "you are",
    "weve": "we have",
    "theyve": "they have",
    "gonna": "going to",
    "gunna": "going to",
    "gona": "going to",
    "wanna": "want to",
    "gotta": "got to",
    "dunno": "do not know",
    "lemme": "let me",
    "u": "you",
    "ur": "your",
    "r": "are",
    "w": "with",
    "b4": "before",
    "bc": "because",
    "cos": "because",
    "cuz": "because",
    "coz": "because",
    "abt": "about",
    "n": "and",
    "hubby": "husband",
    "hubbys": "husband",
    "hubby's": "husband",
    "thru": "through",
    "til": "until",
    "till": "until",
    "tho": "though",
    "altho": "although",
    "nd": "and",
    "wk": "week",
    "wks": "weeks",
    "yrs": "years",
    "yr": "year",
    "mths": "months",
    "hrs": "hours",
    "hr": "hour",
    "mins": "minutes",
    "tmrw": "tomorrow",
    "2day": "today",
    "2nite": "tonight",
    "tonite": "tonight",
    "2night": "tonight",
    "rn": "right now",
    "hav": "have",
    "hed": "head",
    "blu": "blue",
    "cof": "cough",
    "wen": "when",
    "sum": "some",
    "wud": "would",
    "cud": "could",
    "shud": "should",
    "thot": "thought",
    "thots": "thoughts",
    "coff": "cough",
    "owt": "out",
    "sumthing": "something",
    "wiv": "with",
    "da": "the",
    "dat": "that",
    "dis": "this",
    "gon": "gone",
    "fone": "phone",
    "av": "have",
    "bout": "about",
    "cum": "come",
    "ded": "dead",
    "dye": "die",
    "bak": "back",
    "blak": "black",
    "leggs": "legs",
    "breathin": "breathing",
    "feelin": "feeling",
    "anymore": "any more",
    "everytime": "every time",
    "alot": "lots",
    "infront": "in front",
    "stil": "still",
    "yday": "yesterday",
    "mum": "mother",
    "mom": "mother",
    "mam": "mother",
    "mummy": "mother",
    "mommy": "mother",
    "ma": "mother",
    "dad": "father",
    "daddy": "father",
    "mums": "mother",
    "moms": "mother",
    "dads": "father",
    "dr": "doctor",
    "doc": "doctor",
    "gp": "doctor",
    "docs": "doctor",
    "meds": "medicine",
    "med": "medicine",
    "medication": "medicine",
    "medications": "medicine",
    "medicines": "medicine",
    "drug": "medicine",
    "drugs": "medicine",
    "tabs": "tablets",
    "tab": "tablet",
    "caps": "capsules",
}
CONTRACTIONS |= {k[:-1] + "'t": v for k, v in list(CONTRACTIONS.items()) if k.endswith("nt")}

#: Two or three words that are one.
JOINED = {
    ("can", "not"): "cannot", ("could", "not"): "cannot", ("unable", "to"): "cannot", ("not", "able", "to"): "cannot",
    ("can", "hardly"): "cannot", ("can", "barely"): "cannot", ("can", "scarcely"): "cannot", ("could", "hardly"): "cannot", ("could", "barely"): "cannot",
    ("over", "dose"): "overdose", ("black", "out"): "blackout", ("no", "one"): "nobody", ("no", "longer"): "no-longer", ("my", "self"): "myself",
    ("any", "more"): "anymore", ("not", "been", "able", "to"): "cannot", ("to", "night"): "tonight", ("to", "day"): "today",
    ("breast", "feeding"): "breastfeeding", ("more", "than"): "over",
    ("grand", "ma"): "grandmother", ("cannot", "hardly"): "cannot", ("cannot", "barely"): "cannot",
}  # fmt: skip

_JOIN_FIRST = frozenset(pair[0] for pair in JOINED)

_MANY = (
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "fifteen",
    "sixteen",
    "eighteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "ninety",
)
NUMBERS = {
    "1": "one",
    "2": "two",
    "3": "three",
    "4": "four",
    "dozen": "#",
    "dozens": "#",
    "hundred": "#",
    "thousand": "#",
} | dict.fromkeys(_MANY, "#")

#: Forms that cutting endings cannot bring together.
IRREGULAR = {
    "swollen": "swell", "swole": "swell", "takes": "takes", "swelled": "swell", "swells": "swell", "took": "took", "taken": "took", "taking": "take", "tooken": "took", "tuk": "took",
    "fell": "fall", "fallen": "fall", "drove": "drive", "driven": "drive", "numbness": "numb", "bled": "bleed", "bleeding": "bleed", "ate": "eat",
    "eaten": "eat", "drank": "drink", "drunk": "drunk", "swallowed": "swallow", "lost": "lose", "spent": "spend", "bought": "buy", "gone": "gone",
    "woke": "wake", "woken": "wake", "felt": "feel", "hurts": "hurt", "hurting": "hurt", "went": "go", "goes": "go", "going": "going",
    "redness": "red", "reddish": "red", "reddened": "red", "redder": "red", "warmer": "warm", "warmth": "warm", "hotter": "hot", "colder": "cold",
    "coldness": "cold", "bluish": "blue", "blueish": "blue", "purplish": "purple", "purpley": "purple", "blackened": "black", "blacker": "black",
    "bigger": "big", "weakness": "weak", "weaker": "weak", "sleepiness": "sleepy", "drowsiness": "drowsy", "tightness": "tight", "confusion": "confuse",
    "breathless": "breathless", "breathlessness": "breathless", "kids": "child", "kid": "child", "children": "child", "childs": "child", "kiddo": "child",
    "forgot": "forget", "forgotten": "forget", "got": "get", "gotten": "get", "gets": "get", "gave": "give", "given": "give", "quit": "quit",
    "began": "begin", "begun": "begin", "shook": "shake", "thought": "think", "thinking": "think", "thoughts": "thought", "died": "die", "dying": "die",
    "dies": "die", "came": "come", "ran": "run", "running": "run", "runs": "run", "threw": "throw", "thrown": "throw", "drooped": "droop", "droopy": "droop",
    "dropped": "drop", "drooping": "droop", "paralyzed": "paralyse", "paralysed": "paralyse", "paralysis": "paralyse", "paler": "pale", "paleness": "pale",
    "weeping": "weep", "oozing": "ooze", "stiffness": "stiff", "rigidity": "rigid", "hallucinating": "hallucinate", "hallucinations": "hallucinate",
    "note": "note", "notes": "note", "noted": "noted", "legs": "legs", "feet": "feet", "calves": "calves", "ankles": "ankles", "thighs": "thighs", "arms": "arms", "hands": "hands", "eyes": "eyes", "toes": "toes",
    "tits": "tits", "has": "have", "had": "had", "was": "was", "were": "were", "is": "is", "his": "his", "this": "this", "does": "does", "yes": "yes",
    "us": "us", "as": "as", "pus": "pus", "gas": "gas", "less": "less", "always": "always", "news": "news", "being": "being", "during": "during", "morning": "morning",
    "evening": "evening", "nothing": "nothing", "something": "something", "anything": "anything", "everything": "everything", "thing": "thing", "bring": "bring",
    "stroke": "stroke", "need": "need", "bed": "bed", "red": "red", "breath": "breath", "speech": "speech", "blood": "blood", "killed": "kill", "hung": "hang",
    "controlled": "control", "rage": "rage", "sores": "sores", "spotting": "spotting", "knees": "knees", "shins": "shins", "limbs": "limbs", "bits": "bits", "spine": "spine", "plane": "plane", "planes": "plane", "evenings": "evening", "mornings": "morning", "smelly": "smell", "stinks": "stink", "stinking": "stink", "stinky": "stink", "fevers": "fever", "feverish": "fever",
    "dizziness": "dizzy", "uncontrolled": "uncontrol", "uncontrollable": "uncontrol", "uncontrollably": "uncontrol", "uncontrolable": "uncontrol", "dizzier": "dizzy", "fainted": "faint", "slurring": "slur", "slurry": "slur", "slurs": "slur", "tried": "try", "left": "left", "hives": "hives",
    "babies": "baby", "pregnancy": "pregnant", "preggers": "pregnant", "preggo": "pregnant", "suicide": "suicide", "suicidal": "suicidal", "urgent": "urgent",
    "knew": "know", "known": "know", "told": "tell", "said": "say", "says": "say", "saw": "see", "seen": "see", "wetting": "wet", "choking": "choke", "paid": "pay",
    "puffed": "puff", "puffy": "puffy", "seizing": "seize", "stung": "sting", "cut": "cut", "cutting": "cut", "spilt": "spill", "crushing": "crush",
}  # fmt: skip

_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)*|\d+(?:[.,:]\d+)*|[.!?;…\n]+|[,()—–]|\s-+\s|:(?=\s)|#")
_SHORT = re.compile("[^aeiou][aeiou][^aeiouwxy]")
_LONG = re.compile(r"([a-z])\1{2,}")
_EMOJI = str.maketrans({"🩸": " blood ", "🚗": " driving ", "🚙": " driving ", "🎰": " gambling ", "🎲": " gambling ", "💊": " pills ", "😴": " asleep ", "🛒": " shopping ", "🛍": " shopping ", "🔪": " . ", "💔": " . ", "❌": " no ", "➡": " . ", "🚑": " . ", "🚫": " no ", "🤰": " pregnant ", "•": " . ", "*": "", "/": " or ", "&": " and ", "+": " and ", "=": " is "})  # fmt: skip
_BREAKS = {",": COMMA, "(": COMMA, ")": COMMA, "—": COMMA, "–": COMMA, ":": COMMA}


@dataclass
class Words:
    """Plain words with the break before each, and where the new message starts."""

    raw: list[str] = field(default_factory=list)
    stems: list[str] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)
    new: int = 0

    def __len__(self) -> int:
        return len(self.stems)

    def join(self, later: Words) -> Words:
        """These words followed by those of a later message, which is the new one."""
        breaks = list(later.breaks)
        if breaks:
            breaks[0] = MESSAGE
        return Words(self.raw + later.raw, self.stems + later.stems, self.breaks + breaks, len(self))


def stem(word: str) -> str:
    """The word without its ending; crude, and the same for rules and messages."""
    if word in IRREGULAR:
        base = IRREGULAR[word]
        return base if base in IRREGULAR and IRREGULAR[base] == base else _cut(base)
    return _cut(word)


def _cut(word: str) -> str:
    if len(word) <= 3:
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        root = word[: -len(ending)]
        if word.endswith(ending) and not word.endswith("eed") and len(root) >= 3 and re.search("[aeiouy]", root):
            word = root
            if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "lsz":
                word = root[:-1]
            elif _SHORT.fullmatch(root):
                word = root + "e"  # "caring" is not about a car
            break
    if len(word) > 4 and word.endswith("e"):
        word = word[:-1]
    if len(word) > 3 and word.endswith("y"):
        word = word[:-1] + "i"
    return word


def clean(text: str) -> str:
    """Lower case, straight apostrophes, no stretched letters ("sooooo"), emoji that speak as words."""
    text = unicodedata.normalize("NFKC", text).lower()
    for curly in "’‘´`ʼ＇":
        text = text.replace(curly, "'")
    return _LONG.sub(r"\1\1", text.translate(_EMOJI))


def split(text: str) -> Words:
    """The words of a message, contractions opened, noise kept out."""
    words = Words()
    pending = NONE
    for piece in _TOKEN.findall(clean(text)):
        first = piece[0]
        if first in ".!?;…\n":
            pending = max(pending, SENTENCE if piece != "\n" else COMMA)
            continue
        if first in _BREAKS or not first.strip() or first == "-":
            pending = max(pending, COMMA)
            continue
        for word in _open(piece):
            if word in NOISE:
                continue
            words.raw.append(word)
            words.breaks.append(pending)
            pending = NONE
    join(words.raw, words.breaks)
    words.stems = [normal(word) for word in words.raw]
    return words


@lru_cache(maxsize=20_000)
def normal(word: str) -> str:
    """A single raw word as the rules know it."""
    if word[0].isdigit():
        number = word.replace(",", "")
        if number.isdigit() and 1950 <= int(number) <= 2035 and len(number) == 4:
            return "#year"
        return NUMBERS.get(word, "#")
    return NUMBERS.get(word) or stem(word)


def _open(word: str) -> list[str]:
    if word in CONTRACTIONS:
        return CONTRACTIONS[word].split()
    head, mark, tail = word.partition("'")
    if not mark:
        return [word]
    if head == "y" and tail == "all":
        return ["you"]
    more = {"ve": "have", "re": "are", "ll": "will", "d": "would", "m": "am", "t": "not"}.get(tail)
    if tail == "s" and head in ("he", "she", "it", "that", "there", "what", "who", "where"):
        more = "is"
    if tail == "s":
        head = CONTRACTIONS.get(head, head)
    return [head, more] if more else [head]


def join(raw: list[str], breaks: list[int] | None = None) -> list[str]:
    """Make one word of those that are one ("can not"), in place; not across a sentence end."""
    at = 0
    while at < len(raw):
        if raw[at] in _JOIN_FIRST:
            for size in (4, 3, 2):
                pair = tuple(raw[at : at + size])
                if pair in JOINED and not (breaks and any(pause >= SENTENCE for pause in breaks[at + 1 : at + size])):
                    raw[at : at + size] = [JOINED[pair]]
                    if breaks:
                        del breaks[at + 1 : at + size]
                    at = max(at - 2, -1)
                    break
        at += 1
    return raw
