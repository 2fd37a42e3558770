"""``action_answer`` says the reviewed answer to what was asked; ``action_follow_up`` says more of the last one."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.misfit import foreign, kind
from actions.say import just_said, log_turn, say, say_line
from actions.turn import Turn, contexts, read_turn
from bot.answers import TEACHING, Answer, answers

MAX_CAUTIONS = 2
_MORE_ABOUT = {
    "pregnant": "ask_pregnancy",
    "kidney": "ask_kidney",
    "child": "ask_children",
    "dopamine": "ask_dopamine_medicines",
    "gabapentinoid": "ask_gabapentin",
    "opioid": "ask_opioids",
}


class ActionAnswer(Action):
    """The answer to the intent, with the cautions that the patient's situation brings in."""

    def name(self) -> Text:
        return "action_answer"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]) -> List[Dict[Text, Any]]:
        turn = read_turn(tracker)
        topic = answers().get(tracker.get_slot("topic") or "")
        known = contexts(tracker)
        named = mentioned(tracker)
        if turn.elliptical and not turn.pressed and topic and named:
            say_in_situation(dispatcher, topic, named)
            await log_turn(turn, self.name(), topic.id)
            return [SlotSet("misses", 0.0)]
        if corrected(turn, tracker):
            say_line(dispatcher, tracker, "context_corrected")
            await log_turn(turn, self.name(), "context_corrected")
            return [SlotSet("misses", 0.0)]
        line = answers()[turn.intent or ""]
        outside = (turn.intent or "").startswith("out_of_scope")
        special = None if turn.pressed else kind(turn.text) if outside else "fallback_language" if foreign(turn.text) else None
        if special or outside:
            say_line(dispatcher, tracker, special or line.id)
            await log_turn(turn, self.name(), special or line.id)
            return [SlotSet("misses", float(tracker.get_slot("misses") or 0.0) + 1)]
        if line.group not in TEACHING:
            say_line(dispatcher, tracker, line.id)
            await log_turn(turn, self.name(), line.id)
            return [SlotSet("misses", 0.0)]
        say_answer(dispatcher, line, [*known, *(key for key in named if key not in known)])
        await log_turn(turn, self.name(), line.id)
        second = answers().get(turn.also or "")
        if second and second.id != line.id and second.group in TEACHING:
            say_answer(dispatcher, second, known)
            await log_turn(turn, self.name(), second.id, ordinal=1)
            line = second
        return [SlotSet("topic", line.id), SlotSet("misses", 0.0)]


class ActionFollowUp(Action):
    """More of the last answer: "tell me more", "say it simpler", "where is that from"."""

    def name(self) -> Text:
        return "action_follow_up"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]) -> List[Dict[Text, Any]]:
        turn = read_turn(tracker)
        topic = answers().get(tracker.get_slot("topic") or "")
        if topic is None:
            say_line(dispatcher, tracker, f"{turn.intent}_none")
            await log_turn(turn, self.name())
            return []
        wanted = {"ask_more": topic.more, "ask_repeat": topic.simple}.get(turn.intent or "", sources_text(topic))
        text = next((text for text in (wanted, topic.simple, topic.chat) if not just_said(text, tracker)), wanted)
        left = [key for key in ("ask_more", "ask_repeat", "ask_sources") if key != turn.intent][:1]
        say(
            dispatcher,
            text,
            choices=answers().choices([*left, *topic.follow_ups[:2]]),
            sources=answers().links(topic),
            answer_id=topic.id,
        )
        await log_turn(turn, self.name(), topic.id)
        return [SlotSet("misses", 0.0)]


def say_answer(dispatcher: CollectingDispatcher, answer: Answer, situation: List[str]) -> None:
    """The answer, the cautions it must carry in this situation, and where to go on."""
    paragraphs = [answer.chat, *cautions(answer, situation)]
    choices = ["ask_more", *answer.follow_ups]
    say(dispatcher, "\n\n".join(paragraphs), choices=answers().choices(choices), sources=answers().links(answer), answer_id=answer.id)


def cautions(answer: Answer, situation: List[str]) -> List[str]:
    """The cautions of ``answer`` that concern this situation, two at most, the most specific first."""
    concerned = [key for key in situation if key in answer.cautions or key in answer.caution_texts]
    return [caution_text(answer, key) for key in sorted(concerned, key=lambda key: key not in answer.caution_texts)[:MAX_CAUTIONS]]


def caution_text(answer: Answer, key: str) -> str:
    shared = answers().cautions[key]
    return f"{shared.label}. {answer.caution_texts.get(key, shared.text)}"


def say_in_situation(dispatcher: CollectingDispatcher, topic: Answer, named: List[str]) -> None:
    """What changes in the last answer's subject: "and if I'm pregnant?"."""
    said = [caution_text(topic, key) for key in named[:MAX_CAUTIONS]]
    more = [_MORE_ABOUT[key] for key in named if key in _MORE_ABOUT][:2]
    say(
        dispatcher,
        "\n\n".join([f"On {topic.title[0].lower() + topic.title[1:]}:", *said]),
        choices=answers().choices([*more, topic.id, "talk_to_staff"]),
        sources=[link for key in named[:MAX_CAUTIONS] for link in answers().links(answers().cautions[key])] or answers().links(topic),
        answer_id=topic.id,
    )


def mentioned(tracker: Tracker) -> List[str]:
    """Situations that this message names, as facts or only in passing."""
    message = tracker.latest_message or {}
    said = [entity["entity"] for entity in message.get("entities") or [] if entity.get("value") == "yes"]
    return list(dict.fromkeys([*said, *(message.get("mentions") or [])]))


def corrected(turn: Turn, tracker: Tracker) -> bool:
    """Whether the message only takes back what was understood: "no, not pregnant", "it's for me, not my son"."""
    entities = (tracker.latest_message or {}).get("entities") or []
    return turn.elliptical and any(
        entity.get("value") == "no" or (entity["entity"], entity.get("value")) == ("subject", "self") for entity in entities
    )


def sources_text(topic: Answer) -> str:
    """Where an answer comes from, in words, with the date of its last review and its state."""
    rows = [f"- {source['title']}: {source['url']}" for source in answers().links(topic)]
    state = "A clinician has approved it." if topic.state == "approved" else "A clinician has still to sign it."
    reviewed = f"{topic.reviewed_on:%B} {topic.reviewed_on.day}, {topic.reviewed_on.year}"
    return "\n".join([f'My answer on "{topic.title}" rests on:', *rows]) + f"\n\nIt was last reviewed on {reviewed}. {state}"
