"""The message, the question it answers, and what the form makes of it: the types that every reader shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

#: Stands for a field that is not asked in this chat because others may read it. The patient leaves it on a
#: private page after the request; without a public address there is no such page, and staff write to the
#: patient in the chat.
ELSEWHERE = "(not in this chat)"
#: The name that Rasa gives to a message that it did not understand.
FALLBACK = "nlu_fallback"

#: The lines that say that no answer was found. After one of them the same message once more is the answer.
REFUSALS = frozenset({"booking_bad_name", "booking_bad_contact", "booking_bad_times", "booking_need_number"})


class Message(Protocol):
    """One message as it was understood.

    ``pressed`` is true for a button, whose text is then "/" and its key.
    """

    @property
    def text(self) -> str: ...
    @property
    def intent(self) -> str | None: ...
    @property
    def confidence(self) -> float: ...
    @property
    def pressed(self) -> bool: ...


@dataclass(frozen=True)
class Asked:
    """A message and the question that it may answer.

    Args:
        slot: the field that was asked for.
        longest: how many characters of an answer are kept.
        known: the form's slots so far.
        said: ids of the lines that were said between this message and the one before it.
        before: the patient's message before this one.
    """

    slot: str
    longest: int
    message: Message
    known: Mapping[str, Any]
    said: Sequence[str] = ()
    before: str = ""

    @property
    def text(self) -> str:
        return self.message.text.strip()


@dataclass(frozen=True)
class Heard:
    """What a message comes to.

    Args:
        slots: what is filled, with ``None`` for a question that is asked again; ``None`` when the message is
            no business of the form and is left to the other rules.
        line: the id of the line in ``data/answers`` that is said before the form goes on.
    """

    slots: dict[str, str | None] | None = None
    line: str | None = None


LEFT = Heard()


def taken(asked: Asked, value: str) -> Heard:
    """The answer is kept, up to the length of its column."""
    return Heard({asked.slot: value[: asked.longest]})


def ask_again(asked: Asked, line: str | None, **rest: str | None) -> Heard:
    """The question is asked again, after ``line``; ``rest`` are other fields that the message filled or
    opened."""
    return Heard({asked.slot: None, **rest}, line)


def refuse(asked: Asked, line: str) -> Heard:
    """As ``ask_again``, with a line of ``REFUSALS``: no answer was found.

    The same message once more is then taken.
    """
    assert line in REFUSALS
    return ask_again(asked, line)
