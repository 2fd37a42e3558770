"""Consent on Telegram, and the commands and buttons that belong to it.

Before consent a message is stored but held: only red flags are answered. Consent frees what is held; a refusal
drops it, and deletes everything unless staff still need it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select, update

from bot.channels.telegram import words
from bot.channels.telegram.entry import After, Entry
from bot.clock import now
from bot.content.answers import answers
from bot.content.clinic import clinic
from bot.conversation import inbox
from bot.conversation.messages import add_message
from bot.store.models import Alert, Event, Message
from bot.store.modes import change_mode

_REMIND_AFTER = timedelta(seconds=60)


def hold(entry: Entry) -> bool:
    """While there is no consent, keep all that waits for the assistant, and ask for it. Returns whether that is so."""
    conversation = entry.conversation
    if conversation.consent_at is not None or conversation.mode == "staff":
        return False
    if inbox.hold(entry.session, conversation.id):
        ask(entry, kept=True)
    return True


def ask(entry: Entry, *, kept: bool = False, again: bool = False) -> None:
    """Ask for consent: in full the first time or if ``again``, later in one line, and not for every quick message."""
    asked = entry.session.execute(
        select(Message.at)
        .where(Message.conversation_id == entry.conversation.id, Message.answer_id == "telegram_consent")
        .order_by(Message.seq.desc())
        .limit(1)
    ).scalar()
    if asked and not again:
        if asked < now() - _REMIND_AFTER:
            _ask(entry, words.REMIND)
        return
    _ask(entry, f"{words.INTRO}\n\n{words.KEPT}" if kept else words.INTRO)


def _ask(entry: Entry, text: str) -> None:
    add_message(
        entry.session,
        entry.conversation,
        "system",
        clinic().fill(text),
        choices=words.CONSENT_CHOICES,
        answer_id="telegram_consent",
    )


def start(entry: Entry) -> After:
    if entry.conversation.consent_at is None:
        ask(entry, again=True)
    else:
        _greet(entry)
    return entry.done()


def show_help(entry: Entry) -> After:
    if entry.conversation.consent_at is None:
        ask(entry, again=True)
    else:
        entry.say(words.HELP)
    return entry.done()


def stop(entry: Entry) -> After:
    """Withdraw consent: what waits for the assistant is dropped, and the next message is asked for consent again."""
    conversation = entry.conversation
    inbox.drop(entry.session, conversation.id, "stopped")
    conversation.consent_at = None
    conversation.reset_brain = True
    conversation.version += (
        1  # it numbers the wish to forget, and while staff are waited for no change of the mode counts on
    )
    entry.session.add(Event(conversation_id=conversation.id, kind="stopped", actor="patient"))
    # Forget that consent was asked, so that the next message gets the full words again.
    entry.session.execute(
        update(Message)
        .where(Message.conversation_id == conversation.id, Message.answer_id == "telegram_consent")
        .values(answer_id="telegram_consent_old")
    )
    entry.say(words.STOPPED if conversation.mode in ("assistant", "closed") else words.STOPPED_STAFF)
    if conversation.mode == "assistant":
        change_mode(entry.session, conversation, "close", actor="patient")
    return entry.done()


def ask_delete(entry: Entry) -> After:
    entry.say(answers()["delete_ask"].text, words.DELETE_CHOICES)
    return entry.done()


COMMANDS = {"start": start, "help": show_help, "stop": stop, "delete": ask_delete}


def agree(entry: Entry) -> After:
    """Consent: whatever is held goes to the assistant now."""
    conversation = entry.conversation
    if conversation.consent_at is not None:
        return replace(entry.done(), toast=words.ALREADY_AGREED)
    conversation.consent_at = now()
    entry.session.add(Event(conversation_id=conversation.id, kind="consent", actor="patient"))
    waiting = inbox.free(entry.session, conversation.id)
    if waiting:
        entry.say(words.AGREED)
    else:
        _greet(entry)
    return entry.done(turn=waiting)


def decline(entry: Entry) -> After:
    """No consent: nothing that waits is answered, and nothing is kept, unless somebody still needs it."""
    conversation = entry.conversation
    if conversation.consent_at is not None:
        return entry.done()  # an old button; /stop and /delete are the ways out of a running talk
    kept = _why_kept(entry)
    if not kept:
        return erasing(conversation.id, "consent_no")
    inbox.drop(entry.session, conversation.id, "declined")
    entry.say(kept)
    return entry.done()


def _why_kept(entry: Entry) -> str:
    """What to say to a refusal after which the conversation stays; nothing if all of it may go."""
    conversation = entry.conversation
    alert = (
        select(Alert.id).where(Alert.conversation_id == conversation.id, Alert.closed_at.is_(None)).limit(1)
    )
    if entry.session.scalars(alert).first() is not None:
        return (
            words.DECLINED_URGENT
        )  # staff have not closed the red flag yet, and to lose it could cost a life
    if conversation.mode in ("waiting", "staff"):
        return (
            words.DECLINED_STAFF
        )  # a message that our rules could not check, say, or staff who are writing at this moment
    agreed = (
        select(Event.id).where(Event.conversation_id == conversation.id, Event.kind == "consent").limit(1)
    )
    if entry.session.scalars(agreed).first() is not None:
        return words.DECLINED_LATER  # after /stop: an earlier talk, with its requests, goes by /delete alone
    return ""


def delete(entry: Entry) -> After:
    return erasing(entry.conversation.id, "delete_yes")


def erasing(conversation_id: str, choice: str) -> After:
    """What follows a wish to be forgotten; the last words cannot go through an outbox that is erased."""
    return After(
        erase=conversation_id,
        farewell=words.DECLINED if choice == "consent_no" else answers()["delete_done"].text,
    )


def keep(entry: Entry) -> After:
    entry.say(words.KEEP)
    return entry.done()


#: Buttons that this channel answers itself; all others go to the assistant.
KEYS = {"consent_yes": agree, "consent_no": decline, "delete_yes": delete, "delete_no": keep}


def _greet(entry: Entry) -> None:
    greeting = answers()["greet"]
    add_message(
        entry.session,
        entry.conversation,
        "assistant",
        clinic().fill(greeting.text),
        choices=answers().choices(greeting.follow_ups),
        answer_id="greet",
    )
