"""Each way in which an emergency could be missed, with the real rules in the real intake and nothing else
running.

The wording is plain on purpose: how well the rules do on hard wording is measured on ``frozen.tsv``, not
here.
"""

from __future__ import annotations

import pytest

from bot.safety import RedFlagRules
from bot.staff import desk
from bot.store.models import Alert
from tests.support.talk import Talk, person

PLAIN = {
    "R1": "my left calf is swollen, hot and painful since yesterday",
    "R2": "I have chest pain and I can't breathe",
    "R3": "my face is drooping and my right arm is suddenly weak",
    "R4": "my foot suddenly went cold, white and numb and it hurts a lot",
    "R5": "I have an open sore on my foot with pus and I am diabetic",
    "R6": "I lost control of my bladder and I am numb between my legs",
    "R7": "I don't want to live any more",
    "R8": "since I take ropinirole I can't stop gambling",
    "R9": "I stopped my pramipexole suddenly two days ago",
    "R10": "my toddler swallowed my iron pills",
    "R11": "I am 34 weeks pregnant and have a terrible headache and blurred vision",
    "R12": "he took gabapentin and is very sleepy, confused and breathing slowly",
    "R13": "I fell asleep while driving, I am on ropinirole",
    "R14": "during my iron infusion my throat is swelling and I have hives",
    "R15": "my varicose vein is bleeding and the blood will not stop",
    "R16": "I am vomiting blood and my stools are black like tar",
}


@pytest.fixture
def talk(store) -> Talk:  # type: ignore[no-untyped-def]
    return Talk(store, rules=RedFlagRules.load())  # type: ignore[arg-type]


def flags(talk: Talk) -> set[str]:
    return {flag for alert in talk.rows(Alert, Alert.conversation_id == talk.id) for flag in alert.flags}


def test_the_plain_sentences_are_of_every_flag() -> None:
    assert set(PLAIN) == set(RedFlagRules.load().book.flags)


@pytest.mark.parametrize("flag", PLAIN)
def test_a_plain_emergency_is_answered_by_the_front_door_alone(flag: str, talk: Talk) -> None:
    """No Rasa, no action server, no Redis and no worker: intake stores the words and the alert."""
    assert talk.say(PLAIN[flag]).urgent
    assert flag in flags(talk)
    assert talk.lines[-1][0] == "system"


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("my left claf is swolen and hott", "R1"),
        ("i have chest pian and cant breth", "R2"),
        ("i want to kil myself", "R7"),
        ("my todler swalowed iron pils", "R10"),
        ("MY LEFT CALF IS SWOLLEN AND HOT", "R1"),
    ],
)
def test_a_misspelt_emergency_is_seen(text: str, flag: str, talk: Talk) -> None:
    assert talk.say(text).urgent
    assert flag in flags(talk)


def test_an_emergency_in_two_messages_is_seen_at_the_second(talk: Talk) -> None:
    assert not talk.say("it is my left calf").urgent
    assert talk.say("since this morning swollen and hot").urgent
    assert "R1" in flags(talk)


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("my husband has chest pain and can't breathe", "R2"),
        ("my mum's face is drooping and she can't speak", "R3"),
        ("my daughter swallowed iron tablets", "R10"),
        ("my son says he wants to kill himself", "R7"),
    ],
)
def test_the_emergency_of_another_person_is_seen(text: str, flag: str, talk: Talk) -> None:
    assert talk.say(text).urgent
    assert flag in flags(talk)


@pytest.mark.parametrize(
    "text",
    ["by the way I have chest pain and can't breathe", "reason for visit: my left calf is swollen and hot"],
)
def test_an_emergency_typed_into_a_form_never_reaches_the_form(text: str, talk: Talk) -> None:
    """The message ends in intake, and Rasa must forget the running form before its next turn."""
    assert talk.say(text).urgent
    assert (talk.inbox[-1].state, talk.inbox[-1].note) == ("done", "red_flag")
    assert talk.row.reset_brain


def test_an_emergency_is_answered_while_staff_hold_the_conversation(talk: Talk) -> None:
    with talk.store.write() as session:
        desk.claim(session, talk.id, person(talk.store))
    assert talk.say(PLAIN["R2"]).urgent
    assert "[911](tel:911)" in talk.lines[-1][1]
    assert "staff member in this chat" in talk.lines[-1][1]
    assert talk.row.mode == "staff"


@pytest.mark.parametrize(
    "text",
    [
        "why are my legs so restless at night?",
        "I have no chest pain and my breathing is fine",
        "I had a blood clot ten years ago, does that cause restless legs?",
        "both my legs are restless and I can't sleep",
        "does low iron cause restless legs?",
    ],
)
def test_an_ordinary_message_is_no_emergency(text: str, talk: Talk) -> None:
    assert not talk.say(text).urgent
