"""Measures how well patients are understood: ``python -m bot evaluate FILE``."""

from bot.evaluation.command import add_arguments, run

__all__ = ["add_arguments", "run"]
