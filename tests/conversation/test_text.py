"""Text of every kind survives byte for byte, or is cleaned exactly as ``bot.conversation.text`` says."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.conversation.intake import accept
from bot.conversation.text import checked, clean, plain
from bot.errors import RefusedError
from bot.store.engine import Store, make_engine
from bot.store.models import Base, Conversation, Inbound, Message, new_id

FAMILY, FLAG, ZALGO = "👨‍👩‍👧‍👦", "🇺🇳", "Z̷̢̛͇͎a̸l̴g̵o̶"
DEEP = "[" * 500 + "]" * 500
SAMPLES = [
    "naïve café\u0301",
    FAMILY * 40,
    FLAG * 9,
    ZALGO,
    "שלום עולם",
    "مرحبا \u200f!",
    "ﷺ ß ﬁ Å",
    "'; DROP TABLE inbox; --",
    "Robert'); DELETE FROM messages WHERE 1=1;--",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "{{7*7}} {% raw %} ${7*7} #{7*7} %(x)s {0} {clinic_name}",
    '/restart{"a": "b"}',
    "=cmd|' /C calc'!A0",
    json.dumps({"a": [{"b": {"c": [1, None, "x\\u0000"]}}]}),
    DEEP,
    "line\nline\tcolumn",
    "\ufeffBOM",
    "a\u200bb\u2060c\u00add",
]
#: Every character at all, the troublesome ones often; Hypothesis makes lone surrogates only if told to.
ANY = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=["Cs", "Cc", "Cf", "Mn", "Zs", "Zl", "Zp", "So"]),
        st.sampled_from("\x00\r\n\t \x7f\u202e\u2066\u2069\u200d\ufe0f\ud83d\udc68'\"<>{}[]/\\%$"),
    ),
    max_size=300,
)


def expected(text: str) -> str:
    """The documented changes, one character after the other: another way to the same end."""
    made = []
    for index, character in enumerate(text):
        code = ord(character)
        if character == "\r":
            if text[index + 1 : index + 2] != "\n":
                made.append("\n")
        elif character in "\n\t":
            made.append(character)
        elif code < 32 or code == 127 or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069:
            continue
        else:
            made.append("\ufffd" if 0xD800 <= code <= 0xDFFF else character)
    return "".join(made).strip()


@given(ANY)
@example("a\r\nb\rc\r\r\nd")
@example("\ud83d\udc68")  # a pair in two halves is no character either
def test_only_what_is_documented_changes(text: str) -> None:
    assert clean(text) == expected(text)


@given(ANY)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    once.encode()  # it is text that every database can keep
    assert "\x00" not in once


@pytest.mark.parametrize("text", SAMPLES)
def test_these_survive_byte_for_byte(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\x00b", "ab"),
        ("half \ud83d", "half \ufffd"),
        ("exe\u202efdp.cod", "exefdp.cod"),
        ("\u2067abc\u2069", "abc"),
        ("log\r\nline\x1b[31m", "log\nline[31m"),
        ("\u3000 x \u00a0", "x"),
    ],
)
def test_these_are_cleaned(typed: str, kept: str) -> None:
    assert clean(typed) == kept


@given(ANY)
def test_text_never_reaches_rasa_as_a_command(text: str) -> None:
    assert not plain(clean(text)).startswith("/") and plain(clean(text))


@pytest.mark.parametrize("typed", ["/restart", '/intent{"a":"b"}', "//x", " / /EXTERNAL: x", "/" * 5000])
def test_commands_of_rasa_become_plain(typed: str) -> None:
    assert plain(typed)[0] != "/"


def test_a_hundred_thousand_characters_are_refused_in_plain_words_and_quickly() -> None:
    with pytest.raises(RefusedError, match="100,000 characters; 2,000 fit") as refused:
        checked("x" * 100_000)
    assert (refused.value.code, refused.value.status) == ("too_long", 413)
    assert checked("x" * 2000)


@pytest.mark.parametrize("nothing", ["", "  \n", "\x00", "\u202e\u202c", "\x1b"])
def test_nothing_is_refused(nothing: str) -> None:
    with pytest.raises(RefusedError) as refused:
        checked(nothing)
    assert refused.value.code == "empty"


class _Calm:
    def prepare(self, text: str) -> None:
        pass

    def crisis_line(self, text: str) -> str:
        return ""

    def check(self, text: str, earlier: object = ()) -> None:
        text.lower().encode()  # what any rule does


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("text")
    engine = make_engine(f"sqlite:///{folder / 'house.db'}")
    Base.metadata.create_all(engine)
    yield Store(engine)
    engine.dispose()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=ANY)
@example(text="'; DROP TABLE inbox; --")
@example(text="x\x00y\ud83d")
def test_what_staff_see_is_what_was_typed_after_cleaning(store: Store, text: str) -> None:
    with store.write() as session:
        conversation = Conversation(channel="telegram", external_id=new_id())
        session.add(conversation)
        session.flush()
        key = new_id()
        try:
            receipt = accept(session, _Calm(), conversation.id, external_id=key, text=text)
        except RefusedError:
            assert expected(text) == ""
            return
    with store.read() as session:
        assert session.get_one(Inbound, receipt.inbound_id).text == expected(text)
        seen = session.scalars(select(Message.text).where(Message.conversation_id == conversation.id)).one()
    assert seen == expected(text) and unicodedata.normalize("NFC", seen) == unicodedata.normalize(
        "NFC", expected(text)
    )
