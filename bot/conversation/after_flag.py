"""While a red flag stands, every message is read against it first, and only then as an ordinary question.

The reading is a trained head (``bot.safety.after_flag``); what is said to each kind of message is a reviewed
text of ``data/answers/after_flag.yml``. It happens in intake, so it needs no Rasa.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bot.content.answers import Answer, answers
from bot.content.clinic import clinic
from bot.content.texts import text
from bot.conversation import replies, standing
from bot.conversation.inbox import end
from bot.conversation.messages import add_message
from bot.safety.after_flag import MEANS, ORDINARY, RAISES, SIGN, SMALL, AfterFlag, reader
from bot.store.models import Alert, Conversation, Inbound, Message, TurnLog
from bot.store.modes import BY_STAFF_ONLY, change_urgent, patient_may

#: The patient's buttons under "Is it over?".
OVER, NOT_OVER = "flag_over", "flag_not_over"
BUTTONS = (OVER, NOT_OVER)
#: The note on a message that was answered here.
NOTE = "after_flag"
#: What is said to each kind where the flag has no text of its own; a flag of the same day has its own form of
#: some.
_GENERAL = {"helped": "after_helped", "puts_off": "after_puts_off"}
_SAME_DAY = frozenset({"today", "prescriber"})
#: That it went away is no all-clear for these: it can come back, and worse.
_MAY_RETURN = frozenset({"R2", "R3", "R14"})
_LATELY = 12  # lines back in which the same words are not said again

_SAID = (
    select(Message.text)
    .where(Message.conversation_id == bindparam("conversation"), Message.sender != "patient")
    .order_by(Message.seq.desc())
    .limit(_LATELY)
)
#: The last line of the assistant's own that belongs to no flag.
_LAST_OF_ASSISTANT = (
    select(Message.answer_id)
    .where(
        Message.conversation_id == bindparam("conversation"),
        Message.sender == "assistant",
        Message.answer_id.is_not(None),
        Message.answer_id.not_like("after\\_%", escape="\\"),
    )
    .order_by(Message.seq.desc())
    .limit(1)
)
#: Lines of the form after which nothing of it is left to go on with.
_FORM_OVER = frozenset(
    {
        "booking_done",
        "booking_done_chat",
        "booking_link",
        "booking_cancelled",
        "booking_no_consent",
        "booking_already",
    }
)
#: After these there is time to speak of a visit again.
_CALM = frozenset({"helped", "over"})
_LAST = (
    select(Message.answer_id)
    .where(Message.conversation_id == bindparam("conversation"), Message.sender != "patient")
    .order_by(Message.seq.desc())
    .limit(1)
)


@dataclass(frozen=True)
class _Read:
    """A message as it was read against the flags, and the flag that answers it."""

    alert: Alert
    kind: str
    confidence: float

    @property
    def flag(self) -> str:
        return str(self.alert.flags[0])


def answer(
    session: Session,
    conversation: Conversation,
    inbound: Inbound,
    stands: list[Alert],
    *,
    repeated: bool = False,
) -> bool:
    """Answer ``inbound`` from the flags that stand.

    Returns whether it was; otherwise it is an ordinary message.

    Args:
        stands: not empty, the gravest first.
        repeated: the rules saw a flag in it that stands already, so it is no ordinary question.
    """
    if inbound.choice is not None and inbound.choice not in BUTTONS:
        return False
    read = _read(inbound, stands, repeated=repeated)
    held = conversation.mode == "staff"
    if read.kind == ORDINARY or (held and read.kind not in RAISES):
        return False
    if conversation.consent_at is None and read.kind == SMALL and not repeated:
        return False  # the assistant asks for consent first; what is about the flag waits for none
    if repeated and read.kind not in RAISES:
        standing.repeat(session, read.alert, inbound)
    if read.kind == SMALL and _help_is_called(session, conversation.id):
        read = replace(read, kind="helped")  # "thanks" to that is no reason to call once more
    name, choices = _do(session, inbound, read)
    _say(session, conversation, inbound, read, name, choices)
    end(inbound, NOTE)
    return True


def is_raise(inbound: Inbound, stands: list[Alert]) -> bool:
    """Whether a message makes a flag that stands more urgent; such a one passes every limit on how much is
    written."""
    return inbound.choice is None and reader().read(inbound.text).kind in RAISES and bool(stands)


def _read(inbound: Inbound, stands: list[Alert], *, repeated: bool) -> _Read:
    asked = next((alert for alert in stands if alert.state == "asked"), None)
    if asked and (reply := _reply(inbound)) is not None:
        return _Read(asked, "over" if reply else "not_over", 1.0)
    if inbound.choice in BUTTONS:
        return _Read(stands[0], SMALL, 1.0)
    found: AfterFlag = reader().read(inbound.text)
    crisis = next((alert for alert in stands if BY_STAFF_ONLY & set(alert.flags)), None)
    if found.kind == MEANS:
        # Amounts and what is in the cupboard mean something else where nobody spoke of dying.
        return _Read(crisis or stands[0], MEANS if crisis else SMALL, found.confidence)
    if found.kind == ORDINARY and repeated:
        return _Read(stands[0], SMALL, found.confidence)
    return _Read(stands[0], found.kind or SMALL, found.confidence)


def _help_is_called(session: Session, conversation_id: str) -> bool:
    """Whether the last thing said here answered that help is on its way."""
    found = session.scalars(_LAST, {"conversation": conversation_id}).first()
    return bool(found and "_helped" in found)


def _reply(inbound: Inbound) -> bool | None:
    """Whether it is over, as an answer to that question; ``None`` if it is no bare answer."""
    if inbound.choice in BUTTONS:
        return inbound.choice == OVER
    if replies.is_bare_yes(inbound.text):
        return True
    return False if replies.is_bare_no(inbound.text) else None


def _do(session: Session, inbound: Inbound, read: _Read) -> tuple[str, list[dict[str, str]] | None]:
    """Change the urgent state as the message asks, and choose the text by its id, with other buttons than
    its own."""
    alert, kind = read.alert, read.kind
    if kind in RAISES:
        standing.raise_again(session, alert, inbound, f"after_flag {kind}", score=read.confidence)
        return _text_id(read), None
    if kind == "over":
        standing.over(session, alert, inbound)
        return "after_ended", None
    if kind == "not_over":
        change_urgent(session, alert, "urgent_not_over", actor="patient", data={"seq": inbound.seq})
        return "after_not_over", None
    if alert.state == "asked":
        # Anything else than an answer takes the question back: the flag stands as before.
        change_urgent(session, alert, "urgent_not_over", actor="patient", data={"seq": inbound.seq})
    elif _asks_over(read):
        change_urgent(
            session, alert, "urgent_ask_over", actor="red flags", data={"seq": inbound.seq, "by": kind}
        )
        return "after_ask_over", [
            {"key": key, "label": text(f"conversation.buttons.{key}")} for key in BUTTONS
        ]
    return _text_id(read), None


def _asks_over(read: _Read) -> bool:
    if patient_may(read.alert) is None:
        return False
    may_return = bool(_MAY_RETURN & set(read.alert.flags)) or read.alert.tier not in _SAME_DAY
    return read.kind == "taken_back" or (read.kind == "gone" and not may_return)


def _text_id(read: _Read) -> str:
    general = _GENERAL.get(read.kind, "")
    if general and read.alert.tier in _SAME_DAY:
        general += "_today"
    own = f"after_{read.flag.lower()}"
    names = (f"{own}_{read.kind}", general, own)
    return next((name for name in names if name in answers()), "after_not_over")


def wording(session: Session, conversation_id: str, line: Answer) -> str:
    """The wording of ``line`` that was said longest ago here, or never: the same words are not said twice
    running."""
    said = list(session.scalars(_SAID, {"conversation": conversation_id}))
    made = [clinic().fill(words) for words in (line.text, *line.variants)]

    def since(words: str) -> int:
        return next((back for back, before in enumerate(said) if words in before), _LATELY)

    return max(made, key=since)  # of equals the first


def booking_is_kept(session: Session, conversation_id: str) -> bool:
    """Whether a flag came into the middle of the booking form, whose answers are kept."""
    last = session.scalars(_LAST_OF_ASSISTANT, {"conversation": conversation_id}).first() or ""
    return last.startswith("booking_") and last not in _FORM_OVER


def _say(
    session: Session,
    conversation: Conversation,
    inbound: Inbound,
    read: _Read,
    name: str,
    choices: list[dict[str, str]] | None,
) -> None:
    line, urgent = answers()[name], read.kind in (*RAISES, SMALL, "what_now")
    said = wording(session, conversation.id, line)
    buttons = answers().choices(line.follow_ups) if choices is None else choices
    if read.kind in _CALM and booking_is_kept(session, conversation.id):
        said = f"{said}\n\n{wording(session, conversation.id, answers()['after_booking_kept'])}"
        go_on = {"key": "book_appointment", "label": text("conversation.buttons.go_on_booking")}
        buttons = [go_on, *(button for button in buttons if button["key"] != go_on["key"])]
    add_message(
        session,
        conversation,
        "system" if urgent else "assistant",
        said,
        choices=buttons,
        urgent=urgent,
        inbound_id=inbound.id,
        answer_id=name,
    )
    session.add(
        TurnLog(
            conversation_id=conversation.id,
            inbound_id=inbound.id,
            action="after_flag",
            answer_id=name,
            answer_version=line.version,
            decided_by=f"after_flag_{read.kind}",
            read_as=inbound.text,
            leaned_on=read.flag,
            confidence=read.confidence,
        )
    )


__all__ = ["BUTTONS", "NOTE", "NOT_OVER", "OVER", "SIGN", "answer", "is_raise", "wording"]
