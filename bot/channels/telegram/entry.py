"""One update of one chat inside its transaction, and what is left to do after the commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import now
from bot.conversation.intake import RedFlags
from bot.conversation.messages import add_message
from bot.store.models import Conversation, Inbound

CHANNEL = "telegram"


@dataclass(frozen=True)
class After:
    """What follows the commit.

    Args:
        conversation_id: whose watchers to notify.
        turn: whether a message waits for the assistant.
        callback: the id of a callback query to answer, with the words ``toast`` if there are any.
        erase: the conversation to erase, before the update is acknowledged.
        chat, farewell: a text to send past the outbox, to a chat of which nothing is kept any more.
    """

    conversation_id: str | None = None
    turn: bool = False
    callback: str | None = None
    toast: str = ""
    erase: str | None = None
    chat: int | None = None
    farewell: str = ""


@dataclass
class Entry:
    """An update of a known chat.

    Args:
        key: the unique key of the update, under which a repeat is found.
        red_flags: the red-flag rules.
    """

    session: Session
    conversation: Conversation
    key: str
    red_flags: RedFlags

    def record(self, kind: str, text: str = "", *, note: str | None = None, shown: str = "") -> Inbound:
        """Store the update as done: nothing of it goes to the assistant.

        ``shown`` is what staff see of it.
        """
        inbound = Inbound(
            conversation_id=self.conversation.id,
            channel=CHANNEL,
            external_id=self.key,
            kind=kind[:16],
            text=text,
            seq=self.conversation.last_seq + 1,
            state="done",
            done_at=now(),
            note=(note or kind)[:64],
        )
        self.session.add(inbound)
        self.session.flush()
        if shown:
            add_message(self.session, self.conversation, "patient", shown, inbound_id=inbound.id)
        return inbound

    def say(self, text: str, choices: Sequence[dict[str, str]] = ()) -> None:
        """A message of ours, sent through the outbox."""
        add_message(self.session, self.conversation, "system", text, choices=choices)

    def noted(self, note: str, *, within: timedelta | None = None) -> bool:
        """Whether an earlier update of this chat carries ``note``; so that one kind reply is not said ten
        times for an album."""
        query = select(Inbound.id).where(
            Inbound.conversation_id == self.conversation.id, Inbound.note == note
        )
        if within:
            query = query.where(Inbound.received_at > now() - within)
        return self.session.scalars(query.limit(1)).first() is not None

    def done(self, *, turn: bool = False) -> After:
        return After(self.conversation.id, turn=turn)
