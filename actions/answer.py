"""``action_answer`` says the reviewed answer to what was asked; ``action_follow_up`` says more of the last one."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.aspect import aspect, noun, plain, target, told
from actions.flagged import after_flag, standing
from actions.follow import NO_TOPIC, asks_when, beside, named_instead, of_topic, tried, without_medicine
from actions.misfit import foreign, kind
from actions.say import just_said, last_message, last_said, log_turn, said_lately, say, say_line
from actions.turn import Turn, contexts, read_turn
from bot.clock import now
from bot.content.answers import TEACHING, Answer, answers
from bot.content.clinic import clinic

MAX_CAUTIONS = 2
#: Medicines that can slow breathing: their cautions are never the ones that find no room.
_SLOW_BREATHING = ("opioid", "gabapentinoid")
#: Answers that say themselves what the caution for their own medicine says.
_OWN = {
    "ask_dopamine_medicines": "dopamine",
    "ask_augmentation": "dopamine",
    "ask_gabapentin": "gabapentinoid",
    "ask_opioids": "opioid",
}
#: Of one's own level, or of the level that would be right.
_MY_RESULT = re.compile(
    r"\d|\b(?:my|his|her) (?:\w+ )?(?:ferritin|iron|levels?|results?|tests?|bloods?|tsat|saturation|number)\b|\b(?:low|high|normal|enough|okay|fine|numbers?|levels?|cut.?off|results?)\b"
)
_TURNS = 3  # in which a caution is not said again
MORE_ABOUT = {
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

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]
    ) -> List[Dict[Text, Any]]:
        turn = read_turn(tracker)
        if await follow(dispatcher, tracker, turn, self.name()):
            return [SlotSet("misses", 0.0)]
        known = contexts(tracker)
        named = mentioned(tracker)
        aside = beside(turn, tracker.get_slot("topic"))
        if aside and (medicine := _OWN.get(tracker.get_slot("topic"))):
            named.append(medicine)  # the answer on alcohol must warn of the medicine that it was asked beside
        situation = [*known, *(key for key in named if key not in known)]
        line = answers()[turn.intent or ""]
        outside = (turn.intent or "").startswith("out_of_scope")
        special = (
            None
            if turn.pressed
            else kind(turn.text)
            if outside
            else "fallback_language"
            if foreign(turn.text)
            else None
        )
        instead = named_instead(turn, named) if outside and not special and not turn.pressed else None
        if instead:
            say_answer(dispatcher, instead, situation, tracker, lead="not_together")
            await log_turn(turn, self.name(), instead.id)
            return [SlotSet("topic", instead.id), SlotSet("misses", 0.0)]
        if special or outside:
            say_line(dispatcher, tracker, special or line.id)
            await log_turn(turn, self.name(), special or line.id)
            return [SlotSet("misses", float(tracker.get_slot("misses") or 0.0) + 1)]
        if line.group not in TEACHING:
            say_line(dispatcher, tracker, line.id)
            await log_turn(turn, self.name(), line.id)
            return [SlotSet("misses", 0.0)]
        if without_medicine(turn, tracker.get_slot("topic"), situation):
            line = answers()["ask_symptoms"]
            say_answer(dispatcher, line, situation, tracker, last="augmentation_if", on="ask_augmentation")
        else:
            say_answer(dispatcher, line, situation, tracker, lead=lead(turn))
        await log_turn(turn, self.name(), line.id)
        taught = [line.id]
        second = answers().get(turn.also or "")
        if second and second.id != line.id and second.group in TEACHING:
            say_answer(dispatcher, second, known, tracker)
            await log_turn(turn, self.name(), second.id, ordinal=1)
            taught.append(second.id)
        return [
            *(SlotSet("topic", key) for key in taught if key not in NO_TOPIC and not aside),
            SlotSet("misses", 0.0),
        ]


class ActionFollowUp(Action):
    """More of the last answer: "tell me more", "say it simpler", "where is that from"."""

    def name(self) -> Text:
        return "action_follow_up"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]
    ) -> List[Dict[Text, Any]]:
        turn = read_turn(tracker)
        if line := after_flag(dispatcher, tracker, turn, await standing(turn)):
            await log_turn(turn, self.name(), line)
            return [SlotSet("misses", 0.0)]
        topic = taught_last(tracker)
        if topic is None:
            say_line(dispatcher, tracker, f"{turn.intent}_none")
            await log_turn(turn, self.name())
            return []
        wanted = {"ask_more": topic.more, "ask_repeat": topic.simple}.get(
            turn.intent or "", sources_text(topic)
        )
        text = next(
            (text for text in (wanted, topic.simple, topic.chat) if not just_said(text, tracker)), wanted
        )
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


async def follow(dispatcher: CollectingDispatcher, tracker: Tracker, turn: Turn, action: str) -> bool:
    """Answers a message that leans on a red flag, on waiting staff or on the last subject; whether it was one."""
    topic = answers().get(tracker.get_slot("topic") or "")
    named = mentioned(tracker)
    stands = await standing(turn)
    said = after_flag(dispatcher, tracker, turn, stands)
    if said is None and not turn.pressed:
        if stands.mode == "waiting" and asks_when(turn, last_said(tracker)):
            said = "staff_hours"
            say_line(dispatcher, tracker, said, extra=open_now())
        elif turn.elliptical and topic and named:
            said = topic.id
            say_in_situation(dispatcher, topic, named)
        elif corrected(turn, tracker):
            said = "context_corrected"
            say_line(dispatcher, tracker, said)
        elif topic and topic.group in TEACHING and of_topic(turn, topic.id):
            said = say_aspect(dispatcher, tracker, topic, turn)
        elif (
            topic
            and topic.group in TEACHING
            and tried(turn)
            and clinic().fill(topic.more) not in said_lately(tracker, _TURNS)
        ):
            said = topic.id
            keys = ["ask_repeat", *topic.follow_ups[:2], "talk_to_staff"]
            say(
                dispatcher,
                topic.more,
                choices=answers().choices(keys),
                sources=answers().links(topic),
                answer_id=topic.id,
            )
    if said is not None:
        await log_turn(turn, action, said)
    return said is not None


def say_aspect(dispatcher: CollectingDispatcher, tracker: Tracker, topic: Answer, turn: Turn) -> str:
    """One aspect of a subject, in the reviewed words that speak of it; returns the id of the answer that was said."""
    wanted, known = aspect(turn.text), contexts(tracker)
    other = answers().get(target(wanted, topic.id, turn.text) or "") if wanted else None
    if other is not None:
        say_answer(dispatcher, other, known, tracker, on=topic.id)
        return other.id
    head, body = f"On {noun(topic.id)}:", told(wanted, topic)
    if not body or just_said("\n\n".join([head, *body]), tracker):
        # Said first, so that nobody has to look for the answer in what follows; and what follows is not said again and again.
        nothing, last = answers()["nothing_more_exact"], last_message(tracker).get("text") or ""
        words = next(text for text in (nothing.text, *nothing.variants) if clinic().fill(text) not in last)
        body = [
            words,
            *([topic.more] if clinic().fill(topic.more) not in said_lately(tracker, _TURNS) else []),
        ]
    text = "\n\n".join([head, *body, *cautions(topic, known, tracker)])
    keys = ["ask_repeat" if topic.more in body else "ask_more", *topic.follow_ups[:2], "talk_to_staff"]
    say(dispatcher, text, choices=answers().choices(keys), sources=answers().links(topic), answer_id=topic.id)
    return topic.id


def say_answer(
    dispatcher: CollectingDispatcher,
    answer: Answer,
    situation: List[str],
    tracker: Tracker | None = None,
    *,
    lead: str = "",
    last: str = "",
    on: str = "",
) -> None:
    """The answer, the cautions it must carry in this situation, and where to go on. Asked for twice running, it is said in other words.

    Args:
        tracker: what was said before; without it everything is said as if for the first time.
        lead, last: a line to be said before it, or after it.
        on: another topic to go on to, before those of the answer.
    """
    text = otherwise(answer, tracker)
    first = open_now() if answer.id == "ask_clinic" else answers()[lead].text if lead else ""
    paragraphs = [first, text, answers()[last].text if last else "", *cautions(answer, situation, tracker)]
    keys = dict.fromkeys(
        ["ask_repeat" if text == answer.more else "ask_more", *([on] if on else []), *answer.follow_ups]
    )
    shown = "\n\n".join(part for part in paragraphs if part)
    say(
        dispatcher,
        shown,
        choices=answers().choices(list(keys)),
        sources=answers().links(answer),
        answer_id=answer.id,
    )


def otherwise(answer: Answer, tracker: Tracker | None) -> str:
    """The answer's first words, or what it has beside them if those were said last."""
    before = last_message(tracker) if tracker else {}
    said = (before.get("text") or "") if before.get("answer") == answer.id else ""
    if clinic().fill(answer.chat) in said:
        return f"As I said, in short:\n\n{answer.simple}"
    return answer.more if clinic().fill(answer.simple) in said else answer.chat


def lead(turn: Turn) -> str:
    """The line that must come before the answer: what a patient wants to hear, and will not hear from us."""
    return (
        "cannot_read_result"
        if turn.intent == "ask_iron_test" and not turn.pressed and _MY_RESULT.search(plain(turn.text))
        else ""
    )


def open_now() -> str:
    """Whether the clinic is open at this moment, and if not, from when."""
    at = now()
    return (
        "We are open now."
        if clinic().is_open(at)
        else f"We are closed now. Staff are back {clinic().opening_text(at)}."
    )


def taught_last(tracker: Tracker) -> Answer | None:
    """The answer that "tell me more" is of: the one said last, or the last subject if only a line was said since."""
    before = answers().get(last_said(tracker) or "")
    return before if before and before.group in TEACHING else answers().get(tracker.get_slot("topic") or "")


def cautions(answer: Answer, situation: List[str], tracker: Tracker | None = None) -> List[str]:
    """The cautions of ``answer`` that concern this situation, two at most, the most important first. None that was said a moment ago."""
    concerned = [
        key
        for key in situation
        if (key in answer.cautions or key in answer.caution_texts) and key != _OWN.get(answer.id)
    ]
    lately = said_lately(tracker, _TURNS) if tracker else ""
    return [
        text
        for key in weightiest(answer, concerned)
        if clinic().fill(text := caution_text(answer, key)) not in lately
    ]


def weightiest(answer: Answer, situation: List[str]) -> List[str]:
    """As much of a situation as there is room for: what can slow breathing, then what ``answer`` has words of its own for."""
    return sorted(situation, key=lambda key: (key not in _SLOW_BREATHING, key not in answer.caution_texts))[
        :MAX_CAUTIONS
    ]


def caution_text(answer: Answer, key: str) -> str:
    shared = answers().cautions[key]
    return f"{shared.label}. {answer.caution_texts.get(key, shared.text)}"


def say_in_situation(dispatcher: CollectingDispatcher, topic: Answer, named: List[str]) -> None:
    """What changes in the last answer's subject: "and if I'm pregnant?"."""
    heard = weightiest(topic, named)
    said = [caution_text(topic, key) for key in heard]
    more = [MORE_ABOUT[key] for key in heard if key in MORE_ABOUT]
    say(
        dispatcher,
        "\n\n".join([f"On {noun(topic.id)}:", *said]),
        choices=answers().choices(list(dict.fromkeys([*more, topic.id, "talk_to_staff"]))),
        sources=[link for key in heard for link in answers().links(answers().cautions[key])]
        or answers().links(topic),
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
        entity.get("value") == "no" or (entity["entity"], entity.get("value")) == ("subject", "self")
        for entity in entities
    )


def sources_text(topic: Answer) -> str:
    """Where an answer comes from, in words, with its date and state. A draft is not called reviewed: no clinician has read it."""
    rows = [f"- {source['title']}: {source['url']}" for source in answers().links(topic)]
    day = f"{topic.reviewed_on:%B} {topic.reviewed_on.day}, {topic.reviewed_on.year}"
    if topic.state == "approved":
        state = f"It was last reviewed on {day}. A clinician has approved it."
    else:
        state = f"It was last edited on {day}. No clinician has approved it yet."
    return "\n".join([f'My answer on "{topic.title}" rests on:', *rows]) + f"\n\n{state}"
