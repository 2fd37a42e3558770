"""An ordinary answer while a red flag stands: under one line of the flag, and never where its content
would harm.

It is done where the assistant's replies are stored, so nothing that Rasa and the actions decide can pass it
by: an answer of a form, of a topic, or to a question that had waited since before the flag.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from bot.content.answers import TEACHING, Answer, answers
from bot.content.reply import Reply
from bot.conversation import after_flag, standing, urgent
from bot.store.models import Alert, Conversation, Inbound, TurnLog

#: Lines of ``conversation.yml`` that do something, and so are said; all others there are small talk, or say
#: that restless legs are all we know, which nobody should hear after a red flag.
_DO = (
    "hand_off",
    "booking",
    "change",
    "delete",
    "ask_privacy",
    "ask_if_bot",
    "unavailable",
    "set_aside",
    "consent",
)
#: A topic that no list names, such as a medicine of its own, counts as this group.
_UNLISTED = "treatment"
#: Buttons that lead away from what has to be done now.
_AWAY = frozenset({"show_topics", "check_symptoms", "ask_more", "ask_repeat", "ask_sources"})
_GRAVE = frozenset({"emergency", "support"})


def put(
    session: Session, conversation: Conversation, inbound: Inbound, replies: Sequence[Reply]
) -> list[Reply]:
    """The replies as they may be said to ``inbound`` now."""
    stands = standing.standing(session, conversation.id)
    # Asked about at this very message, and not answered yet: nothing is sure, but nothing may harm either.
    flags = [flag for alert in stands for flag in alert.flags] or urgent.flags_asked(session, inbound.id)
    if not flags:
        return list(replies)

    def line(flag: str, kind: str) -> Answer:
        names = (f"after_{flag.lower()}{kind}", f"after_{flag.lower()}", "after_not_over")
        return next(answers()[name] for name in names if name in answers())

    def instead(chosen: Answer) -> list[Reply]:
        _log(session, inbound, "under_flag_instead", chosen, flags[0])
        said = after_flag.wording(session, conversation.id, chosen)
        reply = Reply(said, choices=answers().choices(chosen.follow_ups), answer_id=chosen.id)
        return [replace(reply, choices=_choices(reply, flags, stands))]

    if stands and any(_is_small_talk(reply) for reply in replies):
        return instead(line(flags[0], ""))
    kept = [
        replace(reply, choices=_choices(reply, flags, stands))
        for reply in replies
        if not _harms(reply, flags)
    ]
    if not kept and replies:
        harmed = next(flag for flag in flags if any(_harms(reply, (flag,)) for reply in replies))
        return instead(line(harmed, "_self_help"))
    if not stands:
        return kept
    under = line(flags[0], "_under")
    _log(session, inbound, "under_flag_line", under, flags[0])
    first = after_flag.wording(session, conversation.id, under)
    return [replace(kept[0], text=f"{first}\n\n{kept[0].text}"), *kept[1:]]


def _log(session: Session, inbound: Inbound, decided_by: str, line: Answer, flag: str) -> None:
    """What the actions logged is what they answered; this is what became of it."""
    session.add(
        TurnLog(
            conversation_id=inbound.conversation_id,
            inbound_id=inbound.id,
            action="under_flag",
            answer_id=line.id,
            answer_version=line.version,
            decided_by=decided_by,
            leaned_on=flag,
        )
    )


def _harms(reply: Reply, flags: Sequence[str]) -> bool:
    """Whether the answer must not be given under one of ``flags``."""
    tables = [answers()[name] for flag in flags if (name := f"after_{flag.lower()}") in answers()]
    return any(_is_kept_back(reply.answer_id or "", table) for table in tables)


def _is_kept_back(key: str, table: Answer) -> bool:
    answer = answers().get(key)
    if answer is None and not key:
        return False
    group = answer.group if answer else _UNLISTED
    if group == "self_check":
        return True  # nobody tries out signs at home after a red flag
    if group not in TEACHING:
        return False
    if table.answered_only:
        return key not in table.answered_only
    return key in table.not_answered or group in table.not_answered


def _is_small_talk(reply: Reply) -> bool:
    answer = answers().get(reply.answer_id or "")
    return answer is not None and answer.group == "conversation" and not answer.id.startswith(_DO)


def _choices(reply: Reply, flags: Sequence[str], stands: Sequence[Alert]) -> list[dict[str, str]]:
    """The buttons that lead nowhere that is kept back, and in an emergency nowhere away from it."""
    grave = any(alert.tier in _GRAVE for alert in stands)
    tables = [answers()[name] for flag in flags if (name := f"after_{flag.lower()}") in answers()]

    def fits(key: str) -> bool:
        if key in answers() and answers()[key].group in TEACHING:
            return not grave and not any(_is_kept_back(key, table) for table in tables)
        return not (stands and key in _AWAY) and not (grave and key == "book_appointment")

    return [choice for choice in reply.choices if fits(choice["key"])]
