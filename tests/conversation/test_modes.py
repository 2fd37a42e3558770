"""Who speaks: the transition table, held for every pair, and two people who act at once."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import NotAllowedError
from bot.staff import desk
from bot.store.models import Conversation, Event
from bot.store.modes import TRANSITIONS, change_mode
from tests.support.talk import Talk, person

MODES = ("assistant", "waiting", "staff", "closed")
HAPPENINGS = ("hand_over", "claim", "take_over", "hand", "release", "return", "close", "patient_writes")


def put(talk: Talk, mode: str, staff: object) -> None:
    with talk.store.write() as session:
        row = session.get(Conversation, talk.id)
        if mode == "waiting":
            change_mode(session, row, "hand_over", actor="patient", reason="asked")
        elif mode == "staff":
            change_mode(session, row, "claim", actor="Ann", staff=staff)
        elif mode == "closed":
            change_mode(session, row, "close", actor="Ann")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("what", HAPPENINGS)
def test_the_table_and_nothing_else(mode: str, what: str, talk: Talk) -> None:
    ann = person(talk.store)
    put(talk, mode, ann)
    version, events = talk.row.version, len(talk.rows(Event))
    after = TRANSITIONS.get((mode, what))
    if after is None:
        with pytest.raises(NotAllowedError), talk.store.write() as session:
            change_mode(session, session.get(Conversation, talk.id), what, actor="Ann", staff=ann)
        assert (talk.row.mode, talk.row.version, len(talk.rows(Event))) == (mode, version, events)
        return
    with talk.store.write() as session:
        assert change_mode(session, session.get(Conversation, talk.id), what, actor="Ann", staff=ann) == after
    row = talk.row
    assert (row.mode, row.version) == (after, version + 1)
    assert (row.claimed_by is not None) == (after == "staff")
    assert (row.waiting_since is not None) == (after == "waiting")
    last = talk.rows(Event)[-1]
    assert (last.kind, last.data["from"], last.data["to"]) == (what, mode, after)


def test_every_mode_can_be_left() -> None:
    assert {mode for mode, _ in TRANSITIONS} == set(MODES)
    assert {after for after in TRANSITIONS.values()} == set(MODES)


async def test_of_many_who_claim_at_once_one_wins_and_the_rest_are_told_who(talk: Talk) -> None:
    people = [person(talk.store, name) for name in ("Ann", "Bob", "Cleo", "Dan", "Eve", "Finn")]

    def claim(staff: object) -> str:
        try:
            with talk.store.write() as session:
                desk.claim(session, talk.id, staff)
        except NotAllowedError as error:
            return error.message
        return "won"

    outcomes = await asyncio.gather(*(asyncio.to_thread(claim, one) for one in people))
    assert outcomes.count("won") == 1
    winner = people[outcomes.index("won")]
    assert talk.row.claimed_by == winner.id
    assert {outcome for outcome in outcomes if outcome != "won"} == {
        f"{winner.name} already has this conversation."
    }
    assert len(talk.said("system")) == 1


def test_waiting_keeps_its_place_and_a_red_flag_outranks_the_reason(talk: Talk) -> None:
    def hand_over(reason: str) -> None:
        with talk.store.write() as session:
            change_mode(session, session.get(Conversation, talk.id), "hand_over", actor="x", reason=reason)

    hand_over("asked")
    since = talk.row.waiting_since
    hand_over("red_flag")
    hand_over("booking")
    assert (talk.row.waiting_since, talk.row.waiting_reason) == (since, "red_flag")


def test_a_hand_over_of_a_held_conversation_leaves_it_with_its_holder(talk: Talk) -> None:
    ann = person(talk.store)
    put(talk, "staff", ann)
    with talk.store.write() as session:
        change_mode(session, session.get(Conversation, talk.id), "hand_over", actor="x", reason="red_flag")
    assert (talk.row.mode, talk.row.claimed_by) == ("staff", ann.id)


def test_the_database_itself_refuses_a_holder_without_the_mode(talk: Talk) -> None:
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError):
        talk.change(claimed_by=person(talk.store).id)
