"""What is done once in the place of Rasa's own gives what Rasa's own gives; in a process of its own, with
the stand-in."""

from __future__ import annotations

from tests.rasa_server.test_tensorflow_stub import in_python

START = """
    import warnings
    warnings.filterwarnings("ignore")
    from bot.rasa_server import tensorflow_stub
    tensorflow_stub.install()
    import json, time
    from jsonschema import ValidationError
    from rasa.core.actions.action import RemoteAction
    from rasa.shared.core.events import Event
    from rasa.shared.utils.common import all_subclasses
    from bot.rasa_server import spared_work
    theirs, resolve = RemoteAction._validate_action_result, Event.resolve_by_type
"""
FORMS = """
    RESULTS = [
        {}, {"events": [], "responses": []}, {"events": [{"event": "slot", "name": "a", "value": None}]},
        {"responses": [{"text": "hello"}]}, {"responses": ["hello"]}, {"events": [{"event": 1}]}, {"events": {}}, [],
        {"events": [{"event": "slot", "timestamp": "x", "name": 1}]}, {"events": [{"event": "unheard of"}]},
    ]
    action = RemoteAction("action_reply", None)
    def verdicts(check):
        made = []
        for result in RESULTS:
            try:
                made.append(check(action, result))
            except ValidationError:
                made.append(False)
        return made
    before = verdicts(theirs)
    spared_work.install()
    spared_work.install()
    assert RemoteAction._validate_action_result is not theirs
    after = verdicts(RemoteAction._validate_action_result)
    begun = time.process_time()
    for _ in range(20):
        action._validate_action_result(RESULTS[2])
    ours = time.process_time() - begun
    begun = time.process_time()
    theirs(action, RESULTS[2])
    print(json.dumps([before, after, ours < time.process_time() - begun]))
"""
EVENTS = """
    names = sorted({kind.type_name for kind in all_subclasses(Event)})
    before = [resolve(name) for name in names]
    spared_work.install()
    assert [Event.resolve_by_type(name) for name in names] == before and len(names) > 20
    assert Event.resolve_by_type is not resolve
    from rasa.shared.core.events import SlotSet
    class Late(SlotSet):
        type_name = "late"
    assert Event.resolve_by_type("late") is Late and Event.resolve_by_type("topic") is None
    assert Event.resolve_by_type("unheard of", SlotSet) is SlotSet
    try:
        Event.resolve_by_type("unheard of")
    except ValueError as error:
        print(error)
"""


def test_a_results_form_is_judged_as_by_rasa_and_twenty_are_quicker_than_one() -> None:
    assert in_python(START + FORMS).splitlines()[-1] == (
        "[[true, true, true, true, false, false, false, false, false, false], "
        "[true, true, true, true, false, false, false, false, false, false], true]"
    )


def test_an_events_class_is_the_one_that_rasa_finds() -> None:
    assert in_python(START + EVENTS).splitlines()[-1] == "Unknown event name 'unheard of'."


ONCE = """
    import asyncio
    from types import SimpleNamespace
    from rasa.core.channels.channel import UserMessage
    from rasa.core.processor import MessageProcessor
    from bot.rasa_server import rasa_channel

    async def turn(self, message):
        first = await self.get_tracker(message.sender_id)
        again = await self.get_tracker(message.sender_id)
        other = await self.get_tracker("other")
        return [first.read, again.read, other.read, first.model_id, (message.metadata or {}).get("topic")]

    class Store:
        reads = 0
        async def retrieve(self, sender):
            self.reads += 1
            return SimpleNamespace(sender_id=sender, events=[], assistant_id=None, read=self.reads,
                                   get_slot={"topic": "ask_alcohol"}.get)
        async def get_or_create_tracker(self, sender, append_action_listen=True):
            return await self.retrieve(sender)

    MessageProcessor.handle_message = turn
    rasa_channel.install()
    processor = MessageProcessor.__new__(MessageProcessor)
    processor.tracker_store = Store()
    processor.model_metadata = SimpleNamespace(model_id="model", assistant_id="assistant")
    async def main():
        asked = [UserMessage("hi", None, sender, metadata={"inbound_id": 1}) for sender in ("a", "b")]
        print([await processor.handle_message(message) for message in asked])
        print(await processor.handle_message(UserMessage("hi", None, "a")))
    asyncio.run(main())
"""


def test_the_tracker_that_was_read_for_the_repeat_is_the_turns_own_and_only_once() -> None:
    whole, without_key = in_python(START + ONCE).splitlines()[-2:]
    assert whole == "[[1, 2, 3, 'model', 'ask_alcohol'], [4, 5, 6, 'model', 'ask_alcohol']]"
    assert without_key == "[7, 8, 9, 'model', None]"
