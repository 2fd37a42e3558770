"""Ways of writing that carry no topic, made alike before a message is classified: contractions, texting, openings, brands."""

from __future__ import annotations

import re

from bot.language.contractions import contractions

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
_GENERIC = {brand: generic for generic, brands in _BRANDS.items() for brand in brands.split()}
_WORD = re.compile(r"[a-z]+")
_WHOLE_WORD = re.compile(r"(?<![\w'])[a-z]+(?![\w'])")
_OPENING = re.compile(
    r"^(?:(?:hi|hiya|hello|hey|heya|good (?:morning|evening|afternoon|day)|ok|okay|so|um|please|sorry)"
    r"(?: there| all| everyone| doc| doctor| guys| team)?\b[,.!]*\s+)+(?=\S+ \S)"
)


def spelt_out(text: str) -> str:
    """``text`` (lower case) with contractions and texting written out; before a speller makes "done" of "dont"."""
    meant = contractions().sentences
    return _WHOLE_WORD.sub(lambda match: meant.get(match.group(), match.group()), text)


def bare(text: str) -> str:
    """``text`` (lower case) without an opening courtesy, brands as generic names."""
    return _WORD.sub(lambda match: _GENERIC.get(match.group(), match.group()), _OPENING.sub("", text))
