"""The fields of a request for an appointment, each declared once. The form asks for them in this order.

How one is added stands in ``docs/changes.md``, "A field of the booking form".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.bookings.reading.answers import contact_answer, name_answer, times_answer, words_answer
from bot.bookings.reading.message import Asked, Heard
from bot.content.answers import answers
from bot.content.texts import texts


@dataclass(frozen=True)
class Field:
    """One field.

    Args:
        column: its column in the table ``bookings``. The slot, and the line that asks for it, are named after
            it.
        longest: how many characters are kept.
        read: how an answer to its question is read.
        named: a pattern of the words by which patients name it when they want it changed.
        private: not asked where others may read the chat, but on a private page after it.
    """

    column: str
    longest: int
    read: Callable[[Asked], Heard] = words_answer
    named: str = ""
    private: bool = False

    def __post_init__(self) -> None:
        if not self.named:
            object.__setattr__(self, "named", rf"\b{self.column}\b")

    @property
    def slot(self) -> str:
        """Its slot in the dialogue, which is also the id of the line that asks for it."""
        return f"booking_{self.column}"

    @property
    def label(self) -> str:
        """What patients read beside their answer."""
        return answers()[self.slot].title

    @property
    def staff_label(self) -> str:
        """What staff read beside it: a text ``bookings.staff_labels.<column>``, or else what patients
        read."""
        found = texts().get(f"bookings.staff_labels.{self.column}")
        return found.words if found else self.label


FIELDS = (
    Field("name", longest=100, read=name_answer, named=r"\bname\b|called", private=True),
    Field(
        "contact",
        longest=200,
        read=contact_answer,
        named=r"\bphone\b|number|mail|contact|reach",
        private=True,
    ),
    Field(
        "times",
        longest=500,
        read=times_answer,
        named=r"\btimes?\b|\bdays?\b|\bdates?\b|when|morning|afternoon|evening|week",
    ),
    Field("reason", longest=1000, named=r"reason|about|problem|visit"),
)
BY_SLOT = {field.slot: field for field in FIELDS}
CONSENT, CONFIRM = "booking_consent", "booking_confirm"
#: Every slot of the form, in the order in which it asks: the fields, then "may I pass it on" and "is this
#: right".
SLOTS = (*BY_SLOT, CONSENT, CONFIRM)
