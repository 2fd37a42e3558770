"""What to say when the message was not understood: "did you mean", an honest "I can't answer that", never twice the same."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answer import mentioned, say_in_situation
from actions.say import log_turn, say_line
from actions.turn import Turn, read_turn
from bot.answers import FLOWS, answers
from bot.brain.bands import SUGGEST

LONG = 600  # characters above which a message nobody understood is "very long"
_SUGGESTIONS = 3
#: Intents that make no sense as "did you mean".
_NO_SUGGESTION = {
    "out_of_scope_medical", "out_of_scope_other", "greet", "goodbye", "thank", "affirm", "deny", "stop", "complain",
    "rate_helpful", "rate_unhelpful", "ask_more", "ask_repeat", "ask_sources",
}  # fmt: skip
_INJECTION = re.compile(
    r"(?:ignore|forget|disregard|override)\b.{0,40}\b(?:instructions?|prompts?|rules|above|previous)|system prompt|developer mode|jailbreak|you are now\b|pretend (?:to be|you)|act as\b|</?(?:script|system)|<\|",
    re.IGNORECASE,
)
#: Words too common in a language, and too rare in English, to be anything else.
_LANGUAGES = {
    "es": "el los las una por para que con mis piernas tengo como puedo estoy me duele noche dormir hola gracias qué cómo porque muy pero también",
    "fr": "le les une des est que pour avec mes jambes j'ai je suis pas vous nous bonjour merci comment pourquoi très mais aussi nuit dormir c'est",
    "de": "ich und der die das nicht mit meine beine habe bin ein eine für wie warum sehr aber auch nachts schlafen hallo danke was ist mein kann",
    "pt": "os as uma por para que com minhas pernas tenho como posso estou não noite dormir olá obrigado obrigada muito mas também você é",
    "it": "il gli le una per che con mie gambe ho come posso sono non notte dormire ciao grazie perché molto ma anche è mi",
    "pl": "nie mam nogi moje jak mogę jest się na w nocy spać dzień dobry dziękuję dlaczego bardzo ale też co to czy boli",
    "nl": "ik en de het een niet met mijn benen heb ben voor hoe waarom heel maar ook nacht slapen hallo dank je wat is kan",
}
_LANGUAGE_WORDS = {name: set(words.split()) for name, words in _LANGUAGES.items()}
_ENGLISH = set("the a i my is are it and to of in on for you with what how why can do does not have at when that this me was be legs leg".split())


class ActionFallback(Action):
    """Offers the likeliest topics, or says what it cannot answer; the second miss in a row offers topics and staff."""

    def name(self) -> Text:
        return "action_fallback"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]) -> List[Dict[Text, Any]]:
        turn = read_turn(tracker)
        topic = answers().get(tracker.get_slot("topic") or "")
        named = mentioned(tracker)
        if turn.elliptical and topic and named:
            say_in_situation(dispatcher, topic, named)
            await log_turn(turn, self.name(), topic.id)
            return [SlotSet("misses", 0.0)]
        misses = float(tracker.get_slot("misses") or 0.0)
        special = kind(turn.text)
        likely = suggestions(turn)
        if special:
            line = special
            say_line(dispatcher, tracker, line)
        elif likely and misses < 2:
            line = "fallback_suggest"
            say_line(dispatcher, tracker, line, choices=answers().choices([*likely, "talk_to_staff"]))
        else:
            line = "fallback_second" if misses >= 1 else "fallback_unknown"
            say_line(dispatcher, tracker, line)
        await log_turn(turn, self.name(), line)
        return [SlotSet("misses", misses + 1)]


def suggestions(turn: Turn) -> List[str]:
    """At most three topics that the message may mean, the likeliest first."""
    able = [name for name, confidence in turn.ranking if confidence >= SUGGEST and name not in _NO_SUGGESTION]
    return [name for name in able if name in answers() or name in FLOWS][:_SUGGESTIONS]


def kind(text: str) -> str | None:
    """The line for a message that nobody could answer as it stands: an injection, another language, noise, a ramble."""
    if _INJECTION.search(text):
        return "fallback_injection"
    if foreign(text):
        return "fallback_language"
    if noise(text):
        return "fallback_gibberish"
    if len(text) > LONG:
        return "fallback_long"
    return None


def foreign(text: str) -> bool:
    """Whether most of ``text`` is in another script, or its small words are another language's."""
    letters = [character for character in text if character.isalpha()]
    if letters and sum(ord(character) > 0x24F for character in letters) > len(letters) / 2:
        return True
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text.lower())
    english = sum(word in _ENGLISH for word in words)
    most = max((sum(word in known for word in words) for known in _LANGUAGE_WORDS.values()), default=0)
    return len(words) >= 2 and most >= 2 and most > english * 1.5


def noise(text: str) -> bool:
    """Whether ``text`` has no word in it: symbols, or letters hammered on a keyboard."""
    words = re.findall(r"[a-z]+", text.lower())
    if not words:
        return True
    return all(not re.search(r"[aeiouy]", word) or re.search(r"[bcdfghjklmnpqrstvwxz]{5,}|(.)\1{3,}", word) for word in words)
