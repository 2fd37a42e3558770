"""The turn while Rasa is down, slow or talks nonsense: the patient is told once, nothing is lost, staff
come in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.clock import now
from bot.content.answers import answers
from bot.content.clinic import clinic
from bot.conversation import inbox, outage, turn
from bot.conversation.turn import TurnRunner
from bot.staff import desk
from bot.store.engine import Store
from bot.store.models import Conversation, Event, Inbound
from tests.conversation.test_turn import settled
from tests.support.rasa_server import RasaServer, Way
from tests.support.talk import Talk, person, until

Make = Callable[..., TurnRunner]


def line(name: str) -> str:
    return clinic().fill(answers()[name].text)


def tried(talk: Talk, times: int) -> Callable[[], bool]:
    return lambda: talk.inbox[0].attempts >= times


async def test_a_dead_rasa_is_told_once_and_everything_is_answered_later_in_order(
    runner: TurnRunner, rasa: RasaServer, talk: Talk
) -> None:
    rasa.stop()
    talk.say("first")
    runner.kick(talk.id)
    await until(tried(talk, 2))
    talk.say("second")
    talk.say("third")
    runner.kick(talk.id)
    await until(tried(talk, 4))
    assert talk.said("system") == [line("unavailable")]
    rasa.start()
    await until(settled(talk))
    assert talk.said("assistant") == ["re: first", "re: second", "re: third"]
    assert talk.said("system") == [line("unavailable")]
    assert [row.note for row in talk.inbox] == ["answered"] * 3


@pytest.mark.parametrize("way", ["500", "junk", "text", "empty", "cut", "hang", "drip"])
async def test_every_kind_of_nonsense_is_an_outage_and_not_an_answer(
    way: Way, runner_on: Make, rasa: RasaServer, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "_THINK_SECONDS", 0.6)
    monkeypatch.setattr(outage, "SET_ASIDE_AT", 100)
    runner = runner_on(timeout=0.3)
    await runner.start()
    rasa.way = way
    talk.say("hello")
    runner.kick(talk.id)
    await until(tried(talk, 2))
    assert talk.lines == [("patient", "hello"), ("system", line("unavailable"))]
    rasa.way = "answer"
    await until(settled(talk))
    assert talk.lines[2:] == [("assistant", "re: hello")]


async def test_a_second_outage_is_told_again(runner: TurnRunner, rasa: RasaServer, talk: Talk) -> None:
    for number in range(2):
        rasa.way = "500"
        talk.say(f"m{number}")
        runner.kick(talk.id)
        await until(lambda: talk.row.told_late)
        rasa.way = "answer"
        await until(settled(talk))
        await until(lambda: not talk.row.told_late)
    assert talk.said("system") == [line("unavailable")] * 2


async def test_a_poison_message_is_set_aside_for_staff_and_the_conversation_goes_on(
    runner: TurnRunner, rasa: RasaServer, talk: Talk
) -> None:
    rasa.script["poison"] = "500"
    talk.say("poison")
    talk.say("hello")
    runner.kick(talk.id)
    await until(settled(talk))
    assert [(row.state, row.note) for row in talk.inbox] == [("set_aside", "no_answer"), ("done", "answered")]
    assert rasa.texts.count("poison") == outage.SET_ASIDE_AT
    assert talk.said("system") == [line("unavailable"), line("set_aside")]
    assert talk.said("assistant") == ["re: hello"]
    assert (talk.row.mode, talk.row.waiting_reason) == ("waiting", "no_answer")


async def test_a_message_is_not_given_up_for_the_failures_of_a_dead_rasa(
    runner: TurnRunner, rasa: RasaServer, talk: Talk
) -> None:
    """Ten tries against a dead server say nothing about the message: its next failure, with Rasa back, is
    its first."""
    rasa.loaded = False
    rasa.way = "500"
    talk.say("hello")
    runner.kick(talk.id)
    await until(tried(talk, outage.SET_ASIDE_AT + 3))
    rasa.loaded = True
    await until(lambda: talk.inbox[0].sick_tries == 1 or talk.inbox[0].state != "pending")
    assert talk.inbox[0].state == "pending"
    rasa.way = "answer"
    await until(settled(talk))
    assert talk.said("assistant") == ["re: hello"]


async def test_a_lasting_outage_brings_staff_in_once(
    runner: TurnRunner, rasa: RasaServer, talk: Talk
) -> None:
    rasa.stop()
    talk.say("hello")
    runner.kick(talk.id)
    await until(tried(talk, outage.HAND_OVER_AT + 2))
    assert (talk.row.mode, talk.row.waiting_reason) == ("waiting", "no_answer")
    assert [event.kind for event in talk.rows(Event, Event.conversation_id == talk.id)] == ["hand_over"]


async def test_a_crash_at_the_try_that_brings_staff_in_does_not_skip_it(
    runner_on: Make, rasa: RasaServer, talk: Talk
) -> None:
    rasa.stop()
    receipt = talk.say("hello")
    with talk.store.write() as session:
        session.get(Inbound, receipt.inbound_id).attempts = outage.HAND_OVER_AT
    await runner_on().start()
    await until(lambda: talk.row.mode == "waiting")


async def test_talk_to_staff_works_with_rasa_down(runner: TurnRunner, rasa: RasaServer, talk: Talk) -> None:
    rasa.stop()
    talk.say(choice="talk_to_staff")
    runner.kick(talk.id)
    await until(settled(talk))
    assert (talk.row.mode, talk.row.waiting_reason) == ("waiting", "asked")
    assert talk.said("system") in ([line("hand_off_done")], [line("hand_off_out_of_hours")])


async def test_talk_to_staff_does_not_wait_behind_a_message_that_rasa_does_not_answer(
    runner: TurnRunner, rasa: RasaServer, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line that says "unavailable" offers this very button."""
    monkeypatch.setattr(outage, "RETRY_AFTER", (3600.0,))
    rasa.stop()
    talk.say("hello")
    runner.kick(talk.id)
    await until(lambda: talk.row.told_late and talk.row.lease_owner is None)
    talk.say(choice="talk_to_staff")
    runner.kick(talk.id)
    await until(lambda: talk.row.mode == "waiting")
    assert [(row.state, row.note) for row in talk.inbox] == [("pending", None), ("done", "handed_over")]
    assert talk.said("system")[1:] in ([line("hand_off_done")], [line("hand_off_out_of_hours")])


async def test_talk_to_staff_pressed_while_rasa_hangs_is_granted_with_the_failure(
    runner_on: Make, rasa: RasaServer, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "RETRY_AFTER", (3600.0,))
    runner = runner_on(timeout=0.5)
    rasa.way = "hang"
    talk.say("hello")
    runner.kick(talk.id)
    await rasa.until_asked(1)
    talk.say(choice="talk_to_staff")
    await until(lambda: talk.row.mode == "waiting")
    assert talk.inbox[1].note == "handed_over"


async def test_whoever_waits_behind_hung_turns_is_told_too(
    runner_on: Make, rasa: RasaServer, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More patients than workers, and Rasa hangs: nobody sits longer than 25 s without a word."""
    monkeypatch.setattr(turn, "_AT_ONCE", 1)
    monkeypatch.setattr(outage, "LATE", timedelta(seconds=0))
    runner = runner_on()
    await runner.start()
    rasa.way = "hang"
    talks = [Talk(store) for _ in range(3)]
    for talk in talks:
        talk.say("hello")
        runner.kick(talk.id)
    for talk in talks:
        await until(lambda one=talk: one.row.told_late)
        assert talk.said("system") == [line("unavailable")]
    assert len(rasa.asked) == 1


async def test_staff_who_hold_the_conversation_hear_nothing_of_an_outage(
    runner: TurnRunner, rasa: RasaServer, talk: Talk
) -> None:
    ann = person(talk.store)
    rasa.hold()
    rasa.way = "500"
    talk.say("hello")
    runner.kick(talk.id)
    await rasa.until_asked(1)
    with talk.store.write() as session:
        desk.claim(session, talk.id, ann)
    rasa.release()
    await until(settled(talk))
    assert line("unavailable") not in talk.said("system")
    assert talk.inbox[0].note == "for_staff"


async def test_who_agreed_just_now_is_not_told_that_it_is_late(
    runner_on: Make, rasa: RasaServer, talk: Talk
) -> None:
    """A message that was held, or that a "no" lets be answered after all, waits from then on and not from
    when it came."""
    rasa.hold()
    receipt = talk.say("why do my legs twitch")
    with talk.store.write() as session:
        row = session.get_one(Inbound, receipt.inbound_id)
        row.received_at, row.not_before = now() - timedelta(seconds=40), inbox.HELD
    assert await asyncio.to_thread(outage.tell_late, talk.store) == []
    with talk.store.write() as session:
        inbox.free(session, talk.id)
    runner_on().kick(talk.id)
    await rasa.until_asked(1)  # it is thought about for the first time
    assert await asyncio.to_thread(outage.tell_late, talk.store) == []
    with talk.store.write() as session:
        session.get_one(Inbound, receipt.inbound_id).not_before = now() - timedelta(seconds=21)
    assert await asyncio.to_thread(outage.tell_late, talk.store) == [talk.id]
    assert talk.said("system") == [line("unavailable")]


def test_what_is_let_loose_is_due_from_now_on(talk: Talk) -> None:
    receipt = talk.say("hello")
    with talk.store.write() as session:
        row = session.get_one(Inbound, receipt.inbound_id)
        row.received_at = now() - timedelta(seconds=40)
        inbox.hold(session, talk.id)
        inbox.free(session, talk.id)
    assert timedelta(0) <= now() - talk.inbox[0].not_before < timedelta(seconds=10)
    assert outage.tell_late(talk.store) == []


def test_a_retry_does_not_put_the_words_off(talk: Talk) -> None:
    receipt = talk.say("hello")
    with talk.store.write() as session:
        row = session.get_one(Inbound, receipt.inbound_id)
        row.attempts, row.received_at, row.not_before = (
            2,
            now() - timedelta(seconds=25),
            now() + timedelta(seconds=15),
        )
    assert outage.tell_late(talk.store) == [talk.id]
    assert outage.tell_late(talk.store) == []


@pytest.mark.parametrize("why", ["held", "no consent"])
def test_who_has_not_agreed_is_not_told_that_it_is_late(why: str, talk: Talk) -> None:
    receipt = talk.say("hello")
    with talk.store.write() as session:
        row = session.get_one(Inbound, receipt.inbound_id)
        row.attempts, row.received_at = 3, now() - timedelta(hours=2)
        if why == "held":
            inbox.hold(session, talk.id)
        else:
            session.get_one(Conversation, talk.id).consent_at = None
    assert outage.tell_late(talk.store) == []


async def test_a_rasa_that_is_slow_to_die_does_not_hold_up_a_stop(
    runner_on: Make, rasa: RasaServer, talk: Talk
) -> None:
    runner = runner_on()
    rasa.way = "hang"
    talk.say("hello")
    runner.kick(talk.id)
    await rasa.until_asked(1)
    await runner.stop(0.05)
    assert talk.inbox[0].state == "pending"
    with talk.store.read() as session:
        assert session.get(Conversation, talk.id).lease_owner is None
