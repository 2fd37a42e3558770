"""First messages said to the real dialogue, and what can be told of a turn without its words: the facets
that were read in it, and whether a red flag was raised."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from bot.dialogue import Said, in_process

_AT_ONCE = 8


def say_each(texts: Sequence[str], model: Path | None = None) -> list[Said]:
    """Say every text in a conversation of its own; what came, in the order of ``texts``.

    Args:
        model: a trained model; by default the one in ``models/``.
    """

    async def run() -> list[Said]:
        places = asyncio.Semaphore(_AT_ONCE)
        async with in_process(model) as dialogue:

            async def one(text: str) -> Said:
                async with places:
                    return await dialogue.say(await dialogue.begin(), text)

            return list(await asyncio.gather(*(one(text) for text in texts)))

    return asyncio.run(run())


def asked(said: Said) -> set[str]:
    """The facets that a message was read to ask for, as the turn log holds them."""
    return {str(row.facts["asks"]) for row in said.decisions if row.facts and row.facts.get("asks")}


def alarmed(said: Said) -> bool:
    """Whether an alarm was raised, or an urgent text said that asks first."""
    return bool(said.alerts) or any(reply.urgent for reply in said.replies)
