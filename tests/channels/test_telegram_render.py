"""Lines as Telegram shows them, and long texts in parts."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.telegram import LONGEST
from bot.channels.telegram.render import render
from bot.channels.telegram.split import spans, visible
from bot.store.models import Message
from tests.support.updates import units

FAMILY = "👨‍👩‍👧‍👦"


def cut(text: str, limit: int = LONGEST, **more: object) -> list[str]:
    return [text[start:end] for start, end in spans(text, limit=limit, **more)]  # type: ignore[arg-type]


def line(text: str, **more: object) -> Message:
    return Message(
        sender=more.pop("sender", "assistant"),
        text=text,
        choices=more.pop("choices", []),
        sources=more.pop("sources", []),
        **more,
    )


# -- splitting


@pytest.mark.parametrize(("length", "parts"), [(1, 1), (4096, 1), (4097, 2), (10_000, 3), (100_000, 25)])
def test_sizes(length: int, parts: int) -> None:
    made = cut("x" * length)
    assert len(made) == parts and "".join(made) == "x" * length


def test_astral_characters_count_twice() -> None:
    assert [units(part) for part in cut("😀" * 2049)] == [4096, 2]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("aaaa aaaa.\n\nbbbb. cccc", ["aaaa aaaa.", "bbbb. cccc"]),  # paragraph before sentence
        ("aaaa aaaa. bbbb cccc", ["aaaa aaaa.", "bbbb cccc"]),  # sentence before word
        ("aaaa aaaa bbbb cccc", ["aaaa aaaa", "bbbb cccc"]),  # word
        ("aaaaaaaaaaaaaaaa", ["aaaaaaaaaaaa", "aaaa"]),  # nothing better
        ("a aaaaaaaaaaaaaaaa", ["a", "aaaaaaaaaaaa", "aaaa"]),
        ("aaaaaaaaaaaa\n\n\n\nbbbb", ["aaaaaaaaaaaa", "bbbb"]),  # the white space lies over the limit
        ("aaaaaaaaaaae\u0301b", ["aaaaaaaaaaa", "e\u0301b"]),  # a letter and its accent are one
        ("\n\n  aaaa  \n\n", ["aaaa"]),
        ("   \u200b\u200d  ", []),
    ],
)
def test_where_it_cuts(text: str, parts: list[str]) -> None:
    assert cut(text, limit=12) == parts


def test_a_family_is_never_taken_apart() -> None:
    text = FAMILY * 500
    made = cut(text)
    assert "".join(made) == text and all(part == FAMILY * (len(part) // len(FAMILY)) for part in made)


def test_a_link_is_never_taken_apart() -> None:
    text = "aaaa bbbb cc dd eeee"
    assert cut(text, limit=12, whole=[(5, 15)]) == ["aaaa", "bbbb cc dd", "eeee"]
    assert "".join(cut("x" * 40, limit=12, whole=[(0, 30)])) == "x" * 40  # longer than a part: cut it must be


def test_a_single_character_longer_than_a_message() -> None:
    text = "a" + "\u0301" * 6000
    made = cut(text)
    assert "".join(made) == text and max(map(units, made)) <= LONGEST


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.characters(exclude_categories=["Cs"]),
            st.sampled_from([" ", "\n\n", ". ", "\u200d", "\u0301", "😀", FAMILY, "word"]),
        )
    ).map("".join),
    st.integers(8, 40),
)
def test_nothing_is_lost_but_white_space_at_a_cut(text: str, limit: int) -> None:
    made = spans(text, limit=limit)
    parts = [text[start:end] for start, end in made]
    assert all(units(part) <= limit and visible(part) and part == part.strip() for part in parts)
    at = 0
    for start, end in made:
        assert at <= start and not visible(text[at:start])
        at = end
    assert not visible(text[at:])
    edges = {0, len(text)} | {match.end() for match in regex.finditer(r"\X", text)}
    if all(units(match) <= limit for match in regex.findall(r"\X", text)):
        # A cut falls between characters as a reader sees them; white space at it goes, and with it what hung
        # on it.
        assert all(end in edges or text[end].isspace() for _, end in made)


# -- rendering


def test_links_and_numbers() -> None:
    part = render(
        line(
            "Call [911](tel:911) or [the crisis line](tel:988), read [this 😀 page](https://a.example/x). [no](javascript:x)"
        )
    )[0]
    assert part.text == "Call 911 or the crisis line (988), read this 😀 page. [no](javascript:x)"
    entity = part.entities[0]
    raw = part.text.encode("utf-16-le")[entity.offset * 2 : (entity.offset + entity.length) * 2].decode(
        "utf-16-le"
    )
    assert (raw, entity.url, len(part.entities)) == ("this 😀 page", "https://a.example/x", 1)


@pytest.mark.parametrize(
    "text", ["<b>x</b> & <script>", "*x* _y_ `z` [a](b", "{{7*7}} ${x} %s", "=cmd|' /C calc'!A0"]
)
def test_nothing_is_taken_for_markup(text: str) -> None:
    assert render(line(text))[0].text == text and render(line(text))[0].entities == ()


def test_offsets_count_from_the_beginning_of_each_part() -> None:
    parts = render(
        line(
            "😀 " * 3000 + "[here](https://a.example/)",
            sources=[{"title": "A guide", "url": "https://b.example/"}],
        )
    )
    *_, last = parts
    for entity in last.entities:
        raw = last.text.encode("utf-16-le")[entity.offset * 2 : (entity.offset + entity.length) * 2].decode(
            "utf-16-le"
        )
        assert (raw, entity.url) in [("here", "https://a.example/"), ("A guide", "https://b.example/")]
    assert len(last.entities) == 2 and all(part.entities == () for part in parts[:-1])


def test_keys_that_telegram_cannot_carry_are_left_out() -> None:
    choices = [{"key": key, "label": key or "x"} for key in ("a" * 64, "a" * 65, "é" * 33, "")]
    keyboard = render(line("x", choices=choices))[0].keyboard
    assert keyboard and [[button.callback_data for button in row] for row in keyboard.inline_keyboard] == [
        ["a" * 64]
    ]


def test_a_name_cannot_pose_as_another_line() -> None:
    part = render(line("hello", sender="staff", staff_name="Ann\u202e\x00"))[0]
    assert part.text == "Ann (clinic staff):\nhello"
