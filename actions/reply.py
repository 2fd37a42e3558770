"""What a decision comes to: messages to say, slots to set, and work to store before anything is said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from actions.say import wording
from actions.state import State
from bot.content.answers import answers


@dataclass(frozen=True)
class Said:
    """One message to the patient.

    Args:
        answer: the id of the reviewed text in it.
        open: the facet that was asked for and that no reviewed text answers.
    """

    text: str
    choices: Sequence[dict[str, str]] = ()
    sources: Sequence[dict[str, str]] = ()
    answer: str | None = None
    open: str | None = None


@dataclass(frozen=True)
class Reply:
    """What one row of the policy does.

    Args:
        said: the messages, in their order.
        slots: what is remembered of it.
        leaned_on: the topic or flag that the message was taken to lean on.
        took_up: what of the patient's story the reply begins with.
        work: stores something and returns the line that is then true; it is said before ``said``.
    """

    said: tuple[Said, ...] = ()
    slots: dict[str, Any] = field(default_factory=dict)
    leaned_on: str | None = None
    took_up: str | None = None
    work: Callable[[Session], str] | None = None


def spoken(
    state: State, name: str, *, extra: str = "", choices: Sequence[dict[str, str]] | None = None
) -> Said:
    """A line of ``data/answers`` by its id, in a wording other than the last time."""
    line = answers()[name]
    text = wording(line, state.tracker)
    return Said(
        f"{text}\n\n{extra}" if extra else text,
        answers().choices(line.follow_ups) if choices is None else choices,
        answers().links(line),
        name,
    )


def line_reply(
    name: str, *, misses: float | None = 0.0, leaned_on: str | None = None
) -> Callable[[State], Reply]:
    """A row's deed that says one line; ``misses`` is what the count of misunderstandings becomes."""

    def do(state: State) -> Reply:
        slots = {} if misses is None else {"misses": misses}
        return Reply((spoken(state, name),), slots, leaned_on)

    return do
