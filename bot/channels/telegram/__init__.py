"""Telegram: updates in, lines out. The application needs ``Telegram`` alone."""

from bot.channels.telegram.channel import Telegram

__all__ = ["Telegram"]
