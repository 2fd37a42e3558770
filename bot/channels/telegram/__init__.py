"""Telegram: updates in, messages out."""

from __future__ import annotations

from bot.channels.base import Channel, Parts, Shows, Traits
from bot.work.rates import Rates

#: Of one message, theirs or ours, in UTF-16 units. https://core.telegram.org/bots/api#sendmessage
LONGEST = 4096

TRAITS = Traits(
    label="Telegram",
    shows=Shows(buttons=True, links=True, longest=LONGEST),
    # Telegram's own figures: about one message a second in a chat, short bursts pass, about 30 a second
    # overall. Front doors that lease at the same instant do not see each other, so this is below 30.
    # https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
    rates=Rates(each=3, each_seconds=3.0, all=25, all_seconds=1.0, urgent=5),
    contact_in_chat=False,
    switch="telegram_bot_token",
    bodies={"/telegram/webhook": 1024 * 1024},
)


def make(parts: Parts) -> Channel:
    """The running channel; importing the Telegram library waits until it is wanted."""
    from bot.channels.telegram.channel import Telegram

    return Telegram(parts.store, parts.red_flags, parts.notifier, parts.kick, parts.config)
