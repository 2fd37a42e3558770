"""A channel is a folder and one line in the registry: shown with one that is added here by these steps."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels import base
from bot.channels.base import REGISTRY, Channel
from bot.errors import ConfigError
from bot.settings import ROOT, settings
from bot.store.engine import Store
from bot.store.models import Conversation, Message, Outbox
from tests.support.front_door import FrontDoor
from tests.support.rasa_server import RasaServer

#: The whole of a new channel: a postcard comes in by a call, and what is said goes out into a list.
POSTCARDS = '''
"""Postcards: the smallest channel."""

import asyncio

from fastapi import APIRouter, Request
from sqlalchemy import select

from bot.channels.base import Shows, Traits
from bot.conversation import consent
from bot.conversation.delivery import Outcome
from bot.conversation.intake import accept
from bot.store.models import Conversation
from bot.work.rates import Rates

TRAITS = Traits(
    label="Postcards",
    shows=Shows(buttons=False, links=False, longest=40),
    rates=Rates(each=3, each_seconds=3.0, all=25, all_seconds=1.0, urgent=5),
)
router = APIRouter()


class Postcards:
    router = router

    def __init__(self, parts):
        self.parts, self.sender, self.running = parts, Sender(), False

    async def start(self):
        self.running = True

    async def stop(self):
        self.running = False


class Sender:
    def __init__(self):
        self.sent = []

    def parts(self, message):
        return [message.text]

    async def send(self, address, part):
        self.sent.append((address, part))
        return Outcome("sent", provider_id=str(len(self.sent)))

    async def close(self):
        pass


@router.post("/postcards/{address}")
async def receive(address: str, text: str, request: Request):
    parts = request.app.state.channels["postcards"].parts
    parts.kick(await asyncio.to_thread(store, parts, address, text))


def store(parts, address, text):
    """In one transaction; only then is the call answered."""
    with parts.store.write() as session:
        conversation = session.scalar(select(Conversation).where(Conversation.external_id == address))
        if conversation is None:
            conversation = Conversation(channel="postcards", external_id=address)
            session.add(conversation)
            session.flush()
            consent.give(session, conversation)
        accept(session, parts.red_flags, conversation.id, external_id=f"{address}:1", text=text)
        return conversation.id


def make(parts):
    return Postcards(parts)
'''


@pytest.fixture
def postcards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with a channel, and its line in the registry."""
    folder = tmp_path / "rla_postcards"
    folder.mkdir()
    (folder / "__init__.py").write_text(POSTCARDS, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(REGISTRY, "postcards", "rla_postcards")
    yield
    sys.modules.pop("rla_postcards", None)
    base._folder.cache_clear()


def test_a_channel_that_was_added_receives_and_sends(
    postcards: None, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RasaServer() as rasa:
        monkeypatch.setenv("RLA_RASA_PORT", str(rasa.port))
        settings.cache_clear()
        with FrontDoor(store) as door:
            channel: Any = door.app.state.channels["postcards"]
            assert channel.running
            for text in ("why iron?", "why iron?"):  # a repeat changes nothing
                door.http.post("/postcards/lane-7", params={"text": text}).raise_for_status()
            for _ in range(100):
                if channel.sender.sent:
                    break
                time.sleep(0.1)
        assert channel.sender.sent == [("lane-7", "re: why iron?")] and not channel.running
    with store.read() as session:
        conversation = session.scalars(select(Conversation)).one()
        said = session.scalars(select(Message.text).order_by(Message.seq)).all()
        sent = session.scalars(select(Outbox)).one()
    assert said == ["why iron?", "re: why iron?"] and conversation.consent_at
    assert (sent.channel, sent.state, sent.provider_id) == ("postcards", "sent", "1")
    assert base.label("postcards") == "Postcards"


@pytest.mark.parametrize("name", REGISTRY)
def test_each_channel_says_what_others_must_know(name: str) -> None:
    traits = base.traits(name)
    assert traits.label and traits.label != name
    assert not traits.switch or hasattr(settings(), traits.switch)
    assert traits.sent is (traits.rates is not None)


def test_the_channels_that_are_switched_on_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    assert base.states(settings()) == {"telegram": "off (no TELEGRAM_BOT_TOKEN)"}
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "1:abc")
    settings.cache_clear()
    assert base.states(settings()) == {"telegram": "on"}


def test_a_channel_that_left_the_registry_is_still_readable_and_sends_nothing() -> None:
    gone = base.traits("pigeons")
    assert base.label("pigeons") == "pigeons" and not gone.sent
    with pytest.raises(ConfigError, match="pigeons"):
        base.rates_of("pigeons")


def test_asking_for_traits_loads_no_library_of_a_channel() -> None:
    """The action server asks too, and must not pay for a messenger's library."""
    code = "import sys; from bot.channels.base import REGISTRY, traits; [traits(n) for n in REGISTRY]; print('telegram' in sys.modules, 'fastapi' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert said.stdout.split() == ["False", "False"]


#: Where a channel may be named: its folder, the registry, its settings, and migrations, which are history.
_MAY_NAME = (
    "bot/channels/{name}/",
    "bot/channels/base.py",
    "bot/settings.py",
    "bot/setting_names.py",
    "bot/check/",  # looks at the settings, its token among them
    "bot/store/migrations/",
)


def test_a_messenger_is_named_in_its_folder_the_registry_and_the_settings_alone() -> None:
    may = tuple(place.format(name="telegram") for place in _MAY_NAME)
    named = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in ("bot", "actions")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".py", ".html", ".js", ".css", ".yml")
        and not str(path.relative_to(ROOT)).startswith(may)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if re.search("telegram", line, re.IGNORECASE)
    ]
    assert not named, named


def test_the_running_channels_have_the_form_of_the_protocol(store: Store) -> None:
    wanted = {name for name in vars(Channel) if not name.startswith("_")}
    with FrontDoor(store) as door:
        assert set(door.app.state.channels) == {"widget"}
        for channel in door.app.state.channels.values():
            assert all(hasattr(channel, name) for name in wanted)
