"""Whom an urgent line asks to call: buttons with words that say whom they reach, and what stands above the
chat meanwhile."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from bot.clock import now
from bot.content.clinic import clinic
from bot.content.texts import text
from bot.conversation import standing
from bot.store.models import Alert
from bot.store.modes import BY_STAFF_ONLY

_LINK = re.compile(r"\]\((tel:[+\d*#,;.-]+)\)")
_GRAVE = frozenset({"emergency", "support"})
_POISON = "R10"


def in_text(words: str) -> list[dict[str, str]]:
    """The numbers to call that stand as links in ``words``, in their order, as ``{"href", "label"}``."""
    names = {line.href: name for name, line in _lines().items()}
    found = [names[href] for href in _LINK.findall(words) if href in names]
    return labelled(list(dict.fromkeys(found)))


def labelled(names: Sequence[str]) -> list[dict[str, str]]:
    """Buttons for ``emergency``, ``crisis``, ``poison`` and ``clinic``; a line that takes texts has one
    for that too."""
    made = []
    for name in names:
        line = _lines()[name]
        way = "call_or_text" if _takes_texts(name) else "call"
        words = text(f"conversation.urgent.calls.{name}", number=line.number)
        made.append({"href": line.href, "label": text(f"conversation.urgent.calls.{way}", whom=words)})
        if _takes_texts(name):
            written = {
                "href": line.href.replace("tel:", "sms:"),
                "label": text("conversation.urgent.calls.text", whom=words),
            }
            made.append(written)
    return made


def state(session: Session, conversation_id: str) -> dict[str, Any] | None:
    """What the patient sees above the chat while a red flag stands: ``{"calm", "grave", "text",
    "calls"}``; else ``None``."""
    stands = standing.standing(session, conversation_id)
    if not stands:
        return None
    calm = is_crisis(stands)
    grave = calm or any(alert.tier in _GRAVE for alert in stands)
    names = ["crisis", "emergency"] if calm else ["emergency"] if grave else ["clinic", "emergency"]
    if any(_POISON in alert.flags for alert in stands) and not calm:
        names.insert(0, "poison")
    kind = "calm" if calm else "grave" if grave else "same_day"
    told = "open" if clinic().is_open(now()) else "closed"
    return {
        "calm": calm,
        "grave": grave,
        "text": text(f"conversation.urgent.state.{kind}_{told}"),
        "calls": labelled(names),
    }


def is_crisis(stands: Sequence[Alert]) -> bool:
    """Whether the gravest thing here is a person in a crisis, who is spoken to calmly."""
    return any(BY_STAFF_ONLY & set(alert.flags) for alert in stands)


def is_calm(answer_id: str | None) -> bool:
    """Whether an urgent line is of a crisis, by the id of what it says."""
    return bool(answer_id) and any(
        name in re.split(r"[:+_]", str(answer_id).upper()) for name in BY_STAFF_ONLY
    )


def _takes_texts(name: str) -> bool:
    return name == "crisis" and "text" in clinic().lines.crisis.reach


def _lines() -> dict[str, Any]:
    place = clinic()
    lines = place.lines
    phone = type(lines.emergency)(label="", number=place.phone)
    return {"emergency": lines.emergency, "crisis": lines.crisis, "poison": lines.poison, "clinic": phone}
