"""A line of the conversation as Telegram shows it: plain text with entities, and buttons under the last part.

Entities instead of HTML: nothing that a person typed can then be taken for markup, and offsets are exact.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity

from bot.channels.telegram.split import spans, units
from bot.conversation import calls
from bot.conversation.text import clean
from bot.store.models import Message

MAX_CALLBACK = 64  # bytes, https://core.telegram.org/bots/api#inlinekeyboardbutton
_LINK = re.compile(r"\[([^\[\]\n]{1,200})\]\(((?:tel|https):[^()\s]{1,400})\)")


@dataclass(frozen=True)
class Part:
    """One message to Telegram."""

    text: str
    entities: Sequence[MessageEntity] = field(default_factory=tuple)
    keyboard: InlineKeyboardMarkup | None = None


@dataclass
class _Page:
    """Text that grows, with the places of its links."""

    text: str = ""
    links: list[tuple[int, int, str]] = field(default_factory=list)

    def add(self, text: str, url: str = "") -> None:
        if url and text:
            self.links.append((len(self.text), len(self.text) + len(text), url))
        self.text += text


def render(line: Message) -> list[Part]:
    """The parts in which a line is sent, in order."""
    page = _Page()
    if line.sender == "staff":
        page.add(f"{clean(line.staff_name or 'Clinic')} (clinic staff):\n")
    if line.urgent:
        # Telegram has no buttons that call, but makes a number in the text one to tap; so they stand first.
        for call in calls.in_text(line.text):
            if call["href"].startswith("tel:"):
                page.add(f"{call['label']}\n")
        page.add("\n" if page.text else "")
    _add_text(page, clean(line.text), links=line.sender != "staff")
    if line.sources:
        page.add("\n\nSources: ")
        for index, source in enumerate(line.sources):
            page.add(" · " if index else "")
            page.add(clean(source["title"]), source["url"])
    cuts = spans(page.text, whole=[(start, end) for start, end, _ in page.links])
    keyboard = _keyboard(line.choices)
    return [
        Part(page.text[start:end], _entities(page, start, end), keyboard if index == len(cuts) - 1 else None)
        for index, (start, end) in enumerate(cuts)
    ]


def _add_text(page: _Page, text: str, *, links: bool) -> None:
    """``[label](tel:..)`` becomes the number to tap, ``[label](https:..)`` a link; in what staff type
    nothing is touched."""
    done = 0
    for match in _LINK.finditer(text) if links else ():
        page.add(text[done : match.start()])
        done = match.end()
        label, target = match.groups()
        if target.startswith("https:"):
            page.add(label, target)
        else:
            number = target.removeprefix("tel:")
            same = re.sub(r"[^\d+]", "", label) == number
            page.add(label if same else f"{label} ({number})")
    page.add(text[done:])


def _entities(page: _Page, start: int, end: int) -> tuple[MessageEntity, ...]:
    """The links that lie in a part, counted in UTF-16 units from its beginning."""
    made = []
    for first, last, url in page.links:
        first, last = max(first, start), min(last, end)
        if first < last:
            offset, length = units(page.text[start:first]), units(page.text[first:last])
            made.append(MessageEntity(MessageEntity.TEXT_LINK, offset, length, url=url))
    return tuple(made)


def _keyboard(choices: Sequence[dict[str, str]]) -> InlineKeyboardMarkup | None:
    """One button a row. A key that Telegram could not carry is left out: the patient can type instead."""
    rows = [
        [InlineKeyboardButton(clean(choice["label"]), callback_data=choice["key"])]
        for choice in choices
        if 0 < len(choice["key"].encode()) <= MAX_CALLBACK and clean(choice["label"])
    ]
    return InlineKeyboardMarkup(rows) if rows else None
