"""What a patient wrote, sent or changed, inside the transaction of its update."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import structlog
from telegram import Message

from bot.channels.telegram import LONGEST, commands
from bot.channels.telegram.entry import After, Entry
from bot.content.texts import text
from bot.conversation import consent, held, urgent
from bot.conversation.intake import accept
from bot.conversation.text import clean
from bot.errors import RefusedError
from bot.store.models import Inbound

log = structlog.get_logger(__name__)

#: A message without text, by the name of its content, in the order in which we look, with the text below
#: ``telegram.contents`` that answers it; what is not here gets silence.
CONTENTS = {
    "animation": "sticker",
    "sticker": "sticker",
    "photo": "photo",
    "voice": "voice",
    "audio": "voice",
    "video_note": "video",
    "video": "video",
    "document": "file",
    "venue": "location",
    "location": "location",
    "contact": "contact",
    "poll": "poll",
    "dice": "poll",
    "game": "poll",
    "story": "sticker",
}
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,64})(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
_QUIET = timedelta(seconds=60)


def written(entry: Entry, message: Message) -> After:
    """Take a new message: a command, words, or a content without words."""
    said = message.text or message.caption or ""
    command = _COMMAND.fullmatch(said) if message.text else None
    if command and not (command[2] and _is_flagged(entry, command[2])):
        entry.record("command", said, shown=clean(said)[:LONGEST])
        return commands.COMMANDS.get(command[1].lower(), commands.show_help)(entry)
    if (message.forward_origin or message.via_bot) and not (said and _is_flagged(entry, said)):
        shown = clean(said)[:LONGEST] or text("telegram.for_staff.no_words")
        forwarded = text("telegram.for_staff.forwarded", text=shown)
        return reply_kindly(entry, "forwarded", text("telegram.forwarded"), shown, shown=forwarded)
    if clean(said):
        if not message.text:
            _say_that_only_words_are_read(entry, message)
        return take(entry, said=said)
    for name, kind in CONTENTS.items():
        if content := getattr(message, name, None):
            return _without_words(entry, message, kind, getattr(content, "duration", None))
    if message.text:
        return reply_kindly(entry, "no_words", text("telegram.contents.sticker"))
    entry.record("service")
    return After()


def edited(entry: Entry, message: Message) -> After:
    """Take a message that was changed: checked for red flags, kept for staff, and not answered."""
    said = message.text or message.caption or ""
    if not clean(said) or message.location:
        entry.record("service")  # a live location moves on, or a picture was changed
        return After()
    if _is_flagged(entry, said):
        return take(entry, said=said)
    note = f"edit:{message.message_id}"
    told = entry.noted(note)
    shown = clean(said)[:LONGEST]
    entry.record("edit", shown, note=note, shown=text("telegram.for_staff.edited", text=shown))
    if not told and entry.conversation.mode != "staff" and entry.conversation.consent_at is not None:
        entry.say(text("telegram.edited"))
    return entry.done()


def take(entry: Entry, *, said: str | None = None, choice: str | None = None) -> After:
    """Hand a message to intake; hold it if there is no consent yet."""
    try:
        receipt = accept(
            entry.session,
            entry.red_flags,
            entry.conversation.id,
            external_id=entry.key,
            text=said,
            choice=choice,
            limit=LONGEST,
        )
    except RefusedError as refused:
        reply = text("telegram.old_button" if refused.code == "unknown_choice" else "telegram.too_long")
        return reply_kindly(entry, refused.code, reply)
    inbound = entry.session.get_one(Inbound, receipt.inbound_id)
    # A no lets the message before it be answered.
    waits = inbound.state == "pending" or inbound.note == urgent.REPLIED
    return entry.done(turn=waits and not commands.hold(entry))


def reply_kindly(entry: Entry, kind: str, reply: str, said: str = "", *, shown: str = "") -> After:
    """A message that is not for the assistant: one kind reply, but not one for each picture of an album."""
    quiet = entry.noted(kind, within=_QUIET)
    entry.record("other", said, note=kind, shown=shown)
    if consent.is_needed(entry.conversation):
        commands.ask(entry)
    elif not quiet:
        entry.say(reply)
    return entry.done()


def _without_words(entry: Entry, message: Message, kind: str, length: object) -> After:
    """A picture, a recording and the like: a line for staff, and one reply for all the pictures of an album."""
    seconds = int(length.total_seconds() if isinstance(length, timedelta) else length or 0)  # type: ignore[call-overload]
    shown = text(f"telegram.for_staff.content.{kind}", length=f"{seconds // 60}:{seconds % 60:02d}")
    if consent.is_needed(entry.conversation):
        shown = ""  # nothing is kept of who has not agreed
    with_staff = entry.conversation.mode in ("staff", "waiting")
    reply = text("telegram.content_with_staff" if with_staff else f"telegram.contents.{kind}")
    after = reply_kindly(entry, _album(message) or kind, reply, shown=shown)
    if entry.conversation.mode == "staff":
        held.tell_closed(entry.session, entry.conversation, None)
    return after


def _album(message: Message) -> str:
    """The mark of the album that a message belongs to, or ""."""
    return f"album:{message.media_group_id}"[:64] if message.media_group_id else ""


def _is_flagged(entry: Entry, said: str) -> bool:
    """Whether a text that would else not go to intake must go there, for its red flag or because the rules
    broke on it."""
    try:
        return entry.red_flags.check(said) is not None
    except Exception as error:
        log.error("red_flags_failed", error=type(error).__name__)
        return True


def _say_that_only_words_are_read(entry: Entry, message: Message) -> None:
    """Say once that of a picture with a caption we read the caption only."""
    conversation = entry.conversation
    if (
        conversation.consent_at is None
        or conversation.mode == "staff"
        or not any(getattr(message, name, None) for name in CONTENTS)
    ):
        return
    of_the_file = replace(entry, key=f"{entry.key}:file")
    if not of_the_file.noted("caption", within=_QUIET):
        of_the_file.record("caption")
        of_the_file.say(text("telegram.photo_with_words"))
