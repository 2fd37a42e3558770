"""The messages of a conversation as staff see them: each with its delivery, its red flag, and what the
assistant understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversation.delivery import AGAIN
from bot.staff import labels
from bot.staff.understood import Understood, read_understood
from bot.store.models import Alert, Message, Outbox

_WORST_FIRST = ("failed", "unknown", "sending", "queued", "sent")


@dataclass(frozen=True)
class Sending:
    """How far the delivery of a message has come.

    Args:
        state: the worst of its parts.
        error: what the channel said, or ``AGAIN`` if staff have sent it again.
        outbox_id: the row of that part.
    """

    channel: str
    state: str
    error: str
    outbox_id: int

    @property
    def again(self) -> int:
        """The outbox row that staff may send again, or 0."""
        return self.outbox_id if self.state in ("failed", "unknown") and self.error != AGAIN else 0


@dataclass(frozen=True)
class LineView:
    """One message.

    Args:
        understood: of a patient's message, what each action of the turn understood and did.
        answers: the ``seq`` of the patient's message that this is the first answer to, or 0.
    """

    line: Message
    who: str
    understood: Sequence[Understood] = ()
    answers: int = 0
    sending: Sending | None = None
    alert: Alert | None = None

    @property
    def settled(self) -> bool:
        """Whether its delivery can no longer change."""
        return self.sending is None or self.sending.state not in ("queued", "sending")


def read_lines(session: Session, conversation_id: str, after: int) -> list[LineView]:
    """The messages with a higher ``seq`` than ``after``, in order."""
    lines = session.scalars(
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.seq > after)
        .order_by(Message.seq)
    ).all()
    inbound = {line.inbound_id for line in lines if line.inbound_id}
    understood = read_understood(session, inbound)
    alerts = {
        alert.inbound_id: alert
        for alert in session.scalars(select(Alert).where(Alert.inbound_id.in_(inbound)))
    }
    asked = _asked(session, inbound)
    sendings = _sendings(session, [line.id for line in lines])
    made = []
    for line in lines:
        inbound_id = line.inbound_id or 0
        of_patient = line.sender == "patient"
        # Only the first message of an answer leads to what was understood.
        explained = line.sender == "assistant" and inbound_id in understood
        made.append(
            LineView(
                line,
                line.staff_name or labels.speaker(line.sender),
                understood=understood.get(inbound_id, ()) if of_patient else (),
                answers=asked.pop(inbound_id, 0) if explained else 0,
                sending=sendings.get(line.id),
                alert=alerts.get(inbound_id) if of_patient else None,
            )
        )
    return made


def _asked(session: Session, inbound: set[int]) -> dict[int, int]:
    """The ``seq`` of the patient's message, by its row in the inbox."""
    rows = session.execute(
        select(Message.inbound_id, Message.seq).where(
            Message.inbound_id.in_(inbound), Message.sender == "patient"
        )
    )
    return {inbound_id: seq for inbound_id, seq in rows if inbound_id}


def _sendings(session: Session, ids: Sequence[int]) -> dict[int, Sending]:
    """Of each message that a channel must send, the part that fares worst."""
    found: dict[int, Sending] = {}
    for part in session.scalars(select(Outbox).where(Outbox.message_id.in_(ids)).order_by(Outbox.part)):
        before = found.get(part.message_id)
        if before is None or _WORST_FIRST.index(part.state) < _WORST_FIRST.index(before.state):
            found[part.message_id] = Sending(part.channel, part.state, part.error or "", part.id)
    return found
