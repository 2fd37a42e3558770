"""The patient's own copy of a conversation, as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from bot.content.clinic import clinic
from bot.store.models import Message

#: A link to call, of which plain text keeps the words.
_CALL = re.compile(r"\[([^\]\n]+)\]\((?:tel|sms):[^)\s]*\)")
_NAMES = {"patient": "You", "assistant": "Assistant", "system": "Notice"}


def as_text(messages: Iterable[Message]) -> str:
    """The messages in their order, with who said each, and when by the clinic's clock."""
    place = clinic()
    zone = place.time_zone
    parts = [
        f"Your conversation with the assistant of {place.name}. Times are those of the clinic ({zone}).",
        "",
    ]
    for message in messages:
        at = message.at.astimezone(ZoneInfo(zone))
        said = message.text if message.sender == "patient" else _CALL.sub(r"\1", message.text)
        parts += [f"[{at:%Y-%m-%d %H:%M}] {message.staff_name or _NAMES.get(message.sender, 'Staff')}:", said]
        parts += [f"  Source: {source['title']}, {source['url']}" for source in message.sources]
        parts.append("")
    return "\n".join(parts)
