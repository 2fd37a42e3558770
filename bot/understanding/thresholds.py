"""The thresholds between "answer", "did you mean" and "I can't answer that".

How they were chosen: on every other one of about a thousand questions of real people, which were not written
for this assistant (``python -m tools.evaluation --questions FILE --rows odd``), and reported on those
between. There the confidence means about what it says, so no map is laid over it.
"""

from __future__ import annotations

from collections.abc import Sequence

#: At least this sure: the answer is given. From 0.30 to 0.45 five of a hundred real questions go from an
#: answer to "did you mean", a third of them wrong answers; at 0.50 two more go, none of them wrong. A clear
#: margin before the runner-up added nothing.
ANSWER = 0.45
#: At least this likely: the topic is offered as a button, three at most. On the same sentences no topic that
#: was meant is lost, and what is out of scope gets one button on average instead of three.
SUGGEST = 0.04
#: At least this sure: a part of a message counts as a question of its own. Lower, more second questions are
#: imagined than found.
ALSO = 0.50
#: At least this likely: once a conversation runs, or where something is told and not asked, the topic is answered in
#: short, with the doubt said and the others as buttons.
LIKELY = 0.35
#: At least this sure after the name of the last topic: the message is answered so, where alone it is not read. What
#: alone is read as not ours, less surely than the second, must be sure after the topic.
IN_CONTEXT, SURELY_ELSEWHERE = 0.5, 0.95
#: Below this a topic is hardly read, and a message that leans on the last topic is asked of that one.
HARDLY = 0.65
#: At least this sure: so does a single thing named beside another.
HALF = 0.60
#: At least this sure: nothing else may take the first place.
SURE = 0.80
#: At least this probable: the runner-up was asked about too, when the message names things side by side.
SECOND = 0.10
#: At least this sure: something is begun that asks the patient for more, or calls a person.
BEGIN = 0.60
BEGINS = frozenset({"book_appointment", "change_appointment", "talk_to_staff"})

SUGGESTIONS = 3
#: Intents that make no sense as "did you mean".
_NO_SUGGESTION = frozenset(
    {
        "out_of_scope_medical",
        "out_of_scope_other",
        "greet",
        "goodbye",
        "thank",
        "affirm",
        "deny",
        "stop",
        "complain",
    }
    | {"rate_helpful", "rate_unhelpful", "ask_more", "ask_repeat", "ask_sources"}
)


def stands(name: str, confidence: float) -> bool:
    """Whether a first guess is sure enough to be acted on."""
    return confidence >= (BEGIN if name in BEGINS else ANSWER)


def likely_topics(ranking: Sequence[tuple[str, float]]) -> list[str]:
    """The topics that "did you mean" offers, the likeliest first."""
    return [name for name, confidence in ranking if confidence >= SUGGEST and name not in _NO_SUGGESTION][
        :SUGGESTIONS
    ]
