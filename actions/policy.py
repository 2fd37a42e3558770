"""What is done with a message: an ordered table, read from the top; the first row whose condition holds
decides.

The row's name is kept with the turn (``decided_by``), so it can always be shown why something was said.
Conditions read the message through its trained readings (intent, leaning, facet) and through what is stored;
a row that rests on written patterns alone never decides against an intent that is ``sure``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from actions import follow_up, hearing, in_context, medicine, relief, small_talk, teaching, unanswerable
from actions.reply import Reply, line_reply, spoken
from actions.state import State
from actions.stored_work import order_erasure
from actions.turn import FALLBACK, asks_something
from bot.content.answers import TEACHING, answers
from bot.understanding.thresholds import HARDLY

#: Rows that answer a message although a flow would begin with it.
ENDS_HERE = frozenset(
    {
        "corrected",
        "waits_for_staff",
        "situation_of_topic",
        "follow_up",
        "no_verdict",
        "asks_if_rls",
    }
)


@dataclass(frozen=True)
class Row:
    """One row: its name, when it holds, and what it does."""

    name: str
    when: Callable[[State], bool]
    do: Callable[[State], Reply]


def decide(state: State) -> tuple[str, Reply]:
    """The first row that holds, by name, and what it does; what the patient told is taken up first."""
    row = next(row for row in POLICY if row.when(state))
    reply = row.do(state)
    return row.name, hearing.taken_up(state, reply) if row.name in hearing.ANSWERS else reply


# ---- conditions


def _out_of_scope(state: State) -> bool:
    """Not ours. In the middle of a conversation a message that is only hardly read so is not sent away."""
    if not (state.turn.intent or "").startswith("out_of_scope"):
        return False
    doubtful = state.topic is not None and state.turn.confidence < HARDLY
    return not (doubtful and unanswerable.likely(state))


def _open(state: State) -> bool:
    """Not understood, or not surely out of scope."""
    return state.turn.intent in (FALLBACK, None) or (state.turn.intent or "").startswith("out_of_scope")


def _yes_or_no(state: State) -> bool:
    return state.turn.intent in ("affirm", "deny")


def _delete_asked(state: State) -> bool:
    # Only an answer to the very question counts: anything said in between takes the question back.
    return (
        state.tracker.get_slot("awaiting") == "delete" and state.before == "delete_ask" and _yes_or_no(state)
    )


def _asks_on(state: State) -> bool:
    return state.turn.intent in ("ask_more", "ask_repeat", "ask_sources")


def _corrects(state: State) -> bool:
    """Only takes back what was understood: "no, not pregnant", "it's for me, not my son"."""
    heard, turn = state.turn.heard, state.turn
    back = any(value == "no" and state.was(key) == "yes" for key, value in heard.items())
    takes_back = turn.elliptical and ("no" in heard.values() or heard.get("subject") == "self")
    return not turn.pressed and (back or takes_back) and not asks_something(turn.text)


def _no_verdict(state: State) -> bool:
    """ "So do I have it?" right after the five questions is no wish to begin them again."""
    asks = state.turn.facet == "how_to_tell" or "?" in state.turn.text
    return (
        state.turn.intent == "check_symptoms"
        and not state.turn.pressed
        and state.before in small_talk.CONCLUSIONS
        and asks
    )


def _asks_if_rls(state: State) -> bool:
    """ "Could that be restless legs?" is not surely a wish for the five questions."""
    turn = state.turn
    return (
        turn.intent == "check_symptoms"
        and not turn.pressed
        and not state.sure
        and state.facet == "how_to_tell"
        and asks_something(turn.text)
    )


# ---- deeds


def _delete(state: State) -> Reply:
    if state.turn.intent == "deny":
        return Reply((spoken(state, "delete_kept"),), {"awaiting": None})
    return Reply(slots={"awaiting": None}, work=lambda session: order_erasure(session, state.turn))


def _ask_on(state: State) -> Reply:
    before = answers().get(state.before or "")
    topic = before if before and before.group in TEACHING else state.topic
    if topic is None:
        return line_reply(f"{state.turn.intent}_none", misses=None)(state)
    return Reply((teaching.more_of(state, topic),), {"misses": 0.0}, topic.id)


def _own_line(state: State) -> Reply:
    assert state.line is not None
    return teaching.spoken_line(state, state.line.id)


def _refuse(state: State) -> Reply:
    return line_reply(state.turn.intent or "", misses=state.misses + 1)(state)


def _whole(state: State, topic: str) -> Reply:
    return teaching.taught(state, teaching.whole(state, answers()[topic]))


def _teach(state: State) -> Reply:
    """The topic asked about: the facet that the question is for, or the whole.

    Of two topics each is answered in short; a third is named and offered.
    """
    assert state.line is not None
    first = None
    if follow_up.clear_facet(state):
        first = teaching.part(state, state.line.id, state.turn.facet or "")
    second = answers().get(state.turn.also or "")
    if second is None or second.id in (state.line.id, state.before) or second.group not in TEACHING:
        return teaching.taught(state, first or teaching.whole(state, state.line))
    alone = State(replace(state.turn, heard={}), state.tracker, state.stored)
    beside = teaching.short(alone, second, keys=[state.line.id])
    return teaching.taught(
        state, first or teaching.short(state, state.line), teaching.and_the_rest(state, beside)
    )


POLICY: tuple[Row, ...] = (
    # ---- what stands and must not be talked past
    Row("delete_answered", _delete_asked, _delete),
    # ---- what leans on what was said before
    Row("corrected", _corrects, line_reply("context_corrected")),
    Row("presence_waiting", small_talk.asks_presence_waiting, small_talk.presence_waiting),
    Row("waits_for_staff", follow_up.waits, follow_up.when_staff_reply),
    Row("tried_already", relief.tried_already, relief.what_is_left),
    Row("situation_of_topic", follow_up.names_situation, follow_up.in_situation),
    Row("clinic_fact", small_talk.asks_clinic_fact, small_talk.clinic_fact),
    Row("tells_on", follow_up.tells_on, follow_up.hear_on),
    Row("medicine_beside", medicine.is_beside, medicine.say),
    Row("follow_up", follow_up.is_one, follow_up.answer),
    Row("beside_topic", follow_up.puts_beside, follow_up.beside),
    Row("asks_on", _asks_on, _ask_on),
    # ---- what answers a question of ours
    Row("no_verdict", _no_verdict, line_reply("check_no_verdict")),
    Row("asks_if_rls", _asks_if_rls, lambda state: _whole(state, "ask_diagnosis")),
    Row("offer_answered", lambda state: _yes_or_no(state) and bool(state.offer), follow_up.take_offer),
    Row("booking_details", small_talk.booking_details, line_reply("change_details")),
    Row("about_summary", small_talk.about_summary, line_reply("check_keep")),
    # ---- what cannot be answered as it stands
    Row("contact_for_staff", unanswerable.gives_contact, line_reply("noted_for_staff")),
    Row("unreadable", unanswerable.unreadable, unanswerable.say_kind),
    Row("in_context", in_context.read, in_context.answer),
    Row("named_beside_unknown", unanswerable.names_ours, unanswerable.answer_named),
    Row("medicine_named", medicine.is_named, medicine.say),
    Row("likely_topic", unanswerable.likely_topic, unanswerable.answer_guess),
    Row("story", small_talk.tells_story, small_talk.hear_story),
    Row("out_of_scope", _out_of_scope, _refuse),
    # ---- topics
    Row("worse_without_medicine", follow_up.worse_without_medicine, follow_up.symptoms_first),
    Row("topic", lambda state: state.teaches, _teach),
    # ---- small talk, and messages that were not understood
    Row("greets_again", small_talk.greets_again, small_talk.welcome_back),
    Row("small_talk", lambda state: not _open(state) and state.line is not None, _own_line),
    Row("situation_noted", unanswerable.only_situation, line_reply("context_noted")),
    Row("did_you_mean", unanswerable.likely, unanswerable.suggest),
    Row("not_understood", lambda state: True, unanswerable.not_understood),
)
