"""Row of the policy for a medicine that is named: it is answered from its own row of
``data/medicines.yml``."""

from __future__ import annotations

from actions import teaching
from actions.reply import Reply, Said
from actions.state import FACET_ALONE, State
from actions.turn import FALLBACK
from bot.content.answers import answers
from bot.content.clinic import clinic
from bot.content.facets import facets
from bot.content.medicine_text import MedicineText, medicine_text
from bot.understanding.follow_up import LEANS

#: What a message about a medicine of which no answer speaks is read as.
_NOT_OURS = frozenset({FALLBACK, None, "out_of_scope_medical", "out_of_scope_other"})
#: Facets that a row answers for itself; for others the topic's own text, where it has one, is nearer.
_OF_A_ROW = frozenset(
    {"does_it_help", "how_to_tell", "how_sure", "safe_with", "safe_for", "stopping", "why", "whole"}
)


#: The topics that speak of many medicines, by none of which they are named.
_KINDS = frozenset(
    {
        "ask_worsening_medicines",
        "ask_other_medicines",
        "ask_supplements",
        "ask_other_conditions",
        "ask_antidepressants",
        "ask_allergy_pills",
        "ask_nausea_medicines",
        "ask_heart_medicines",
        "ask_painkillers",
        "ask_uncommon_medicines",
        "ask_opioids",
    }
)


def _named(state: State) -> MedicineText | None:
    """The first medicine in the message that has a row, with what is said of it."""
    texts = (medicine_text(name, _asked(state)) for name in state.turn.medicines)
    return next((found for found in texts if found), None)


def _asked(state: State) -> str:
    """The facet that the row is said for; the whole row where none is clear, or where nothing stands
    beside it."""
    facet = state.turn.facet if state.turn.facet_confidence >= FACET_ALONE else None
    beside = state.turn.leans >= LEANS or len(state.turn.medicines) > 1
    return "" if facet is None or (facet == "safe_with" and not beside) else facet


def is_named(state: State) -> bool:
    """A medicine is named of which the message's own topic does not speak."""
    if state.turn.pressed or (found := _named(state)) is None:
        return False
    about = state.line if state.teaches else None
    if about is None:
        return state.turn.intent in _NOT_OURS
    if about.id not in _KINDS or _speaks_of(about.id, found):
        return False
    return state.turn.facet in _OF_A_ROW or state.cell(about.id, state.turn.facet) is None


def is_beside(state: State) -> bool:
    """A medicine is named beside the last topic, which does not speak of it: "and with lisinopril?"."""
    if state.topic is None or state.turn.leans < LEANS or (found := _named(state)) is None:
        return False
    return not _speaks_of(state.topic.id, found) and is_named(state)


def _speaks_of(topic: str, found: MedicineText) -> bool:
    """Whether a topic is about this very medicine: its direct answer names it."""
    own = facets().get(topic)
    name = found.medicine.called.lower()
    return own is not None and name in f"{own.short} {own.asks}".lower()


def say(state: State) -> Reply:
    """The medicine's row, and a way on to its kind; the kind's own text if the row was just said."""
    found = _named(state)
    assert found is not None
    topic = answers().get(found.topic) or answers()["ask_worsening_medicines"]
    if state.said_lately(found.text):
        return teaching.taught(state, teaching.short(state, topic))
    text = "\n\n".join([clinic().fill(found.text), *teaching.cautions(topic, state, beside=found.text)])
    keys = [topic.id, *topic.follow_ups[:2], "talk_to_staff"]
    return teaching.taught(
        state, Said(text, answers().choices(list(dict.fromkeys(keys))), list(found.sources), topic.id)
    )
