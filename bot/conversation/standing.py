"""The urgent state of a conversation: which red flags stand for the patient, and how they come to stand
and to end.

The rows are ``Alert``; what may become of one stands in ``bot.store.modes.URGENT``. Staff's clocks hang on
the same rows.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bot.clock import now
from bot.safety.flags import TIERS
from bot.settings import settings
from bot.store.models import Alert, Event, Inbound, Timer
from bot.store.modes import change_urgent, patient_may

#: Made once: it is read for every message.
_OPEN = (
    select(Alert)
    .where(Alert.conversation_id == bindparam("conversation"), Alert.closed_at.is_(None))
    .order_by(Alert.id)
)


def open_flags(session: Session, conversation_id: str) -> list[Alert]:
    """Every red flag that staff have not closed, eased ones included; the oldest first."""
    return list(session.scalars(_OPEN, {"conversation": conversation_id}))


def standing(session: Session, conversation_id: str) -> list[Alert]:
    """The red flags that the patient's messages are read against: the gravest first, of one tier the
    newest."""
    found = [alert for alert in open_flags(session, conversation_id) if alert.state in ("stands", "asked")]
    return sorted(found, key=lambda alert: (_grave(alert.tier), -alert.raised_last_at.timestamp(), -alert.id))


def is_known(alerts: list[Alert], flag: str, tier: str) -> bool:
    """Whether ``flag`` stands already, at least as grave as ``tier``."""
    return any(flag in alert.flags and _grave(alert.tier) <= _grave(tier) for alert in alerts)


def _grave(tier: str) -> int:
    return TIERS.index(tier) if tier in TIERS else len(TIERS)


def raise_again(
    session: Session,
    alert: Alert,
    inbound: Inbound,
    why: str,
    *,
    tier: str = "emergency",
    score: float | None = None,
) -> None:
    """A flag that stands becomes more urgent, and staff are told again.

    Args:
        why: the reading or rule that saw it, for staff and the log.
        tier: what it is at least from now on.
    """
    if _grave(tier) < _grave(alert.tier):
        alert.tier = tier
    facts = {"seq": inbound.seq, "by": why, **({} if score is None else {"score": round(score, 3)})}
    change_urgent(session, alert, "urgent_raise", actor="red flags", data=facts)
    climb(session, alert, settings().alert_steps, since=alert.raised_last_at)


def repeat(session: Session, alert: Alert, inbound: Inbound) -> None:
    """The same flag in another message: one line in the history, and no second alarm."""
    facts = {"alert": alert.id, "seq": inbound.seq}
    session.add(
        Event(conversation_id=alert.conversation_id, kind="urgent_repeated", actor="patient", data=facts)
    )


def over(session: Session, alert: Alert, inbound: Inbound) -> str | None:
    """The patient confirmed that it is over.

    Returns the new state, or ``None`` where a person has to look first.
    """
    what = patient_may(alert)
    if what is None:
        return None
    return change_urgent(session, alert, what, actor="patient", data={"seq": inbound.seq})


def climb(
    session: Session, alert: Alert, steps: tuple[int, ...], *, since: datetime, ladder: str = "raised"
) -> None:
    """Set the steps of a ladder of telling staff, each once.

    Args:
        since: from when its minutes of opening hours count.
        ladder: ``raised``, or ``seen`` for the one that begins when somebody opened it and did nothing.
    """
    for minutes in steps:
        data = {"alert": alert.id, "minutes": minutes, "ladder": ladder, "raise": alert.raises}
        session.add(
            Timer(
                kind="alert",
                key=f"alert:{alert.id}:{ladder}:{alert.raises}:{minutes}",
                conversation_id=alert.conversation_id,
                data=data,
                due_at=since + timedelta(minutes=minutes),
            )
        )


def acted(session: Session, alert: Alert, staff_id: int, how: str) -> bool:
    """Somebody did something about it (``wrote`` or ``phoned``): its ladders end.

    Returns whether they were the first.
    """
    if alert.acted_at is not None:
        return False
    alert.acted_at, alert.acted_by, alert.acted_how = now(), staff_id, how
    return True
