"""Rows of the policy for messages that lean on what was said before."""

from __future__ import annotations

from dataclasses import replace

from actions import teaching
from actions.reply import Reply, Said, spoken
from actions.say import said_lately
from actions.state import FACET_ALONE, TELLS, State
from actions.stored_work import hand_over
from actions.turn import FALLBACK, asks_something
from bot.content.answers import TEACHING, Answer, answers
from bot.content.clinic import clinic
from bot.content.facets import facet_kinds
from bot.understanding.follow_up import LEANS, LEANS_OPEN, LEANS_SMALL_TALK, LEANS_SURELY
from bot.understanding.thresholds import HARDLY, IN_CONTEXT, LIKELY, SURE

_TURNS = 3
_NEVER = 1.1
#: Lines after which "how long?" means: until staff reply.
_WAITS_FOR = frozenset(
    {
        "hand_off_done",
        "hand_off_already",
        "hand_off_out_of_hours",
        "booking_done",
        "booking_done_chat",
        "change_done",
        "staff_hours",
    }
)
_WHEN = frozenset({"how_long", "how_long_lasts"})
#: Intents that a follow-up may have been taken for: a topic, a refusal, a yes, the self-check. Flows and
#: manners stand.
_MAY_LEAN = frozenset({FALLBACK, None, "out_of_scope_medical", "out_of_scope_other", "check_symptoms"})
#: What is done about a general topic: what is asked of something that one takes or does is asked of this.
_DONE_ABOUT_IT = {
    "ask_iron_link": "ask_iron_supplements",
    "ask_low_iron_reason": "ask_iron_supplements",
    "ask_treatment": "ask_gabapentin",
    "ask_lifestyle": "ask_exercise",
    "ask_relief_tonight": "ask_massage_bath",
}
_OF_SOMETHING_DONE = frozenset(
    {"how_long", "how_long_lasts", "how_to_take", "side_effects", "safe_with", "safe_for", "what_happens"}
)
#: Less sure than this: what a follow-up asks for is not named in an honest "not checked"; the topic is said
#: in short.
CLEARLY = 0.5
#: Facets whose text is chosen although nothing is written for the topic: sources, next step, the topic
#: itself.
_OF_THE_TOPIC = frozenset({"how_sure", "what_next", "whole"})


#: Asked again, or where nothing is written, more of the topic is said: that these are not checked says nothing.
_NEVER_UNKNOWN = frozenset({"not_working", "what_next", "whole"})


def guess(state: State) -> Answer | None:
    """The likeliest topic of ours, if it is likely at all."""
    for name, confidence in state.turn.ranking:
        if confidence < LIKELY:
            return None
        if name in answers() and answers()[name].group in TEACHING:
            return answers()[name]
    return None


def clear_facet(state: State) -> bool:
    """Whether a question that names its subject clearly asks for one facet of it."""
    turn = state.turn
    return not turn.pressed and turn.facet != TELLS and turn.facet_confidence >= FACET_ALONE


def waits(state: State) -> bool:
    """Somebody who waits for staff asks when they will come."""
    if state.stored.mode != "waiting" or state.turn.pressed:
        return False
    if state.facet == "when_staff_reply":
        return True
    asks_when = state.turn.facet in _WHEN and state.turn.leans >= LEANS
    return asks_when and state.before in _WAITS_FOR


def when_staff_reply(state: State) -> Reply:
    """When staff reply, and whether the clinic is open now."""
    return Reply((spoken(state, "staff_hours", extra=teaching.open_now()),), {"misses": 0.0}, "staff")


def names_situation(state: State) -> bool:
    """Nothing but a situation is named, and it is asked of the last topic: "and in pregnancy?"."""
    bare = state.turn.elliptical and bool(state.turn.facts) and not state.turn.pressed
    asks = state.turn.leans >= LEANS or state.turn.facet in ("safe_with", "safe_for")
    return bare and state.topic is not None and asks


def in_situation(state: State) -> Reply:
    """The last topic for the situation that was named: its own text for it, or what changes."""
    assert state.topic is not None
    own = teaching.part(state, state.topic.id, state.turn.facet or "") if state.facet == "safe_for" else None
    said = teaching.in_situation(state, state.topic)
    return Reply((said,) if own is None else (own,), {"misses": 0.0}, state.topic.id)


def is_one(state: State) -> bool:
    """The message asks on about the last topic.

    Trained parts decide: how surely it leans, against how surely it is read as something of its own. After a
    general answer "it" means restless legs, which the topics know: there a surely read topic is answered.
    """
    turn, topic, facet = state.turn, state.topic, state.facet
    if turn.pressed or topic is None or facet in (None, "when_staff_reply", TELLS):
        return False
    if _of_another(state, topic):
        return False
    return turn.leans >= _enough(state, topic)


def _of_another(state: State, topic: Answer) -> bool:
    """What is asked is not written for the last topic, and the message is read as another, alone and after the last
    one's name: "is there a tablet for that?" after how it is found asks about the treatment."""
    name, confidence = state.turn.in_context
    alone = guess(state)
    if alone is None or name != alone.id or name == topic.id or confidence < IN_CONTEXT:
        return False
    return state.cell(topic.id, state.facet) is None and not _shared(state, topic)


def _shared(state: State, topic: Answer) -> bool:
    """Whether one text answers this facet for every topic."""
    kind = facet_kinds()[state.facet or ""]
    return bool(kind.instead or (kind.medicine if topic.medicine else "")) or state.facet in _OF_THE_TOPIC


def _enough(state: State, topic: Answer) -> float:
    """How surely a message must lean to be a follow-up, by what it was read as; above 1 for never."""
    turn = state.turn
    if turn.intent == topic.id:
        return LEANS
    if state.teaches:
        if state.sure and not topic.own_subject:
            return _NEVER
        if state.cell(topic.id, state.facet) or _says_it_all(state):
            return LEANS_SURELY if state.sure else LEANS
        if turn.confidence < HARDLY:
            # hardly read as a topic at all, and after the last topic's name surely as that
            near = _surely_in_context(state, topic) and _written_near(state, topic)
            return LEANS if near else LEANS_SMALL_TALK
        return _NEVER if state.sure else LEANS_SURELY
    if turn.intent == "out_of_scope_other" and state.sure:
        return LEANS_SURELY
    if turn.intent in (FALLBACK, None) and guess(state) and not state.cell(topic.id, state.facet):
        return LEANS_SMALL_TALK  # a likely topic says more than that this is not checked
    if turn.intent in _MAY_LEAN:
        return LEANS_OPEN if state.sure else LEANS
    if turn.intent in ("affirm", "deny") and state.facet == "why" and not state.offer:
        return LEANS / 2  # "why not"
    if not state.sure and _surely_in_context(state, topic) and state.cell(topic.id, state.facet):
        return LEANS  # "what else could he give me instead" is no wish for the list of topics
    return LEANS_SMALL_TALK if turn.intent in answers() or turn.intent in ("affirm", "deny") else _NEVER


def _surely_in_context(state: State, topic: Answer) -> bool:
    """Whether the message, read after the last topic's name, is surely about that topic."""
    name, confidence = state.turn.in_context
    return name == topic.id and confidence >= SURE


def _written_near(state: State, topic: Answer) -> bool:
    """Whether the topic has a text for a kind of question near the one asked."""
    return any(state.cell(topic.id, kind) for kind in facet_kinds()[state.facet or ""].near)


def _says_it_all(state: State) -> bool:
    """Whether the message's own topic is what every topic shares for this facet: amounts, cost, stopping."""
    kind = facet_kinds()[state.facet or ""]
    return state.turn.intent in (kind.instead, kind.medicine)


def answer(state: State) -> Reply:
    """The facet of the last topic, what all topics share for it, or the honest line that names it."""
    topic, facet = state.topic, state.facet or ""
    assert topic is not None
    kind = facet_kinds()[facet]
    said = teaching.part(state, topic.id, facet)
    if said is None and state.cell(topic.id, facet) is None:
        said_of_it = _says_it_all(state) and state.turn.confidence >= HARDLY
        shared = kind.instead or (kind.medicine if topic.medicine or said_of_it else "")
        if shared:
            said = teaching.whole(state, answers()[shared], on=topic.id)
    if said is None and facet in _OF_THE_TOPIC:
        said = _of_topic(state, facet)
    if said is None and state.cell(topic.id, facet) is None:
        if (near := _nearby(state, facet)) is not None:
            return Reply((near,), {"misses": 0.0, "topic": near.answer}, topic.id)
        if _only_says_when(state, topic):
            return hear_on(state)
        if state.turn.facet_confidence < CLEARLY and not teaching.was_unknown(state, topic):
            said = teaching.short(state, topic)
    if (said is None and state.cell(topic.id, facet) is not None) or facet in _NEVER_UNKNOWN:
        said = said or _other_words(state)
    return Reply((said or teaching.unknown(state, topic, facet),), {"misses": 0.0}, topic.id)


def _only_says_when(state: State, topic: Answer) -> bool:
    """ "8 weeks ago" asks nothing that would have to be checked, though it sounds like "how long"."""
    turn = state.turn
    of_time = turn.facet in _WHEN and turn.intent != topic.id
    return of_time and not turn.pressed and not asks_something(turn.text)


def _of_topic(state: State, facet: str) -> Said | None:
    """Where it is from, what to do next, or the topic once more in other words."""
    topic = state.topic
    assert topic is not None
    if facet == "what_next":
        text = topic.next_step
    elif facet == "how_sure":
        text = teaching.sources_text(topic)
    else:
        text = topic.simple
    if clinic().fill(text) in said_lately(state.tracker, _TURNS):
        return None
    keys = ["ask_more", *topic.follow_ups[:2], "talk_to_staff"]
    return Said(text, answers().choices(keys), answers().links(topic), topic.id)


def _nearby(state: State, facet: str) -> Said | None:
    """What answers it nearly: the topic's text for a kind of question near this one, or the facet of what is done
    about a general topic ("how long does it take" after iron is answered of iron pills)."""
    assert state.topic is not None
    done = _DONE_ABOUT_IT.get(state.topic.id)
    said = teaching.part(state, done, facet) if done and facet in _OF_SOMETHING_DONE else None
    near = (teaching.part(state, state.topic.id, kind) for kind in facet_kinds()[facet].near)
    return said or next(filter(None, near), None)


def _other_words(state: State) -> Said | None:
    """The topic in words that were not said lately: more of it, or simpler."""
    topic = state.topic
    assert topic is not None
    lately = said_lately(state.tracker, _TURNS)
    texts = (topic.simple, topic.more) if state.facet == "what_next" else (topic.more, topic.simple)
    text = next((text for text in texts if clinic().fill(text) not in lately), None)
    if text is None:
        return None
    keys = ["ask_repeat", *topic.follow_ups[:2], "talk_to_staff"]
    return Said(text, answers().choices(keys), answers().links(topic), topic.id)


def tells_on(state: State) -> bool:
    """Something is told of the last topic, and nothing is asked: "they gave me terrible cramps"."""
    turn, topic = state.turn, state.topic
    if topic is None or not state.tells or turn.leans < LEANS or "weary" in turn.told:
        return False
    if state.teaches:
        return turn.intent == topic.id or turn.confidence < HARDLY
    if (turn.intent or "").startswith("out_of_scope") and state.sure:
        return False
    return turn.intent in _MAY_LEAN or turn.intent == "react"


def hear_on(state: State) -> Reply:
    """Thanks, and what to do next in this topic, if that was not said a moment ago."""
    assert state.topic is not None
    step = clinic().fill(state.topic.next_step)
    extra = "" if step in said_lately(state.tracker, _TURNS) else step
    keys = [*state.topic.follow_ups[:2], "ask_more", "talk_to_staff"]
    said = spoken(state, "told_on", extra=extra, choices=answers().choices(list(dict.fromkeys(keys))))
    return Reply((said,), {"misses": 0.0}, state.topic.id)


def puts_beside(state: State) -> bool:
    """Another thing is only put beside the subject ("and with alcohol?"), which stays the subject."""
    return (
        not state.turn.pressed
        and state.topic is not None
        and state.topic.own_subject
        and state.teaches
        and state.turn.intent != state.topic.id
        and state.facet == "safe_with"
        and state.turn.leans >= LEANS
    )


def beside(state: State) -> Reply:
    """The facet of the subject if there is one; else the other thing's answer, with the subject's caution."""
    topic, line = state.topic, state.line
    assert topic is not None and line is not None
    said = teaching.part(state, topic.id, "safe_with")
    if said is None:
        heard = {**state.turn.heard, **({topic.own_caution: "mentioned"} if topic.own_caution else {})}
        with_it = State(replace(state.turn, heard=heard), state.tracker, state.stored)
        said = teaching.whole(with_it, line)
    return Reply((said,), {"misses": 0.0}, topic.id)


def worse_without_medicine(state: State) -> bool:
    """ "It gets worse" was taken for the effect of a medicine that nobody spoke of, and not surely."""
    if state.turn.intent != "ask_augmentation" or state.turn.pressed or state.sure:
        return False
    on_one = state.topic is not None and state.topic.own_caution == "dopamine"
    return not on_one and "dopamine" not in state.situation


def symptoms_first(state: State) -> Reply:
    """ "It got worse" from somebody who takes no medicine: the symptoms, then what it means with one."""
    said = teaching.whole(state, answers()["ask_symptoms"], last="augmentation_if", on="ask_augmentation")
    return teaching.taught(state, said)


def take_offer(state: State) -> Reply:
    """A yes or no to what the last line offered."""
    line = "offer_declined" if state.turn.intent == "deny" else state.offer
    if line == "talk_to_staff":
        return Reply(
            slots={"awaiting": None},
            work=lambda session: hand_over(
                session, state.turn, "action_reply", "asked", decided_by="offer_answered"
            ),
        )
    return Reply((spoken(state, line),), {"awaiting": None})
