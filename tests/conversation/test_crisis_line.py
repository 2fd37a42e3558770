"""Whenever a message holds a word of suicide or self-harm, the crisis number stands in the chat, whatever
else is answered."""

from __future__ import annotations

import pytest

from bot.content.clinic import clinic
from bot.conversation.intake import CRISIS_LINE
from bot.safety import RedFlagCheck
from bot.store.engine import Store
from bot.store.models import Alert, Message
from tests.support.talk import Talk

NUMBER = clinic().lines.crisis.number


@pytest.mark.parametrize(
    "text",
    [
        "does restless legs make people suicidal",
        "what should i do about my suicidal thoughts",
        "only asking but is self harm more common with this",
        "my uncle died by suicide, did his legs have to do with it",
        "no i am not suicidal, just tired",
        "i do not want to die, i just want one night of sleep",
    ],
)
def test_the_crisis_number_is_there(store: Store, text: str) -> None:
    talk = Talk(store, rules=RedFlagCheck.load())  # type: ignore[arg-type]
    talk.say(text)
    assert any(NUMBER in line for line in talk.said("system")), talk.lines


def test_it_raises_nothing_and_the_ordinary_answer_still_comes(store: Store) -> None:
    talk = Talk(store, rules=RedFlagCheck.load())  # type: ignore[arg-type]
    receipt = talk.say("no i am not suicidal, just tired")
    (line,) = talk.rows(Message, Message.conversation_id == talk.id, Message.sender == "system")
    assert (line.answer_id, line.urgent) == (CRISIS_LINE, False)
    assert not receipt.urgent
    assert talk.rows(Alert, Alert.conversation_id == talk.id) == []
    assert talk.inbox[0].state == "pending"


def test_an_ordinary_message_gets_none(store: Store) -> None:
    talk = Talk(store, rules=RedFlagCheck.load())  # type: ignore[arg-type]
    talk.say("why does iron matter for my legs")
    assert talk.said("system") == []
