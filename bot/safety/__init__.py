"""Red flags: rules as data, seen before anything else, and a trained net beside them."""

from bot.safety.finding import Finding
from bot.safety.guard import RedFlags
from bot.safety.verdict import Watch

__all__ = ["Finding", "RedFlags", "Watch"]
