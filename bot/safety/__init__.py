"""Red flags: rules as data, seen before anything else."""

from bot.safety.finding import Finding
from bot.safety.guard import RedFlags

__all__ = ["Finding", "RedFlags"]
