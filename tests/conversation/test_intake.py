"""Taking a message in: stored once, red flags answered in the same transaction, buttons only if offered."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import SQLAlchemyError

from bot.conversation.messages import add_message, locked
from bot.conversation.text import MAX_CHARACTERS, clean, plain
from bot.errors import RefusedError
from bot.staff import desk
from bot.store.models import Alert, Conversation, Event, Inbound, Message, Timer
from bot.store.modes import change_mode
from tests.support.talk import Rules, Talk, person


def test_a_repeat_changes_nothing_and_gets_the_same_number(talk: Talk) -> None:
    first = talk.say("hello", key="one")
    again = talk.say("something else", key="one")
    assert (again.seq, again.inbound_id, again.repeated) == (first.seq, first.inbound_id, True)
    assert talk.lines == [("patient", "hello")]


def test_two_channels_may_use_the_same_key(talk: Talk) -> None:
    talk.say("hello", key="one")
    other = Talk(talk.store, channel="telegram")
    assert not other.say("hello", key="one").repeated


def test_a_red_flag_is_answered_in_the_transaction_that_stores_the_message(talk: Talk) -> None:
    receipt = talk.say("I have chest pain")
    assert receipt.urgent
    sender, text = talk.lines[1]
    assert sender == "system"
    assert text.startswith("Call [911](tel:911) now.")
    (alert,) = talk.rows(Alert, Alert.conversation_id == talk.id)
    assert (alert.flags, alert.tier, alert.seq) == (["R2"], "emergency", 2)
    assert [timer.data["minutes"] for timer in talk.rows(Timer, Timer.conversation_id == talk.id)] == [5, 15]
    assert (talk.row.mode, talk.row.waiting_reason) == ("waiting", "red_flag")
    assert (talk.inbox[0].state, talk.inbox[0].note) == ("done", "red_flag")


def test_a_repeated_red_flag_raises_one_alert(talk: Talk) -> None:
    for _ in range(2):
        talk.say("chest pain", key="one")
    assert len(talk.rows(Alert, Alert.conversation_id == talk.id)) == 1


def test_a_symptom_spread_over_two_messages_is_seen(talk: Talk) -> None:
    assert not talk.say("it is swollen").urgent
    assert talk.say("my left calf I mean").urgent


@pytest.mark.parametrize("mode", ["assistant", "waiting", "staff", "closed"])
def test_a_red_flag_is_seen_in_every_mode(mode: str, talk: Talk) -> None:
    ann = person(talk.store)
    with talk.store.write() as session:
        row = session.get(Conversation, talk.id)
        if mode == "waiting":
            change_mode(session, row, "hand_over", actor="patient", reason="asked")
        elif mode == "staff":
            desk.claim(session, talk.id, ann)
        elif mode == "closed":
            desk.close(session, talk.id, ann)
    assert talk.say("chest pain").urgent
    assert talk.row.mode == ("staff" if mode == "staff" else "waiting")
    assert talk.lines[-1][1].startswith("Call [911]")


def test_a_bug_in_a_rule_costs_no_message_and_brings_staff_in(talk: Talk) -> None:
    talk.rules.broken = True
    receipt = talk.say("hello")
    assert not receipt.urgent
    assert talk.inbox[0].state == "pending"
    assert (talk.row.mode, talk.row.waiting_reason) == ("waiting", "unchecked")


def test_staff_mode_leaves_the_message_to_staff(talk: Talk) -> None:
    ann = person(talk.store)
    with talk.store.write() as session:
        desk.claim(session, talk.id, ann)
    talk.say("hello")
    assert (talk.inbox[0].state, talk.inbox[0].note) == ("done", "for_staff")


def test_writing_into_a_closed_conversation_wakes_the_assistant_with_a_clean_mind(talk: Talk) -> None:
    ann = person(talk.store)
    with talk.store.write() as session:
        desk.close(session, talk.id, ann)
    talk.say("hello")
    assert (talk.row.mode, talk.row.reset_brain) == ("assistant", True)


@pytest.mark.parametrize(
    ("text", "code"), [("", "empty"), ("  \n\x00 ", "empty"), ("x" * (MAX_CHARACTERS + 1), "too_long")]
)
def test_what_is_refused_leaves_nothing(text: str, code: str, talk: Talk) -> None:
    with pytest.raises(RefusedError) as refused:
        talk.say(text)
    assert refused.value.code == code
    assert text.strip("x \n\x00") not in refused.value.message or not text.strip("x \n\x00")
    assert talk.inbox == []
    assert talk.row.last_seq == 0


def test_the_longest_message_fits(talk: Talk) -> None:
    talk.say("😀" * MAX_CHARACTERS)
    assert talk.lines == [("patient", "😀" * MAX_CHARACTERS)]


def test_a_button_that_was_not_offered_is_refused(talk: Talk) -> None:
    with pytest.raises(RefusedError) as refused:
        talk.say(choice="restart")
    assert refused.value.code == "unknown_choice"
    assert talk.inbox == []


def test_an_offered_button_is_stored_with_its_words(talk: Talk) -> None:
    with talk.store.write() as session:
        add_message(
            session,
            locked(session, talk.id),
            "assistant",
            "Well?",
            choices=[{"key": "ask_iron_why", "label": "Why iron?"}],
        )
    talk.say(choice="ask_iron_why")
    assert talk.lines[-1] == ("patient", "Why iron?")
    assert talk.inbox[0].choice == "ask_iron_why"


def test_a_button_of_another_conversation_is_refused(talk: Talk) -> None:
    with talk.store.write() as session:
        add_message(
            session,
            locked(session, talk.id),
            "assistant",
            "Well?",
            choices=[{"key": "ask_iron_why", "label": "Why iron?"}],
        )
    with pytest.raises(RefusedError):
        Talk(talk.store).say(choice="ask_iron_why")


def test_a_conversation_that_is_gone_is_named_as_gone(talk: Talk) -> None:
    with talk.store.write() as session:
        session.delete(session.get(Conversation, talk.id))
    with pytest.raises(RefusedError) as refused:
        talk.say("hello")
    assert refused.value.status == 401


def test_an_error_at_the_end_leaves_nothing_half_written(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The urgent text and the message it answers are stored together or not at all."""

    def broken(*_: object, **__: object) -> str:
        raise SQLAlchemyError("played")

    monkeypatch.setattr("bot.conversation.urgent.change_mode", broken)
    with pytest.raises(SQLAlchemyError):
        talk.say("chest pain")
    for model in (Inbound, Message, Alert, Event):
        assert talk.rows(model, model.conversation_id == talk.id) == []
    assert talk.row.last_seq == 0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(st.characters(), min_size=1, max_size=60)
    | st.sampled_from(["👩‍👩‍👧‍👦", "שלום", "'; DROP TABLE inbox; --", "{{7*7}}", "\x00a", "\ud83d!"])
)
def test_every_text_is_stored_byte_for_byte_after_the_documented_cleaning(talk: Talk, text: str) -> None:
    if not clean(text):
        with pytest.raises(RefusedError):
            talk.say(text)
        return
    talk.say(text)
    assert talk.lines[-1] == ("patient", clean(text))
    assert clean(clean(text)) == clean(text)


@given(st.text(st.characters(), max_size=40), st.text("/ \t\n\u3000\x85\u2028\u00a0", max_size=10))
def test_nothing_that_can_be_typed_is_a_command_to_rasa(text: str, before: str) -> None:
    assert not plain(clean(before + text)).strip().startswith("/")
    assert plain(clean(before + text))


def test_cleaning_does_what_its_text_says() -> None:
    assert clean("a\r\nb\rc") == "a\nb\nc"
    assert clean("a\x00b\x07c\td") == "abc\td"
    assert clean("\ud83d") == "\ufffd"
    assert clean("pay \u202etxt.exe\u202c \u2066x\u2069") == "pay txt.exe x"
    assert clean("👩‍👩‍👧‍👦 e\u0301 שלום") == "👩‍👩‍👧‍👦 e\u0301 שלום"


def test_the_rules_see_no_more_than_the_last_messages(talk: Talk) -> None:
    seen: list[list[str]] = []

    class Recorder(Rules):
        def prepare(self, text: str) -> None:
            pass

        def crisis_line(self, text: str) -> str:
            return ""

        def check(self, text: str, earlier: object = ()) -> None:
            seen.append(list(earlier))

    talk.rules = Recorder()
    for number in range(5):
        talk.say(f"m{number}")
    assert seen[-1] == ["m1", "m2", "m3"]
