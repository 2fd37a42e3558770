"""What a browser can do with its conversation: begin it, say something, have a copy, erase it.

The token that ``begin`` gives out is the only key to a conversation; we keep its hash alone.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from bot.channels.widget.limits import Limits
from bot.channels.widget.news import NewsReader, read_news
from bot.channels.widget.schemas import Say
from bot.content.answers import answers
from bot.content.clinic import clinic
from bot.content.texts import table, text
from bot.conversation import consent, urgent
from bot.conversation.erasure import erase
from bot.conversation.intake import RedFlags, accept, prepare
from bot.conversation.messages import add_message
from bot.conversation.transcript import as_text
from bot.errors import RefusedError
from bot.store.engine import Store
from bot.store.models import Conversation, Message
from bot.work.notifier import Notifier

NAME = "widget"
_TOKENS = 10_000  # that are remembered


class WidgetService:
    """The widget's side of conversations, in any thread.

    Args:
        kick: called with a conversation in which a message waits for the assistant; on the event loop only.
    """

    def __init__(
        self,
        store: Store,
        red_flags: RedFlags,
        notifier: Notifier,
        kick: Callable[[str], None],
        limits: Limits,
    ) -> None:
        self._store, self._red_flags, self._notifier, self._kick = store, red_flags, notifier, kick
        self.limits = limits
        self.news = NewsReader(store, notifier)
        # A token never opens another conversation, so who writes again is known; whether it still exists,
        # intake sees itself.
        self._known = lru_cache(maxsize=_TOKENS)(self._opened_by)

    def opened_by(self, token: str) -> str:
        """The id of the conversation that the token opens.

        Raises:
            RefusedError: 401, none.
        """
        return self._opened_by(_hash(token))

    def _opened_by(self, token_hash: str) -> str:
        with self._store.read() as session:
            found = session.scalar(select(Conversation.id).where(Conversation.token_hash == token_hash))
        if found is None:
            raise RefusedError("gone", text("widget.refused.ended"), status=401)
        return found

    def begin(self) -> tuple[str, dict[str, Any]]:
        """A conversation of somebody who agreed, with our greeting; returns its token and its news."""
        token = secrets.token_urlsafe(32)
        with self._store.write() as session:
            conversation = Conversation(channel=NAME, token_hash=_hash(token))
            session.add(conversation)
            session.flush()
            consent.give(session, conversation)
            greeting = answers()["greet"]
            add_message(
                session,
                conversation,
                "assistant",
                clinic().fill(greeting.text),
                choices=answers().choices(greeting.follow_ups),
                answer_id="greet",
            )
            return token, read_news(session, conversation.id, 0)

    def say(self, body: Say, token: str, address: str) -> tuple[str, int]:
        """Store a message, once; returns the conversation and the message's ``seq``.

        Call ``follow`` after it.

        Args:
            address: where the call comes from, for the limits.
        Raises:
            RefusedError: by a limit, by intake, or because the token opens nothing.
        """
        conversation_id = self._known(_hash(token))
        try:
            self.limits.check("say", conversation_id, address)
            refusal = None
        except RefusedError as error:
            if body.text is None and body.choice != urgent.YES:
                raise
            refusal = error
        prepare(self._red_flags, body.text or "")
        with self._store.write() as session:
            receipt = accept(
                session,
                self._red_flags,
                conversation_id,
                external_id=f"{conversation_id}:{body.client_id}",
                text=body.text,
                choice=body.choice,
                client_id=body.client_id,
            )
            # A red flag is never behind that limit, but behind one that no patient reaches: each costs staff
            # an alarm. The answer to a repeat is never behind any. What is refused is rolled back.
            if refusal and not receipt.repeated:
                if not receipt.urgent:
                    raise refusal
                self.limits.check("urgent", conversation_id, address)
        return conversation_id, receipt.seq

    def follow(self, conversation_id: str) -> None:
        """What follows the commit of a message. Call on the event loop."""
        self._notifier.notify(conversation_id)
        self._kick(conversation_id)

    def transcript(self, conversation_id: str) -> str:
        """The patient's own copy of the conversation."""
        with self._store.read() as session:
            messages = session.scalars(
                select(Message).where(Message.conversation_id == conversation_id).order_by(Message.seq)
            ).all()
        title = text("widget.transcript.title", zone=clinic().time_zone)
        return as_text(messages, title, table("widget.transcript.speakers"))

    def erase(self, conversation_id: str) -> None:
        """Delete the conversation everywhere."""
        erase(self._store, conversation_id)
        self._notifier.notify(conversation_id)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
