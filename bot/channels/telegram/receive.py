"""Updates of Telegram, each taken in one transaction, after which it may be acknowledged.

What we do with each kind of update:

| update                                   | what happens
|
|------------------------------------------|-----------------------------------------------------------------------|
| text in a private chat                   | intake: red flags at once, then the assistant; held before
consent     | | photo, video, file ... with a caption    | the caption is taken as text, and a line says that
we read only words  | | the same without words                   | a kind reply by ``CONTENTS``, at most once
a minute for each kind      | | forwarded, or written by another bot     | checked for red flags; otherwise a
kind line. Staff see it             | | an edited text                           | checked for red flags, kept
for staff, and one line a message          | | /start /help /stop /delete               |
``commands.COMMANDS``; every other command gets the help               | | a button
| answered once; its key must be well formed and offered in this chat    | | the bot blocked or unblocked
| the chat is marked, and staff see it                                   | | groups, channels, business,
inline, rest | silence: health is no matter for a group                               | | what breaks our own
code                 | set aside, staff are told, the chat goes on                            |
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from telegram import Bot, CallbackQuery, ChatMemberUpdated, Update

from bot.channels.telegram import LONGEST, buttons, commands
from bot.channels.telegram.entry import CHANNEL, After, Entry
from bot.channels.telegram.written import edited, written
from bot.content.texts import text
from bot.conversation.delivery import mark_unreachable
from bot.conversation.erasure import erase
from bot.conversation.intake import RedFlags, prepare
from bot.conversation.text import clean
from bot.store.engine import Store
from bot.store.models import Conversation, Event, Inbound, KeyValue
from bot.store.modes import change_mode

log = structlog.get_logger(__name__)

#: What we ask Telegram for; all other kinds never reach us.
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
_RACES = 3


def is_outage(error: Exception) -> bool:
    """Whether the database failed rather than our code: then the sender must keep the update and try
    again."""
    return isinstance(error, DBAPIError | PoolTimeout) and not isinstance(error, DataError | IntegrityError)


class Receiver:
    """Takes updates in, in any thread.

    Args:
        offset_key: the fact in which long polling keeps its offset.
    """

    def __init__(self, store: Store, red_flags: RedFlags, bot: Bot, *, bot_id: str) -> None:
        self._store, self._red_flags, self._bot, self._bot_id = store, red_flags, bot, bot_id
        self.offset_key = f"telegram_offset:{bot_id}"

    def take(self, raw: Any, *, polled: bool = False) -> After:
        """Store one update; when this returns, it is committed.

        Args:
            polled: whether it came by long polling; then the offset moves in the same transaction.
        Raises:
            sqlalchemy.exc.DBAPIError: the database is down; nothing is stored, the update must come again.
        """
        for race in range(_RACES):
            try:
                after = self._commit(raw, polled)
                break
            except Exception as error:
                if is_outage(error):
                    raise
                if isinstance(error, IntegrityError) and race < _RACES - 1:
                    continue  # another process took the same update or chat at this moment; look again
                after = self._set_aside(raw, error, polled)
                break
        if after.erase:
            # Not acknowledged before it is done; a crash here brings the update again.
            erase(self._store, after.erase)
            if polled:
                with self._store.write() as session:
                    self._move_offset(session, raw)
        return after

    def _commit(self, raw: Any, polled: bool) -> After:
        update = Update.de_json(raw, self._bot)
        message = update.effective_message
        prepare(self._red_flags, (message.text or message.caption or "") if message else "", limit=LONGEST)
        with self._store.write() as session:
            after = self._route(session, update)
            if polled and not after.erase:
                self._move_offset(session, raw)
        return after

    def _move_offset(self, session: Session, raw: dict[str, Any]) -> None:
        session.merge(KeyValue(key=self.offset_key, value=str(int(raw["update_id"]) + 1)))

    def _route(self, session: Session, update: Update) -> After:
        key = f"{self._bot_id}:{update.update_id}"
        if update.callback_query:
            return self._pressed(session, key, update.callback_query)
        if update.my_chat_member:
            return self._membership(session, update.my_chat_member)
        message = update.message or update.edited_message
        if (
            message is None
            or message.chat.type != "private"
            or (message.from_user and message.from_user.is_bot)
        ):
            return After()
        conversation = self._find(session, message.chat.id) or self._begin(session, message.chat.id)
        if self._known(session, key):
            return After()
        if conversation.unreachable:
            mark_unreachable(session, conversation.id, actor=CHANNEL, reachable=True)
        self._mark_late(session, conversation, update.update_id)
        entry = Entry(session, conversation, key, self._red_flags)
        return edited(entry, message) if update.edited_message else written(entry, message)

    def _find(self, session: Session, chat: int) -> Conversation | None:
        return session.execute(
            select(Conversation)
            .where(Conversation.channel == CHANNEL, Conversation.external_id == str(chat))
            .with_for_update(key_share=True)
        ).scalar_one_or_none()

    def _begin(self, session: Session, chat: int) -> Conversation:
        conversation = Conversation(channel=CHANNEL, external_id=str(chat))
        session.add(conversation)
        session.flush()
        return conversation

    def _known(self, session: Session, key: str) -> Inbound | None:
        return session.execute(
            select(Inbound).where(Inbound.channel == CHANNEL, Inbound.external_id == key)
        ).scalar_one_or_none()

    def _mark_late(self, session: Session, conversation: Conversation, update_id: int) -> None:
        """Note for staff that this was written before what stands above it; a small step back only, ids
        may start anew."""
        last = session.scalars(
            select(Inbound.external_id)
            .where(Inbound.conversation_id == conversation.id)
            .order_by(Inbound.id.desc())
            .limit(1)
        ).first()
        numbers = re.findall(r":(\d+)", last or "")
        before = int(numbers[0]) if numbers else 0
        if 0 < before - update_id < 100_000:
            session.add(
                Event(
                    conversation_id=conversation.id,
                    kind="late_message",
                    actor=CHANNEL,
                    data={"seq": conversation.last_seq + 1},
                )
            )

    def _pressed(self, session: Session, key: str, query: CallbackQuery) -> After:
        """A button. The query is always answered, and its key trusted only if it was offered in this chat."""
        chat = query.message.chat if query.message else None
        if chat is None or chat.type != "private":
            return After(callback=query.id)
        choice = query.data or ""
        conversation = self._find(session, chat.id)
        if conversation is None:
            return After(callback=query.id, toast=text("telegram.old_button"))
        known = self._known(session, key)
        if known:
            # Stored, but a crash came before the erasing: else the conversation would not be here any more.
            left = commands.erasing(conversation.id, known.choice or "") if known.note == "erase" else After()
            return replace(left, callback=query.id, chat=chat.id)
        if conversation.unreachable:
            mark_unreachable(session, conversation.id, actor=CHANNEL, reachable=True)
        after = buttons.pressed(Entry(session, conversation, key, self._red_flags), choice)
        return replace(after, callback=query.id, chat=chat.id)

    def _membership(self, session: Session, change: ChatMemberUpdated) -> After:
        if change.chat.type != "private":
            return After()
        conversation = self._find(session, change.chat.id)
        if conversation is None:
            return After()
        gone = change.new_chat_member.status in ("kicked", "left")
        mark_unreachable(session, conversation.id, actor=CHANNEL, reachable=not gone)
        return After(conversation.id)

    def _set_aside(self, raw: Any, error: Exception, polled: bool) -> After:
        """Keep what broke us for staff to read, tell the patient, and let the chat go on."""
        reason = type(error).__name__
        log.error("update_set_aside", error=reason)
        identifier = raw.get("update_id") if isinstance(raw, dict) else None
        if not isinstance(identifier, int):
            return After()
        try:
            with self._store.write() as session:
                after = self._quarantine(session, raw, f"{self._bot_id}:{identifier}", reason)
                if polled:
                    self._move_offset(session, raw)
            return after
        except Exception as second:
            if is_outage(second):
                raise
            log.error("update_dropped", error=type(second).__name__)
        if polled:
            with self._store.write() as session:
                self._move_offset(session, raw)
        return After()

    def _quarantine(self, session: Session, raw: dict[str, Any], key: str, reason: str) -> After:
        chat, said = _salvage(raw)
        conversation = self._find(session, chat) if chat is not None else None
        if conversation is None or self._known(session, key):
            return After()
        entry = Entry(session, conversation, key, self._red_flags)
        inbound = entry.record("unreadable", said, note=reason, shown=said)
        inbound.state = "set_aside"
        session.add(
            Event(
                conversation_id=conversation.id,
                kind="set_aside",
                actor=CHANNEL,
                data={"seq": inbound.seq, "error": reason},
            )
        )
        change_mode(session, conversation, "hand_over", actor=CHANNEL, reason="no_answer")
        entry.say(text("telegram.unreadable"))
        return entry.done()


def _salvage(raw: dict[str, Any]) -> tuple[int | None, str]:
    """The chat and the words of an update that could not be read, as far as they can be found without
    reading it properly."""
    for name in ("message", "edited_message", "callback_query"):
        part = raw.get(name)
        if not isinstance(part, dict):
            continue
        message = part.get("message") if name == "callback_query" else part
        chat = message.get("chat") if isinstance(message, dict) else None
        number = chat.get("id") if isinstance(chat, dict) and chat.get("type") == "private" else None
        said = next((part[key] for key in ("text", "caption", "data") if isinstance(part.get(key), str)), "")
        return (number if isinstance(number, int) else None), clean(said)[:LONGEST]
    return None, ""
