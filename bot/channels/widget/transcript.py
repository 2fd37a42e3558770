"""The patient's own copy of a conversation, as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from bot.content.clinic import clinic
from bot.content.texts import table, text
from bot.store.models import Message

#: A link to call, of which plain text keeps the words.
_CALL = re.compile(r"\[([^\]\n]+)\]\((?:tel|sms):[^)\s]*\)")


def as_text(messages: Iterable[Message]) -> str:
    """The messages in their order, with who said each, and when by the clinic's clock."""
    zone = clinic().time_zone
    speakers = table("widget.transcript.speakers")
    parts = [text("widget.transcript.title", zone=zone), ""]
    for message in messages:
        at = message.at.astimezone(ZoneInfo(zone))
        said = message.text if message.sender == "patient" else _CALL.sub(r"\1", message.text)
        parts += [f"[{at:%Y-%m-%d %H:%M}] {message.staff_name or speakers[message.sender]}:", said]
        parts += [
            "  " + text("widget.transcript.source", title=source["title"], url=source["url"])
            for source in message.sources
        ]
        parts.append("")
    return "\n".join(parts)
