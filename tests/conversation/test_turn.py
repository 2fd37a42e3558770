"""The turn: order, one worker, crash, staff in between, drain. Faults of Rasa are in ``test_outage``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from bot.clock import now
from bot.conversation import outage
from bot.conversation.inbox import HELD, free
from bot.conversation.turn import TurnRunner
from bot.rasa_server.client import RasaClient
from bot.staff import desk
from bot.store.engine import Store
from bot.store.models import Conversation, Event, Inbound
from bot.store.modes import change_mode
from bot.work.notifier import Notifier
from tests.support.rasa_server import RasaServer
from tests.support.talk import Talk, person, until

Make = Callable[..., TurnRunner]


def settled(talk: Talk) -> Callable[[], bool]:
    return lambda: all(row.state != "pending" for row in talk.inbox)


async def test_several_messages_are_answered_in_the_order_in_which_they_came(
    runner: TurnRunner, rasa: RasaServer, talk: Talk
) -> None:
    rasa.hold()
    for number in range(5):
        talk.say(f"m{number}")
        runner.kick(talk.id)
    rasa.release()
    await until(settled(talk))
    assert rasa.texts == [f"m{number}" for number in range(5)]
    assert talk.said("assistant") == [f"re: m{number}" for number in range(5)]
    assert rasa.overlaps == []


async def test_what_nobody_kicked_is_found(runner: TurnRunner, talk: Talk) -> None:
    talk.say("left by a crash")
    await until(settled(talk))
    assert talk.said("assistant") == ["re: left by a crash"]


async def test_two_front_doors_never_work_on_one_conversation_at_once(
    runner_on: Make, rasa: RasaServer, store: Store
) -> None:
    runners = [runner_on(), runner_on()]
    for one in runners:
        await one.start()
    talks = [Talk(store) for _ in range(3)]
    for number in range(4):
        for talk in talks:
            talk.say(f"m{number}")
            for one in runners:
                one.kick(talk.id)
    for talk in talks:
        await until(settled(talk))
        assert talk.said("assistant") == [f"re: m{number}" for number in range(4)]
    assert rasa.overlaps == []
    assert len(rasa.asked) == 12


async def test_the_last_answer_frees_the_lease_for_every_other_front_door(
    runner: TurnRunner, talk: Talk
) -> None:
    for text in ("one", "two"):
        talk.say(text)
    runner.kick(talk.id)
    await until(settled(talk))
    assert talk.row.lease_owner is None and talk.row.lease_until is None


async def test_a_held_lease_keeps_another_front_door_out(
    runner_on: Make, rasa: RasaServer, talk: Talk
) -> None:
    rasa.hold()
    first, second = runner_on(), runner_on()
    talk.say("hello")
    first.kick(talk.id)
    await rasa.until_asked(1)
    assert await asyncio.to_thread(second._take, talk.id) is None
    assert await asyncio.to_thread(second._due) == []


async def test_a_worker_that_lost_its_lease_stores_nothing(
    runner_on: Make, rasa: RasaServer, talk: Talk
) -> None:
    rasa.hold()
    slow = runner_on()
    talk.say("hello")
    slow.kick(talk.id)
    await rasa.until_asked(1)
    talk.change(lease_owner="another", lease_until=now() + timedelta(seconds=60))
    rasa.release()
    await slow.stop(5)
    assert talk.said("assistant") == []
    assert talk.inbox[0].state == "pending"


async def test_after_a_crash_the_message_is_resumed_with_the_answer_rasa_had_given(
    runner_on: Make, rasa: RasaServer, talk: Talk
) -> None:
    """Rasa had answered, but the process died before it stored that: the form must not take the same words
    twice."""
    receipt = talk.say("my name is Ann")
    dead = runner_on()
    assert await asyncio.to_thread(dead._take, talk.id)
    rasa.trackers[talk.id] = [
        {
            "text": "hi",
            "metadata": {"inbound_id": receipt.inbound_id - 1},
            "said": [{"text": "not this one"}],
        },
        {
            "text": "my name is Ann",
            "metadata": {"inbound_id": receipt.inbound_id},
            "said": [{"text": "Thank you, Ann."}],
        },
    ]
    talk.change(lease_until=now() - timedelta(seconds=1))
    await runner_on().start()
    await until(settled(talk))
    assert talk.said("assistant") == ["Thank you, Ann."]
    assert len(rasa.trackers[talk.id]) == 2


async def test_a_form_that_a_first_try_began_is_not_forgotten_by_the_second(
    runner_on: Make, rasa: RasaServer, talk: Talk
) -> None:
    """Rasa forgot what ran before and began the form, but the answer came too late: nothing may end that
    form now."""
    runner = runner_on(timeout=0.3)
    await runner.start()
    talk.change(reset_brain=True)
    rasa.hold()
    talk.say("book me in")
    runner.kick(talk.id)
    await until(lambda: talk.inbox[0].attempts >= 2)
    rasa.release()
    await until(settled(talk))
    assert talk.said("assistant") == ["re: book me in"]
    talk.say("my name is Ann")
    runner.kick(talk.id)
    await until(settled(talk))
    assert rasa.resets == [talk.id]  # before the form, and never again
    assert [turn["text"] for turn in rasa.trackers[talk.id]] == ["book me in", "my name is Ann"]
    assert not talk.row.reset_brain


async def test_a_red_flag_between_two_tries_still_stops_the_form(
    runner_on: Make, rasa: RasaServer, talk: Talk
) -> None:
    """The repeated answer says nothing about the form: the wish to forget it is younger, and goes out with
    the next message."""
    runner = runner_on(timeout=0.3)
    await runner.start()
    rasa.hold()
    talk.say("book me in")
    runner.kick(talk.id)
    await rasa.until_asked(1)
    assert talk.say("I have chest pain").urgent
    await until(lambda: talk.inbox[0].attempts >= 2)
    rasa.release()
    await until(settled(talk))
    assert rasa.resets == []
    talk.say(choice="book_appointment")
    runner.kick(talk.id)
    await until(settled(talk))
    assert rasa.resets == [talk.id]


async def test_nothing_is_answered_without_consent_whatever_let_it_loose(
    runner_on: Make, rasa: RasaServer, talk: Talk
) -> None:
    talk.change(consent_at=None)
    talk.say("hello")
    runner = runner_on()
    await runner.start()
    runner.kick(talk.id)
    await until(lambda: talk.inbox[0].not_before == HELD)
    assert await asyncio.to_thread(runner._due) == []
    assert rasa.asked == [] and talk.row.lease_owner is None
    with talk.store.write() as session:
        session.get_one(Conversation, talk.id).consent_at = now()
        assert free(session, talk.id)
    runner.kick(talk.id)
    await until(settled(talk))
    assert talk.said("assistant") == ["re: hello"]


async def test_after_a_crash_before_rasa_answered_it_is_asked(
    runner_on: Make, rasa: RasaServer, talk: Talk
) -> None:
    talk.say("hello")
    assert await asyncio.to_thread(runner_on()._take, talk.id)
    talk.change(lease_until=now() - timedelta(seconds=1))
    await runner_on().start()
    await until(settled(talk))
    assert rasa.texts == ["hello"]
    assert talk.said("assistant") == ["re: hello"]


async def test_our_own_lease_without_a_worker_is_taken_up_at_once(
    runner_on: Make, rasa: RasaServer, talk: Talk
) -> None:
    """The database failed when the answer was to be stored: nobody waits for the lease to run out."""
    runner = runner_on()
    talk.say("hello")
    assert await asyncio.to_thread(runner._take, talk.id)
    assert await asyncio.to_thread(runner._due) == [talk.id]


async def test_what_waits_behind_a_resting_message_is_not_due(runner_on: Make, store: Store) -> None:
    """Otherwise, after a long outage, such conversations fill every round and the ones that could be
    answered starve."""
    resting = [Talk(store) for _ in range(3)]
    for talk in resting:
        first = talk.say("tried")
        talk.say("waits behind it")
        with store.write() as session:
            session.get(Inbound, first.inbound_id).not_before = now() + timedelta(hours=1)
    fresh = Talk(store)
    fresh.say("hello")
    assert await asyncio.to_thread(runner_on()._due) == [fresh.id]


async def test_staff_who_claim_while_the_assistant_thinks_are_not_talked_over(
    runner: TurnRunner, rasa: RasaServer, talk: Talk
) -> None:
    rasa.hold()
    talk.say("hello")
    runner.kick(talk.id)
    await rasa.until_asked(1)
    ann = person(talk.store)
    with talk.store.write() as session:
        desk.claim(session, talk.id, ann)
    rasa.release()
    await until(settled(talk))
    assert talk.said("assistant") == []
    assert [event.kind for event in talk.rows(Event, Event.conversation_id == talk.id)] == [
        "claim",
        "reply_withheld",
    ]


async def test_while_staff_hold_the_conversation_rasa_is_not_called(
    runner_on: Make, rasa: RasaServer, talk: Talk
) -> None:
    talk.say("before the claim")
    ann = person(talk.store)
    with talk.store.write() as session:
        desk.claim(session, talk.id, ann)
    talk.say("after the claim")
    await runner_on().start()
    await until(settled(talk))
    assert [row.note for row in talk.inbox] == ["for_staff", "for_staff"]
    assert rasa.asked == []


async def test_rasa_forgets_a_running_form_after_staff_gave_the_conversation_back(
    runner: TurnRunner, rasa: RasaServer, talk: Talk
) -> None:
    ann = person(talk.store)
    with talk.store.write() as session:
        desk.claim(session, talk.id, ann)
    with talk.store.write() as session:
        desk.give_back(session, talk.id, ann)
    talk.say("hello again")
    talk.say("and again")
    runner.kick(talk.id)
    await until(settled(talk))
    assert rasa.resets == [talk.id]


async def test_a_red_flag_while_the_assistant_thinks_still_stops_the_form(
    runner: TurnRunner, rasa: RasaServer, talk: Talk
) -> None:
    rasa.hold()
    talk.say("book me in")
    runner.kick(talk.id)
    await rasa.until_asked(1)
    assert talk.say("I have chest pain").urgent
    rasa.release()
    await until(settled(talk))
    assert talk.row.reset_brain
    talk.say(choice="book_appointment")
    runner.kick(talk.id)
    await until(settled(talk))
    assert rasa.resets == [talk.id]
    assert "I have chest pain" not in rasa.texts


async def test_a_graceful_stop_lets_the_running_turn_end_and_begins_no_other(
    runner: TurnRunner, rasa: RasaServer, talk: Talk
) -> None:
    rasa.hold()
    talk.say("first")
    talk.say("second")
    runner.kick(talk.id)
    await rasa.until_asked(1)
    stopping = asyncio.create_task(runner.stop(10))
    await asyncio.sleep(0)
    rasa.release()
    await stopping
    assert talk.said("assistant") == ["re: first"]
    assert [row.state for row in talk.inbox] == ["done", "pending"]
    assert talk.row.lease_owner is None


async def test_what_a_stop_cut_off_is_free_for_the_next_start(
    runner_on: Make, rasa: RasaServer, talk: Talk
) -> None:
    rasa.hold()
    first = runner_on()
    talk.say("hello")
    first.kick(talk.id)
    await rasa.until_asked(1)
    await first.stop(0.05)
    assert talk.row.lease_owner is None
    rasa.release()
    await runner_on().start()
    await until(settled(talk))
    assert talk.said("assistant") == ["re: hello"]


async def test_a_hundred_copies_of_a_message_at_once_are_one_row_and_one_turn(
    runner: TurnRunner, rasa: RasaServer, talk: Talk
) -> None:
    receipts = await asyncio.gather(
        *(asyncio.to_thread(talk.say, "hello", key="the-same") for _ in range(100))
    )
    for _ in receipts:
        runner.kick(talk.id)
    await until(settled(talk))
    assert len({receipt.seq for receipt in receipts}) == 1
    assert sum(not receipt.repeated for receipt in receipts) == 1
    assert len(talk.inbox) == 1
    assert rasa.texts == ["hello"]
    assert talk.lines == [("patient", "hello"), ("assistant", "re: hello")]


async def test_a_conversation_that_is_erased_meanwhile_ends_quietly(
    runner: TurnRunner, rasa: RasaServer, talk: Talk
) -> None:
    rasa.hold()
    talk.say("hello")
    runner.kick(talk.id)
    await rasa.until_asked(1)
    with talk.store.write() as session:
        session.delete(session.get(Conversation, talk.id))
    rasa.release()
    await runner.stop(5)
    assert talk.rows(Conversation, Conversation.id == talk.id) == []


async def test_what_waits_in_a_closed_conversation_is_still_answered(runner: TurnRunner, talk: Talk) -> None:
    with talk.store.write() as session:
        change_mode(session, session.get(Conversation, talk.id), "close", actor="Ann")
    talk.say("one more thing")
    runner.kick(talk.id)
    await until(settled(talk))
    assert talk.row.mode == "assistant"
    assert talk.said("assistant") == ["re: one more thing"]


async def test_no_turn_thinks_longer_than_its_lease(store: Store) -> None:
    client = RasaClient("http://127.0.0.1:9", timeout=18)
    assert TurnRunner(store, client, Notifier(), lease_seconds=10)._think_seconds < 10
    assert TurnRunner(store, client, Notifier(), lease_seconds=600)._think_seconds < 25
    assert timedelta(seconds=25) > outage.LATE
    await client.close()
