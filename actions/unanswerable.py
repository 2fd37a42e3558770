"""Rows of the policy for messages that cannot be answered as they stand: noise, other languages, what is
not ours.

The written patterns here only look at messages that the classifier does not read surely.
"""

from __future__ import annotations

import re
from dataclasses import replace

from actions import teaching
from actions.follow_up import guess
from actions.reply import Reply, spoken
from actions.state import State
from actions.turn import FALLBACK, asks_something
from bot.bookings.reading.contacts import find_contact
from bot.content.answers import FLOWS, answers
from bot.content.texts import text
from bot.language.detect import language_of
from bot.understanding.thresholds import SUGGESTIONS, likely_topics

#: At least this probable: the message may lean on the last topic, which is then offered too.
_MAYBE = 0.3
LONG = 600  # characters above which a message nobody understood is "very long"
_INJECTION = re.compile(
    r"(?:ignore|forget|disregard|override)\b.{0,40}\b(?:instructions?|prompts?|rules|above|previous)|system prompt|developer mode|jailbreak|you are now\b|pretend (?:to be|you)|act as\b|</?(?:script|system)|<\|",
    re.IGNORECASE,
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
    """The line for a message that nobody could answer as it stands; ``None`` where it is none of these."""
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
    """Whether ``text`` is surely in another language than English."""
    return (language_of(text) or "en") != "en"


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


def _open(state: State) -> bool:
    return state.turn.intent in (FALLBACK, None) or (state.turn.intent or "").startswith("out_of_scope")


def unreadable(state: State) -> bool:
    """Another language, which a library tells; noise, an insult or an attempt to steer, only where nothing
    was understood."""
    if state.turn.pressed:
        return False
    if _open(state):
        return kind(state.turn.text) is not None
    return state.teaches and foreign(state.turn.text)  # a guess on words that look like English ones


def say_kind(state: State) -> Reply:
    """Says what kind of message it is that cannot be read; counts as a miss."""
    name = (kind(state.turn.text) if _open(state) else None) or "fallback_language"
    return Reply((spoken(state, name),), {"misses": state.misses + 1})


def _named(state: State) -> list[str]:
    """Situations in the message without whose caution it must not be sent away, the most dangerous first.

    A child alone is no reason: a child's earache is not ours, unless a topic of ours is among the likeliest.
    """
    shared = answers().cautions
    found = [key for key in state.turn.facts if key in shared and shared[key].danger]
    near = [
        name
        for name, _ in state.turn.ranking[:4]
        if name in answers() and answers()[name].group != "conversation"
    ]
    found = [key for key in found if key != "child" or near]
    return sorted(found, key=lambda key: shared[key].danger)


def names_ours(state: State) -> bool:
    """A message taken as out of scope names a medicine or an illness that an answer of ours warns of."""
    return state.turn.intent == "out_of_scope_medical" and not state.turn.pressed and bool(_named(state))


def answer_named(state: State) -> Reply:
    """The topic of the most dangerous situation named, though the rest was not understood."""
    topic = answers()[answers().cautions[_named(state)[0]].topic]
    return teaching.taught(state, teaching.whole(state, topic, lead="not_together"))


def only_situation(state: State) -> bool:
    """Nothing but a situation of the patient is told."""
    return state.turn.elliptical and bool(state.turn.facts)


def gives_contact(state: State) -> bool:
    """Who waits for staff leaves a number or an address."""
    return state.stored.mode == "waiting" and _open(state) and find_contact(state.turn.text) is not None


def suggestions(state: State) -> list[str]:
    """At most three topics that the message may mean: that of a medicine it names, then the likeliest
    first."""
    turn, shared = state.turn, answers().cautions
    found = likely_topics([pair for pair in turn.ranking if pair[0] in answers() or pair[0] in FLOWS])
    first = [shared[key].topic for key in turn.facts if key in shared and shared[key].medicine]
    if turn.leans >= _MAYBE and state.topic is not None and state.topic.own_subject:
        first.append(state.topic.id)
    return list(dict.fromkeys([*first, *found]))[:SUGGESTIONS]


def likely_topic(state: State) -> bool:
    """Not surely read, but one topic is likely, and a conversation runs or something is told: to be asked what
    one meant is no help then."""
    runs = state.before is not None or not asks_something(state.turn.text)
    return (
        state.turn.intent in (FALLBACK, None) and not state.turn.pressed and runs and guess(state) is not None
    )


def answer_guess(state: State) -> Reply:
    """The likely topic in short, with the doubt said, and the others to choose from."""
    topic = guess(state)
    assert topic is not None
    said = teaching.short(state, topic)
    words = text("assistant.maybe", topic=teaching.called(topic), answer=said.text)
    choices = answers().choices(list(dict.fromkeys([*suggestions(state), topic.id, "talk_to_staff"])))
    return teaching.taught(state, replace(said, text=words, choices=choices))


def likely(state: State) -> bool:
    """There is something to suggest, and fewer than two messages in a row were missed before."""
    return state.misses < 2 and bool(suggestions(state))


def suggest(state: State) -> Reply:
    """ "Did you mean", with the likely topics and staff as choices; counts as a miss."""
    keys = [*suggestions(state), *(["show_topics"] if state.misses else []), "talk_to_staff"]
    choices = answers().choices(list(dict.fromkeys(keys)))
    return Reply((spoken(state, "fallback_suggest", choices=choices),), {"misses": state.misses + 1})


def not_understood(state: State) -> Reply:
    """An honest no; the second in a row offers topics and staff."""
    line = "fallback_second" if state.misses >= 1 else "fallback_unknown"
    return Reply((spoken(state, line),), {"misses": state.misses + 1})
