"""Lines: numbered without a gap under a lock, in the outbox where a channel must be sent to."""

from __future__ import annotations

import asyncio

from bot.conversation.messages import add_message, as_json, locked, messages_after
from bot.store.models import Outbox
from tests.support.talk import Talk


def write(talk: Talk, sender: str, text: str) -> None:
    with talk.store.write() as session:
        add_message(session, locked(session, talk.id), sender, text)


async def test_many_who_write_at_once_leave_no_gap_and_no_double(talk: Talk) -> None:
    await asyncio.gather(*(asyncio.to_thread(write, talk, "assistant", str(number)) for number in range(30)))
    assert sorted(int(text) for _, text in talk.lines) == list(range(30))  # ``lines`` checks the numbers
    assert talk.row.last_seq == 30


def test_what_is_rolled_back_takes_no_number(talk: Talk) -> None:
    try:
        with talk.store.write() as session:
            add_message(session, locked(session, talk.id), "assistant", "lost")
            raise RuntimeError
    except RuntimeError:
        pass
    write(talk, "assistant", "kept")
    assert talk.lines == [("assistant", "kept")]


def test_only_what_the_patient_does_not_know_is_sent_and_only_where_the_channel_sends(talk: Talk) -> None:
    chat = Talk(talk.store, channel="telegram")
    for one in (talk, chat):
        for sender in ("patient", "assistant", "staff", "system"):
            write(one, sender, sender)
    assert talk.rows(Outbox, Outbox.conversation_id == talk.id) == []
    assert len(talk.rows(Outbox, Outbox.conversation_id == chat.id)) == 3


def test_nothing_is_queued_for_a_patient_who_blocked_us(talk: Talk) -> None:
    chat = Talk(talk.store, channel="telegram")
    chat.change(unreachable=True)
    write(chat, "staff", "hello")
    assert chat.rows(Outbox, Outbox.conversation_id == chat.id) == []
    assert chat.lines == [("staff", "hello")]


def test_lines_after_a_number_come_in_order_and_in_pages(talk: Talk) -> None:
    for number in range(5):
        write(talk, "assistant", str(number))
    with talk.store.read() as session:
        assert [line.seq for line in messages_after(session, talk.id, 2)] == [3, 4, 5]
        assert [line.seq for line in messages_after(session, talk.id, 0, limit=2)] == [1, 2]
        assert messages_after(session, talk.id, 5) == []


def test_no_field_of_staff_reaches_the_patient(talk: Talk) -> None:
    write(talk, "assistant", "hello")
    with talk.store.read() as session:
        given = as_json(messages_after(session, talk.id, 0)[0])
    shown = {
        "seq",
        "from",
        "name",
        "text",
        "choices",
        "sources",
        "urgent",
        "calls",
        "calm",
        "client_id",
        "at",
    }
    assert set(given) == shown
    assert given["at"].endswith("+00:00")
