"""Commands and buttons that this channel answers itself, and how it asks for consent."""

from __future__ import annotations

from dataclasses import replace

from bot.channels.telegram.entry import After, Entry
from bot.content.answers import answers
from bot.content.clinic import clinic
from bot.content.texts import text
from bot.conversation import consent
from bot.conversation.consent import Asking, Refused
from bot.conversation.messages import add_message


def hold(entry: Entry) -> bool:
    """While there is no consent, keep all that waits for the assistant, and ask for it.

    Returns whether that is so.
    """
    if not consent.is_needed(entry.conversation):
        return False
    if consent.hold(entry.session, entry.conversation):
        ask(entry, kept=True)
    return True


def ask(entry: Entry, *, kept: bool = False) -> None:
    """Ask for consent as often as is fitting.

    Args:
        kept: a message of the patient waits for it.
    """
    asking = consent.how_to_ask(entry.session, entry.conversation)
    if asking is Asking.IN_FULL:
        intro = text("telegram.intro")
        _ask(entry, f"{intro}\n\n{text('telegram.kept')}" if kept else intro)
    elif asking is Asking.REMINDER:
        _ask(entry, text("telegram.remind"))


def _ask(entry: Entry, words: str) -> None:
    choices = [
        {"key": "consent_yes", "label": text("telegram.buttons.consent_yes")},
        {"key": "consent_no", "label": text("telegram.buttons.consent_no")},
    ]
    add_message(entry.session, entry.conversation, "system", words, choices=choices, answer_id=consent.ASKED)


def start(entry: Entry) -> After:
    """``/start``: greet, or ask for consent in full again."""
    if entry.conversation.consent_at is None:
        _ask(entry, text("telegram.intro"))
    else:
        _greet(entry)
    return entry.done()


def show_help(entry: Entry) -> After:
    """``/help``, and every command that is not ours."""
    if entry.conversation.consent_at is None:
        _ask(entry, text("telegram.intro"))
    else:
        entry.say(text("telegram.help"))
    return entry.done()


def stop(entry: Entry) -> After:
    """``/stop``: withdraw consent; the next message is asked for it again."""
    conversation = entry.conversation
    consent.withdraw(entry.session, conversation)
    alone = conversation.mode in ("assistant", "closed")
    entry.say(text("telegram.stopped" if alone else "telegram.stopped_staff"))
    consent.leave(entry.session, conversation)
    return entry.done()


def ask_delete(entry: Entry) -> After:
    """``/delete``: ask whether it is meant."""
    choices = [
        {"key": "delete_yes", "label": text("telegram.buttons.delete_yes")},
        {"key": "delete_no", "label": text("telegram.buttons.delete_no")},
    ]
    entry.say(clinic().fill(answers()["delete_ask"].text), choices)
    return entry.done()


COMMANDS = {"start": start, "help": show_help, "stop": stop, "delete": ask_delete}


def agree(entry: Entry) -> After:
    """Consent: whatever is held goes to the assistant now."""
    if entry.conversation.consent_at is not None:
        return replace(entry.done(), toast=text("telegram.already_agreed"))
    waiting = consent.give(entry.session, entry.conversation)
    if waiting:
        entry.say(text("telegram.agreed"))
    else:
        _greet(entry)
    return entry.done(turn=waiting)


def decline(entry: Entry) -> After:
    """No consent: nothing that waits is answered, and nothing is kept, unless somebody still needs it."""
    conversation = entry.conversation
    if conversation.consent_at is not None:
        return entry.done()  # an old button; /stop and /delete are the ways out of a running talk
    refused = consent.refuse(entry.session, conversation)
    if refused is Refused.ERASE:
        return erasing(conversation.id, "consent_no")
    entry.say(text(f"telegram.declined.{refused.value}"))
    return entry.done()


def delete(entry: Entry) -> After:
    """The patient meant it."""
    return erasing(entry.conversation.id, "delete_yes")


def erasing(conversation_id: str, choice: str) -> After:
    """What follows a wish to be forgotten; the last words cannot go through an outbox that is erased."""
    declined = choice == "consent_no"
    return After(
        erase=conversation_id,
        farewell=text("telegram.declined.erase")
        if declined
        else clinic().fill(answers()["delete_done"].text),
    )


def keep(entry: Entry) -> After:
    """The patient did not mean it."""
    entry.say(text("telegram.keep"))
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
