"""Messages that are no question as they stand: injections, other languages, noise, abuse, rambles. Pure functions."""

from __future__ import annotations

import re

LONG = 600  # characters above which a message nobody understood is "very long"
_INJECTION = re.compile(
    r"(?:ignore|forget|disregard|override)\b.{0,40}\b(?:instructions?|prompts?|rules|above|previous)|system prompt|developer mode|jailbreak|you are now\b|pretend (?:to be|you)|act as\b|</?(?:script|system)|<\|",
    re.IGNORECASE,
)
#: Words too common in a language, and too rare in English, to be anything else.
_LANGUAGES = {
    "es": "el los las una por para que con mis piernas tengo como puedo estoy me duele noche dormir hola gracias qué cómo porque muy pero también",
    "fr": "le les une des est que pour avec mes jambes j'ai je suis pas vous nous bonjour merci comment pourquoi très mais aussi nuit dormir c'est",
    "de": "ich und der die das nicht mit meine beine habe bin ein eine für wie warum sehr aber auch nachts schlafen hallo danke was ist mein kann",
    "pt": "os uma por para que com minhas pernas tenho como posso estou não noite dormir olá obrigado obrigada muito mas também você é",
    "it": "il gli le una per che con mie gambe ho come posso sono non notte dormire ciao grazie perché molto ma anche è mi",
    "pl": "nie mam nogi moje jak mogę jest się nocy spać dzień dobry dziękuję dlaczego bardzo ale też czy boli",
    "nl": "ik en de het een niet met mijn benen heb ben voor hoe waarom heel maar ook nacht slapen hallo dank je wat is kan",
}
_LANGUAGE_WORDS = {name: set(words.split()) for name, words in _LANGUAGES.items()}
#: One of them is enough where hardly a word is English: what people in need write first.
_STRONG = set(
    "hola bonjour quiero quiere necesito ayuda ayúdame ayudame hablo hablan hablas habla puedo puede dolor duele duelen pierna piernas español espanol inglés ingles gracias "  # noqa: SIM905
    "jambe jambes aidez moi plaît plait secours parlez français francais douleur s'il beine schmerzen hilfe helfen können koennen sprechen sprichst deutsch bitte pernas perna ajuda "
    "falam falo português portugues inglês dói gambe gamba aiuto dolore parlate italiano pomoc nogi hulp benen spreekt".split()
)
#: Letters that no English word has; others with an accent are in words that it has borrowed ("café").
_FOREIGN_LETTERS = re.compile("[ñßãõłøå]")
_ACCENTED = re.compile("[à-öø-ÿœ]")
_ENGLISH = set(
    "the a i my is are it and to of in on for you with what how why can do does not have at when that this me was be legs leg".split()  # noqa: SIM905
)
_SHORT = {
    "rls",
    "plm",
    "plms",
    "plmd",
    "nhs",
    "gp",
    "mri",
    "thx",
    "thnx",
    "nvm",
    "tldr",
    "gdpr",
    "pls",
    "plz",
}  # words without a vowel
_INSULT = re.compile(
    r"\b(?:fuck (?:off|you|u)|screw you|shut up|piss off|go to hell|idiot|moron|dumb ?ass|you suck|(?:stupid|useless|dumb|crap|shit) (?:bot|machine|thing|computer|ai))\b",
    re.IGNORECASE,
)


def kind(text: str) -> str | None:
    """The line for a message that nobody could answer as it stands: an injection, another language, noise, abuse, a ramble."""
    if _INJECTION.search(text):
        return "fallback_injection"
    if foreign(text):
        return "fallback_language"
    if noise(text):
        return "fallback_gibberish"
    if _INSULT.search(text) and len(text) < 80:
        return "complain"
    if len(text) > LONG:
        return "fallback_long"
    return None


def foreign(text: str) -> bool:
    """Whether most of ``text`` is in another script, or its signs, its small words or one telling word are another language's."""
    letters = [character for character in text if character.isalpha()]
    if letters and sum(ord(character) > 0x24F for character in letters) > len(letters) / 2:
        return True
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text.lower())
    english = sum(word in _ENGLISH for word in words)
    most = max((sum(word in known for word in words) for known in _LANGUAGE_WORDS.values()), default=0)
    if len(words) >= 2 and most >= 2 and most > english * 1.5:
        return True
    telling = sum(word in _STRONG for word in words)
    small = [
        word for word in re.findall(r"[^\W\d_]+", text) if not word[0].isupper()
    ]  # "José Peña" is a name
    signs = 2 * sum(character in "¿¡" for character in text)
    signs += sum(2 * bool(_FOREIGN_LETTERS.search(word)) + bool(_ACCENTED.search(word)) for word in small)
    return (telling * 2 > english and telling * 4 >= len(words) > 0) or (signs > 1 and signs > 2 * english)


def noise(text: str) -> bool:
    """Whether ``text`` has no word in it: symbols, or letters hammered on a keyboard."""
    words = re.findall(r"[a-z]+", text.lower())
    if not words:
        return True
    return all(
        word not in _SHORT
        and (not re.search(r"[aeiouy]", word) or re.search(r"[bcdfghjklmnpqrstvwxz]{5,}|(.)\1{3,}", word))
        for word in words
    )
