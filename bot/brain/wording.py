"""Wording that carries no topic, taken out of a message before it is classified: opening courtesies and brand names."""

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
}
_GENERIC = {brand: generic for generic, brands in _BRANDS.items() for brand in brands.split()}
_WORD = re.compile(r"[a-z]+")
_OPENING = re.compile(
    r"^(?:(?:hi|hiya|hello|hey|heya|good (?:morning|evening|afternoon|day)|ok|okay|so|um|please|sorry)"
    r"(?: there| all| everyone| doc| doctor| guys| team)?\b[,.!]*\s+)+(?=\S+ \S)"
)


def bare(text: str) -> str:
    """``text`` (lower case) without an opening courtesy, brands as generic names."""
    return _WORD.sub(lambda match: _GENERIC.get(match.group(), match.group()), _OPENING.sub("", text))
