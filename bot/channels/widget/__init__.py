"""The website's channel: a browser fetches what was said."""

from __future__ import annotations

from bot.channels.base import Channel, Parts, Shows, Traits

TRAITS = Traits(label="Website", shows=Shows(buttons=True, links=True), contact_in_chat=True)


def make(parts: Parts) -> Channel:
    """The running channel."""
    from bot.channels.widget.channel import Widget
    from bot.channels.widget.limits import Limits
    from bot.channels.widget.service import WidgetService

    return Widget(
        WidgetService(
            parts.store, parts.red_flags, parts.notifier, parts.kick, Limits(on=parts.config.rate_limits)
        )
    )
