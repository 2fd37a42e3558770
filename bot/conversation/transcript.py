"""A conversation as plain text: the patient's own copy, and the one that staff keep."""

from __future__ import annotations

import re
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from bot.content.clinic import clinic
from bot.content.texts import text
from bot.store.models import Message

#: A link to call, of which plain text keeps the words.
_CALL = re.compile(r"\[([^\]\n]+)\]\((?:tel|sms):[^)\s]*\)")


def as_text(messages: Iterable[Message], title: str, speakers: dict[str, str]) -> str:
    """The messages in their order, with who said each, and when by the clinic's clock.

    Args:
        title: the first line.
        speakers: the name of each kind of sender.
    """
    zone = ZoneInfo(clinic().time_zone)
    parts = [title, ""]
    for message in messages:
        said = message.text if message.sender == "patient" else _CALL.sub(r"\1", message.text)
        who = message.staff_name or speakers[message.sender]
        parts += [f"[{message.at.astimezone(zone):%Y-%m-%d %H:%M}] {who}:", said]
        parts += [
            "  " + text("conversation.transcript_source", title=source["title"], url=source["url"])
            for source in message.sources
        ]
        parts.append("")
    return "\n".join(parts)
