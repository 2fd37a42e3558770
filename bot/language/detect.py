"""Which language a text is in, and ``None`` where that is not sure: English, texting, names, a word or two.

Lingua tells languages apart by their letters; alone it takes "ropinirole gabapentin" for Portuguese. So a
text is only another language's when many of its words are no English words, by the speller's dictionary,
lexicon and medicines.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

import yaml
from lingua import IsoCode639_1, LanguageDetector, LanguageDetectorBuilder

from bot.language.normalise import spelt_out
from bot.language.spelling import speller

#: The languages that are told apart, English first.
LANGUAGES = ("en", "es", "fr", "de", "pt", "it", "nl", "pl")
_FIRST_WORDS = Path(__file__).parent / "first_words.yml"
#: A script that belongs to one language, or to one that stands for it, by the beginning of its letters'
#: Unicode names.
_SCRIPTS = {
    "CYRILLIC": "ru",
    "CJK": "zh",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "ARABIC": "ar",
    "HEBREW": "he",
    "GREEK": "el",
    "DEVANAGARI": "hi",
    "BENGALI": "bn",
    "THAI": "th",
}
_LATIN_ENDS = 0x24F
#: Measured on tests/nlu and tests/language: 0 of 2,618 English messages called foreign, 1 of 82 foreign ones
#: missed.
_FEWEST_WORDS = 3
_UNKNOWN_SHARE = 0.4
_ENGLISH_AT_MOST, _ENGLISH_OF_FEW = 0.2, 0.015
_COMMON = 3
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_VOWEL = re.compile(r"[aeiouyà-öø-ÿœąęó]")


def language_of(text: str) -> str | None:
    """The language of ``text`` (ISO 639-1, such as ``es``) if it is surely not English, else ``None``.

    Takes about a third of a millisecond; the first call loads 20 MB in a fifth of a second.
    """
    text = text.replace("’", "'")
    letters = [character for character in text if character.isalpha()]
    if letters and sum(ord(letter) > _LATIN_ENDS for letter in letters) > len(letters) / 2:
        return _by_script(letters)
    words = _words(text)
    if words and (found := _by_first_words(words)):
        return found
    words = [word for word in words if len(word) > 1 and _VOWEL.search(word)]
    unknown = sum(not _is_english(word) for word in words)
    if len(words) < _FEWEST_WORDS or unknown <= _UNKNOWN_SHARE * len(words):
        return None
    ranked = _detector().compute_language_confidence_values(" ".join(words))
    english = next(guess.value for guess in ranked if guess.language.iso_code_639_1.name == "EN")
    best: str = ranked[0].language.iso_code_639_1.name.lower()
    if best == "en" or english > (_ENGLISH_AT_MOST if len(words) > _FEWEST_WORDS else _ENGLISH_OF_FEW):
        return None
    return _by_common_words(words) or best


def _words(text: str) -> list[str]:
    """The words in lower case with texting spelt out, without what may be a name ("José Peña")."""
    found = list(_WORD.finditer(text))
    shouts = text == text.upper()
    kept = [
        match.group()
        for number, match in enumerate(found)
        if shouts or number == 0 or not match.group()[0].isupper()
    ]
    if len(kept) < _FEWEST_WORDS and len(found) > len(kept) and found[0].group()[0].isupper():
        return []  # "François Lefèvre"
    return _WORD.findall(spelt_out(" ".join(kept).lower()))


def _is_english(word: str) -> bool:
    """Whether an English text may have this word: known, or borrowed with its accents ("café")."""
    known = speller().known
    bare = "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))
    return bare in known or bare.removesuffix("'s") in known or bare.split("'")[0] in _CONTRACTED


#: What stands before the apostrophe of an English contraction.
_CONTRACTED = frozenset(
    "i you he she it we they that there what who how where when why let don didn doesn isn aren wasn weren can couldn "  # noqa: SIM905
    "won wouldn haven hasn hadn shouldn ain mustn".split()
)


def _by_script(letters: list[str]) -> str | None:
    """The language whose script most letters are in."""
    counts: dict[str, int] = {}
    for letter in letters:
        script = _SCRIPTS.get(unicodedata.name(letter, "").split(" ")[0].split("-")[0])
        if script:
            counts[script] = counts.get(script, 0) + 1
    if "ja" in counts:
        return "ja"  # its Chinese characters are Japanese
    return max(counts, key=lambda script: counts[script]) if counts else None


def _by_first_words(words: list[str]) -> str | None:
    """The language in whose list of first words all of these stand, at least one of them not English."""
    if all(_is_english(word) for word in words):
        return None
    return next((code for code, known in _first_words().items() if known.issuperset(words)), None)


def _by_common_words(words: list[str]) -> str | None:
    """The language that has clearly the most of these in its list: Lingua mixes up neighbours in short
    texts."""
    counts = sorted(
        ((len(known.intersection(words)), code) for code, known in _first_words().items()), reverse=True
    )
    (most, code), (second, _), *_ = counts
    return code if most >= _COMMON and most > second else None


@cache
def _first_words() -> dict[str, frozenset[str]]:
    raw = yaml.safe_load(_FIRST_WORDS.read_text(encoding="utf-8"))
    return {code: frozenset(words) for code, words in raw.items()}


@cache
def _detector() -> LanguageDetector:
    """Low accuracy: the full models take 260 MB and four seconds, and err no less once English words are
    known."""
    codes = [getattr(IsoCode639_1, code.upper()) for code in LANGUAGES]
    return LanguageDetectorBuilder.from_iso_codes_639_1(*codes).with_low_accuracy_mode().build()
