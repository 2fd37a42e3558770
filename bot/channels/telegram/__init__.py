"""Telegram: updates in, lines out. The application needs ``Telegram`` alone."""

from bot.channels.telegram.channel import Telegram
from bot.channels.telegram.webhook import make_router

__all__ = ["Telegram", "make_router"]
