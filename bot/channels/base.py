"""What a channel is, and the registry of channels.

A channel is a folder under ``bot/channels/`` and one line in ``REGISTRY``. The folder's ``__init__.py`` has

* ``TRAITS``: what others must know of the channel, also where it is switched off or runs in another process;
* ``make(parts)``: the running channel. It imports the channel's libraries itself, so that asking for traits
costs nothing.

This file imports no other room (errors and ``bot/work/rates.py`` are a few lines), so that each of them may
ask it for the traits of a conversation's channel.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, cast

from bot.errors import ConfigError
from bot.work.rates import Rates

if TYPE_CHECKING:  # names for the type checker alone: this file stays free of other rooms when it runs
    from fastapi import APIRouter, FastAPI

    from bot.conversation.delivery import Sender
    from bot.conversation.intake import RedFlags
    from bot.settings import Settings
    from bot.store.engine import Store
    from bot.work.notifier import Notifier

#: One line a channel: its name, as it stands in the database for good, and its folder.
REGISTRY = {
    "widget": "bot.channels.widget",
    "telegram": "bot.channels.telegram",
}


@dataclass(frozen=True)
class Shows:
    """What a patient can be shown.

    Args:
        buttons: a message may carry choices to press.
        links: words may carry a link; where they cannot, the address stands after the words.
        longest: characters of one message, or ``None`` without a limit; a longer text is cut into several.
    """

    buttons: bool
    links: bool
    longest: int | None = None


@dataclass(frozen=True)
class Traits:
    """What others must know of a channel.

    Args:
        label: its name for staff.
        shows: what a patient can be shown in it.
        rates: how fast it may be sent to; ``None`` where nothing is sent, because the patient's browser
            fetches.
        contact_in_chat: whether name and telephone number may be asked in the chat. Not where others may read
            it: there a private page takes them.
        switch: the field of ``Settings`` without which the channel is off; empty if it is always on.
        bodies: the largest request body in bytes by path, where that is more than the front door takes
            elsewhere.
    """

    label: str
    shows: Shows
    rates: Rates | None = None
    contact_in_chat: bool = False
    switch: str = ""
    bodies: Mapping[str, int] = field(default_factory=dict)

    @property
    def sent(self) -> bool:
        """Whether messages are sent to the patient through the outbox, and not fetched."""
        return self.rates is not None


@dataclass(frozen=True)
class Parts:
    """What a channel is made of.

    Args:
        kick: called on the event loop with a conversation in which a message waits for the assistant.
    """

    store: Store
    red_flags: RedFlags
    notifier: Notifier
    kick: Callable[[str], None]
    config: Settings


class Channel(Protocol):
    """A running channel of the front door."""

    @property
    def router(self) -> APIRouter:
        """Its routes: handlers at module level that find the channel by
        ``request.app.state.channels[name]``."""
        ...

    @property
    def sender(self) -> Sender | None:
        """Sends what stands in the outbox; ``None`` where the patient's browser fetches."""
        ...

    async def start(self) -> None:
        """Begin to receive. Returns at once, and does not fail because a service of others is away."""
        ...

    async def stop(self) -> None:
        """Receive nothing more. Delivery stops later, and then closes the sender."""
        ...


#: Of a channel that is no longer registered, whose conversations staff may still read. Nothing can be sent
#: there, so a private page for contact details is of no use either.
_UNKNOWN = Traits(label="", shows=Shows(buttons=False, links=False), contact_in_chat=True)


def traits(name: str) -> Traits:
    """The traits of a channel; of one that is not registered any more, those of a channel that can do
    nothing."""
    return cast(Traits, _folder(REGISTRY[name]).TRAITS) if name in REGISTRY else _UNKNOWN


def rates_of(name: str) -> Rates:
    """How fast a channel may be sent to.

    Raises:
        ConfigError: nothing is sent in it, though it has a sender.
    """
    rates = traits(name).rates
    if rates is None:
        raise ConfigError(
            f"{REGISTRY.get(name, name)}: its TRAITS say no rates, so nothing can be sent in it"
        )
    return rates


def label(name: str) -> str:
    """The channel's name for staff."""
    return traits(name).label or name


def make_channels(parts: Parts) -> dict[str, Channel]:
    """The channels that are switched on, by name.

    Raises:
        ConfigError: a setting of one of them is wrong.
    """
    return {
        name: cast("Channel", _folder(folder).make(parts))
        for name, folder in REGISTRY.items()
        if is_on(name, parts.config)
    }


def is_on(name: str, config: Settings) -> bool:
    """Whether the channel is switched on by the settings."""
    switch = traits(name).switch
    return not switch or bool(getattr(config, switch))


def states(config: Settings) -> dict[str, str]:
    """The channels that can be switched off, each with ``on``, or ``off`` and the setting that is missing."""
    return {
        name: "on" if is_on(name, config) else f"off (no {traits(name).switch.upper()})"
        for name in REGISTRY
        if traits(name).switch
    }


def attach(app: FastAPI, channels: Mapping[str, Channel]) -> None:
    """Give the application the channels' routes, and the routes their channel."""
    app.state.channels = dict(channels)
    for channel in channels.values():
        app.include_router(channel.router)


def large_bodies(names: Iterable[str] = REGISTRY) -> dict[str, int]:
    """The paths of the channels that take a larger body than others, with its bytes."""
    return {path: size for name in names for path, size in traits(name).bodies.items()}


@cache
def _folder(path: str) -> Any:
    return importlib.import_module(path)
