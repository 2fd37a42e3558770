"""Canned replies: ``canned.yml`` with the clinic's data filled in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import yaml

from bot.content.clinic import clinic
from bot.errors import ConfigError
from bot.staff.pages import HERE


@dataclass(frozen=True)
class Canned:
    """A reply that staff put in with one click."""

    id: str
    label: str
    text: str

    def filled(self, staff_name: str) -> str:
        return clinic().fill(self.text).replace("{staff_name}", staff_name)


@cache
def canned() -> tuple[Canned, ...]:
    """All canned replies, in the file's order.

    Raises:
        ConfigError: an entry lacks a field or repeats an id.
    """
    path = HERE / "canned.yml"
    made = []
    for number, entry in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")), start=1):
        if not isinstance(entry, dict) or set(entry) != {"id", "label", "text"}:
            raise ConfigError(f"canned.yml, entry {number}: needs id, label and text, and nothing else")
        made.append(Canned(**{key: str(value) for key, value in entry.items()}))
    if len({entry.id for entry in made}) < len(made):
        raise ConfigError("canned.yml: an id stands there twice")
    return tuple(made)


def filled(key: str, staff_name: str) -> str:
    """The text of one canned reply, or nothing if there is no such key."""
    return next((entry.filled(staff_name) for entry in canned() if entry.id == key), "")
