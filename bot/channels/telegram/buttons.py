"""A button that was pressed, inside the transaction of its update."""

from __future__ import annotations

import re
from dataclasses import replace

from sqlalchemy import select

from bot.channels.telegram import commands
from bot.channels.telegram.entry import After, Entry
from bot.channels.telegram.written import reply_kindly, take
from bot.content.texts import text
from bot.conversation.intake import accept
from bot.errors import RefusedError
from bot.store.models import Inbound

_KEY = re.compile(r"[a-z0-9_]{1,64}")


def pressed(entry: Entry, choice: str) -> After:
    """Take the press of a button; ``choice`` is its key, which comes from outside and may be anything."""
    if not _KEY.fullmatch(choice):
        return reply_kindly(entry, "unknown_choice", text("telegram.old_button"))
    if waits := _waits_already(entry, choice):
        entry.record("other", waits.text, note="tapped_again", shown=waits.text)
        return replace(entry.done(), toast=text("telegram.working"))
    return take(entry, choice=choice) if choice not in commands.KEYS else _own_key(entry, choice)


def _own_key(entry: Entry, choice: str) -> After:
    """One of the buttons that this channel answers itself."""
    try:
        receipt = accept(
            entry.session, entry.red_flags, entry.conversation.id, external_id=entry.key, choice=choice
        )
    except RefusedError:
        return reply_kindly(entry, "unknown_choice", text("telegram.old_button"))
    inbound = entry.session.get_one(Inbound, receipt.inbound_id)
    # Before all else: it must not count as waiting itself.
    inbound.state, inbound.done_at = "done", inbound.received_at
    after = commands.KEYS[choice](entry)
    inbound.note = "erase" if after.erase else choice
    if not after.erase:
        commands.hold(entry)  # the button may have let a message loose that waited for another reply
    return after


def _waits_already(entry: Entry, choice: str) -> Inbound | None:
    """The same button, pressed a moment ago and still waiting; an impatient second tap is no second
    question."""
    return entry.session.scalars(
        select(Inbound)
        .where(
            Inbound.conversation_id == entry.conversation.id,
            Inbound.state == "pending",
            Inbound.choice == choice,
        )
        .limit(1)
    ).first()
