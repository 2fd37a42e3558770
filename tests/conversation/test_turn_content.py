"""What of a message reaches Rasa, and what of Rasa's answer reaches the patient."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.conversation.text import clean, plain
from bot.conversation.turn import TurnRunner
from bot.store.models import Message
from tests.support.rasa_server import RasaServer
from tests.support.talk import Talk, until


def settled(talk: Talk) -> Callable[[], bool]:
    return lambda: all(row.state != "pending" for row in talk.inbox)


@pytest.mark.parametrize(
    "typed",
    [
        "/restart",
        '/ask_iron{"a":"b"}',
        " //restart",
        "/\u3000/restart",
        "/\u2028/restart",
        "\x85/restart",
        "/",
    ],
)
async def test_typed_text_never_reaches_rasa_as_a_command(
    typed: str, runner: TurnRunner, rasa: RasaServer, talk: Talk
) -> None:
    talk.say(typed)
    runner.kick(talk.id)
    await until(settled(talk))
    (seen,) = rasa.texts
    assert not seen.strip().startswith("/")  # Rasa strips too
    assert seen == plain(clean(typed))


async def test_a_button_reaches_rasa_as_its_intent(runner: TurnRunner, rasa: RasaServer, talk: Talk) -> None:
    talk.say(choice="show_topics")
    runner.kick(talk.id)
    await until(settled(talk))
    assert rasa.texts == ["/show_topics"]
    assert talk.lines[0] == ("patient", "Show topics")


async def test_an_answer_brings_its_buttons_sources_and_id(
    runner: TurnRunner, rasa: RasaServer, talk: Talk
) -> None:
    rasa.script["why"] = [
        {
            "custom": {
                "text": "Because.",
                "choices": [{"key": "a", "label": "A"}],
                "sources": [{"title": "T", "url": "https://x.example"}],
                "answer": "ask_why",
            }
        },
        {"text": "Menu", "buttons": [{"payload": "/show_topics", "title": "Topics"}]},
    ]
    talk.say("why")
    runner.kick(talk.id)
    await until(settled(talk))
    first, second = talk.rows(Message, Message.conversation_id == talk.id, Message.sender == "assistant")
    assert (first.choices, first.sources, first.answer_id) == (
        [{"key": "a", "label": "A"}],
        [{"title": "T", "url": "https://x.example"}],
        "ask_why",
    )
    assert (second.text, second.choices) == ("Menu", [{"key": "show_topics", "label": "Topics"}])


async def test_an_answer_that_no_database_takes_as_it_is_is_cleaned(
    runner: TurnRunner, rasa: RasaServer, talk: Talk
) -> None:
    rasa.script["why"] = [{"custom": {"text": "a\x00b \ud800 c", "answer": "x" * 200}}]
    talk.say("why")
    runner.kick(talk.id)
    await until(settled(talk))
    assert talk.said("assistant") == ["ab \ufffd c"]
