"""What is said about a topic: the whole answer, one facet of it, what changes in a situation, and where it
comes from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from actions.reply import Reply, Said, spoken
from actions.say import just_said, last_message, said_lately
from actions.state import NO_TOPIC, State
from bot.clock import now
from bot.content.answers import Answer, answers
from bot.content.clinic import clinic
from bot.content.facets import facet_kinds, facets
from bot.content.texts import text
from bot.understanding.follow_up import LEANS

MAX_CAUTIONS = 2
_TURNS = 12  # in which a caution is not said again
_SMALL_WORDS = frozenset(
    {
        "what",
        "when",
        "whether",
        "which",
        "that",
        "this",
        "with",
        "your",
        "other",
        "restless",
        "legs",
        "similar",
        "medicines",
        "such",
        "goes",
    }
)
_STEM = 5  # letters by which a subject is known again: medicine, medicines
#: Of one's own level, or of the level that would be right: a line is put first, the answer stays.
_MY_RESULT = re.compile(
    r"\d|\b(?:my|his|her) (?:\w+ )?(?:ferritin|iron|levels?|results?|tests?|bloods?|tsat|saturation|number)\b"
    r"|\b(?:low|high|normal|enough|okay|fine|numbers?|levels?|cut.?off|results?)\b"
)


def whole(state: State, answer: Answer, *, lead: str = "", last: str = "", on: str = "") -> Said:
    """The answer, the cautions that it must carry in this situation, and where to go on.

    Asked for again, it is said in other words; when there are no others, whether that answered it is asked.

    Args:
        lead, last: a line to be said before it, or after it.
        on: another topic to go on to, before those of the answer.
    """
    text = otherwise(answer, state)
    if text is None:
        return spoken(state, "asked_again")
    if answer.id == "ask_iron_test" and not state.turn.pressed and _MY_RESULT.search(state.turn.text.lower()):
        lead = lead or "cannot_read_result"
    first = open_now() if answer.id == "ask_clinic" else answers()[lead].text if lead else ""
    after = answers()[last].text if last else ""
    paragraphs = [first, text, after, *cautions(answer, state, beside=text)]
    more = "ask_repeat" if text == answer.more else "ask_more"
    keys = dict.fromkeys([more, *([on] if on else []), *answer.follow_ups])
    return _said(answer, paragraphs, list(keys))


def part(state: State, topic: str, facet: str) -> Said | None:
    """The reviewed text for one facet of a topic; ``None`` where there is none, or it was said a moment
    ago."""
    own = state.cell(topic, facet)
    if own is None or state.said_lately(own.text):
        return None
    answer = answers()[topic]
    keys = ["ask_more", *answer.follow_ups[:2], "talk_to_staff"]
    reviewed = facets()[topic].as_reviewed(facet)
    paragraphs = [named(state, answer, own.text.strip()), *cautions(answer, state, beside=own.text)]
    return _said(answer, paragraphs, keys, answers().links(reviewed) or answers().links(answer))


def short(state: State, answer: Answer, *, keys: Sequence[str] = ()) -> Said:
    """The direct answer in a sentence or two, with a button for the whole; in other words if it was said
    lately."""
    own = facets().get(answer.id)
    if own is None or state.said_lately(own.short):
        return whole(state, answer)
    paragraphs = [named(state, answer, own.short.strip()), *cautions(answer, state, beside=own.short)]
    return _said(answer, paragraphs, [*keys, answer.id, *answer.follow_ups[:2], "talk_to_staff"])


def named(state: State, answer: Answer, words: str) -> str:
    """``words`` with the subject's name before them, unless they name it, the last reply did, or it is
    restless legs."""
    goes_on = state.before == answer.id and state.turn.leans >= LEANS
    if goes_on or not answer.own_subject or names(answer, words):
        return words
    return text("assistant.facet", topic=called(answer), answer=words)


def names(answer: Answer, words: str) -> bool:
    """Whether ``words`` say a word of the subject's name."""
    subject = [word for word in re.findall(r"[a-z]{4,}", called(answer).lower()) if word not in _SMALL_WORDS]
    return any(word[:_STEM] in words.lower() for word in subject)


def unknown(state: State, topic: Answer, facet: str) -> Said:
    """The honest line for a facet that no reviewed text answers, and the nearest that there is."""
    kind = "medicine" if topic.medicine else "topic"
    named = {"facet": facet_kinds()[facet].name, "topic": called(topic)}
    first, again = (text(f"assistant.unknown.{name}", **named) for name in (kind, f"{kind}_again"))
    said = again if first in (last_message(state.tracker).get("text") or "") else first
    keys = ["ask_more", *topic.follow_ups[:2], "talk_to_staff"]
    return replace(_said(topic, [said, *cautions(topic, state)], keys), open=facet)


def was_unknown(state: State, topic: Answer) -> bool:
    """Whether the last reply was the honest line on a facet of this topic, which names the topic in
    brackets."""
    return f"({called(topic)})" in (last_message(state.tracker).get("text") or "")


def in_situation(state: State, topic: Answer) -> Said:
    """What changes in the last answer's subject: "and if I'm pregnant?"."""
    heard = weightiest(topic, state.turn.facts)
    more = [answers().cautions[key].topic for key in heard if answers().cautions[key].topic]
    links = [link for key in heard for link in answers().links(answers().cautions[key])]
    return Said(
        "\n\n".join([f"{called(topic, first=True)}:", *(caution_text(topic, key) for key in heard)]),
        answers().choices(list(dict.fromkeys([*more, topic.id, "talk_to_staff"]))),
        links or answers().links(topic),
        topic.id,
    )


def more_of(state: State, topic: Answer) -> Said:
    """ "Tell me more", "say it simpler", "where is that from" of the last answer, and never the same twice
    running."""
    intent = state.turn.intent or ""
    wanted = {"ask_more": topic.more, "ask_repeat": topic.simple}.get(intent) or sources_text(topic)
    texts = (wanted, topic.simple, topic.more, topic.text)
    text = next((text for text in texts if not state.said_lately(text)), None)
    if text is None:
        return spoken(state, "asked_again")
    left = [key for key in ("ask_more", "ask_repeat", "ask_sources") if key != intent][:1]
    return _said(topic, [text], [*left, *topic.follow_ups[:2]])


def and_the_rest(state: State, said: Said) -> Said:
    """``said`` with the further questions of the message named and put first among its buttons."""
    more = [answers()[name] for name in state.turn.rest if name in answers()]
    if not more:
        return said
    line = text("assistant.asked_too", topics=listed([called(one) for one in more]))
    choices = {
        choice["key"]: choice for choice in [*answers().choices([one.id for one in more]), *said.choices]
    }
    return replace(said, text=f"{said.text}\n\n{line}", choices=list(choices.values()))


def listed(names: Sequence[str]) -> str:
    """Names as one reads them: "iron, coffee and sleep"."""
    rest, last = names[:-1], names[-1]
    return f"{', '.join(rest)} {text('assistant.heard.and')} {last}" if rest else last


def taught(state: State, *said: Said) -> Reply:
    """A reply that teaches: its topics are what a follow-up will be about."""
    topics = [one.answer for one in said if one.answer and one.answer not in NO_TOPIC]
    slots: dict[str, object] = {"misses": 0.0}
    if topics:
        slots["topic"] = topics[-1]
    return Reply(said, slots)


def _said(
    answer: Answer,
    paragraphs: Sequence[str],
    keys: Sequence[str],
    links: Sequence[dict[str, str]] | None = None,
) -> Said:
    shown = "\n\n".join(text for text in paragraphs if text)
    sources = answers().links(answer) if links is None else links
    return Said(shown, answers().choices(list(dict.fromkeys(keys))), sources, answer.id)


def otherwise(answer: Answer, state: State) -> str | None:
    """The answer's first words, or what it has beside them if those were said lately; ``None`` when all
    was said."""
    left = [words for words in (answer.text, answer.simple, answer.more) if not state.said_lately(words)]
    if not left:
        return None
    if left[0] == answer.simple:
        return f"{text('assistant.said_before')}\n\n{answer.simple}"
    return _first_words(answer, state) if left[0] == answer.text else left[0]


def _first_words(answer: Answer, state: State) -> str:
    """The answer with its next step, which is left out after one in the last reply and for who has asked
    already."""
    before = answers().get(state.before or "")
    steps_on = before is not None and bool(before.next_step) and just_said(before.next_step, state.tracker)
    return answer.text if steps_on or "asked_already" in state.turn.told else answer.chat


def open_now() -> str:
    """Whether the clinic is open at this moment, and if not, from when."""
    at = now()
    if clinic().is_open(at):
        return text("assistant.open_now")
    return text("assistant.closed_now", opening=clinic().opening_text(at))


def cautions(answer: Answer, state: State, *, beside: str = "") -> list[str]:
    """The cautions of ``answer`` that concern this situation, two at most; none that was said lately, or that the
    words ``beside`` it speak of themselves."""
    shared = answers().cautions
    concerned = [
        key
        for key in state.situation
        if (key in answer.cautions or key in answer.caution_texts)
        and key != answer.own_caution
        and not any(word in beside.lower() for word in shared[key].said_with)
    ]
    lately = said_lately(state.tracker, _TURNS)
    texts = [caution_text(answer, key) for key in weightiest(answer, concerned)]
    return [text for text in texts if clinic().fill(text) not in lately]


def weightiest(answer: Answer, situation: Sequence[str]) -> list[str]:
    """As much of a situation as there is room for: what can slow breathing first, then what ``answer``
    words itself."""
    shared = answers().cautions
    order = sorted(
        situation, key=lambda key: (not shared[key].slows_breathing, key not in answer.caution_texts)
    )
    return order[:MAX_CAUTIONS]


def caution_text(answer: Answer, key: str) -> str:
    """What is said of a situation: the answer's own words for it, or those that all answers share."""
    shared = answers().cautions[key]
    return f"{shared.label}. {answer.caution_texts.get(key, shared.text)}"


def called(topic: Answer, *, first: bool = False) -> str:
    """A topic's name within a sentence, or at its beginning."""
    name = facets()[topic.id].asks if topic.id in facets() else topic.title
    if first:
        return name[0].upper() + name[1:]
    return name


def sources_text(topic: Answer) -> str:
    """Where an answer comes from, with its date and state.

    A draft is not called reviewed: no clinician has read it.
    """
    rows = [f"- {source['title']}: {source['url']}" for source in answers().links(topic)]
    day = f"{topic.reviewed_on:%B} {topic.reviewed_on.day}, {topic.reviewed_on.year}"
    state = text(f"assistant.sources.{topic.state}", day=day)
    return "\n".join([text("assistant.sources.head", title=topic.title), *rows]) + "\n\n" + state


def spoken_line(state: State, name: str) -> Reply:
    """One line that teaches nothing."""
    return Reply((spoken(state, name),), {"misses": 0.0})
