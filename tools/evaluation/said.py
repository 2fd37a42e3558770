"""What can be told of a turn without its words: the facets that were read in it, and whether a red flag
was raised."""

from __future__ import annotations

from bot.dialogue import Said


def asked(said: Said) -> set[str]:
    """The facets that a message was read to ask for, as the turn log holds them."""
    return {str(row.facts["asks"]) for row in said.decisions if row.facts and row.facts.get("asks")}


def alarmed(said: Said) -> bool:
    """Whether an alarm was raised, or an urgent text said that asks first."""
    return bool(said.alerts) or any(reply.urgent for reply in said.replies)
