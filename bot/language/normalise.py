"""Ways of writing that carry no topic, made alike before a message is classified: contractions, texting, openings, brands."""

from __future__ import annotations

import re

#: Brands, each under the generic name that patients and leaflets use most. Only the classifier reads this; no medicine
#: is taken for another one.
_BRANDS = {
    "ropinirole": "requip repreve adartrel",
    "pramipexole": "mirapex mirapexin sifrol",
    "rotigotine": "neupro",
    "levodopa": "sinemet madopar carbidopa",
    "gabapentin": "neurontin gralise horizant",
    "pregabalin": "lyrica",
    "tramadol": "ultram",
    "oxycodone": "oxycontin targin targinact percocet",
    "hydrocodone": "vicodin",
    "buprenorphine": "suboxone",
    "clonazepam": "klonopin rivotril",
    "zolpidem": "ambien",
    "diphenhydramine": "benadryl nytol",
    "venlafaxine": "effexor",
    "sertraline": "zoloft",
    "escitalopram": "lexapro",
    "fluoxetine": "prozac",
    "citalopram": "celexa",
    "quetiapine": "seroquel",
    "diazepam": "valium",
    "lorazepam": "ativan",
    "acetaminophen": "tylenol paracetamol",
    "ibuprofen": "advil nurofen motrin",
    "atorvastatin": "lipitor",
    "simvastatin": "zocor",
    "rosuvastatin": "crestor",
}
#: As typed in haste, and what is meant; none of the left side is a word that patients mean as such.
_HASTE = {
    "dont": "don't", "didnt": "didn't", "doesnt": "doesn't", "isnt": "isn't", "arent": "aren't", "wasnt": "wasn't",
    "werent": "weren't", "cant": "can't", "couldnt": "couldn't", "wont": "won't", "wouldnt": "wouldn't", "havent": "haven't",
    "hasnt": "hasn't", "hadnt": "hadn't", "shouldnt": "shouldn't", "aint": "ain't", "im": "i'm", "ive": "i've",
    "youre": "you're", "youve": "you've", "theyre": "they're", "theres": "there's", "whats": "what's", "thats": "that's",
    "hows": "how's", "wheres": "where's", "whos": "who's", "hes": "he's", "shes": "she's", "lets": "let's",
    "teh": "the", "hte": "the", "adn": "and", "nad": "and", "taht": "that", "tht": "that", "thta": "that", "wat": "what", "wht": "what",
    "waht": "what", "wut": "what", "hwo": "how", "woh": "who", "yuo": "you", "oyu": "you", "u": "you", "ur": "your", "r": "are", "cn": "can", "acn": "can",
    "si": "is", "ti": "it", "ym": "my", "fo": "of", "fro": "for", "ot": "to", "ni": "in", "od": "do", "odes": "does", "wiht": "with", "wih": "with",
    "hs": "has", "hae": "have", "nw": "now", "knw": "know", "abt": "about", "coz": "because", "cuz": "because", "bc": "because", "pls": "please",
    "plz": "please", "thx": "thanks", "nite": "night", "nites": "nights", "tonite": "tonight", "appt": "appointment", "ppl": "people",
    "irn": "iron", "iorn": "iron", "lge": "leg", "elg": "leg", "lgs": "legs", "lges": "legs", "elgs": "legs", "rsl": "rls", "lrs": "rls",
}  # fmt: skip
_GENERIC = {brand: generic for generic, brands in _BRANDS.items() for brand in brands.split()}
_WORD = re.compile(r"[a-z]+")
_WHOLE_WORD = re.compile(r"(?<![\w'])[a-z]+(?![\w'])")
_OPENING = re.compile(
    r"^(?:(?:hi|hiya|hello|hey|heya|good (?:morning|evening|afternoon|day)|ok|okay|so|um|please|sorry)"
    r"(?: there| all| everyone| doc| doctor| guys| team)?\b[,.!]*\s+)+(?=\S+ \S)"
)


def spelt_out(text: str) -> str:
    """``text`` (lower case) with contractions and texting written out; before a speller makes "done" of "dont"."""
    return _WHOLE_WORD.sub(lambda match: _HASTE.get(match.group(), match.group()), text)


def bare(text: str) -> str:
    """``text`` (lower case) without an opening courtesy, brands as generic names."""
    return _WORD.sub(lambda match: _GENERIC.get(match.group(), match.group()), _OPENING.sub("", text))
