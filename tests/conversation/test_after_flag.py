"""A red flag stands until a person, or the patient's confirmed word, ends it; every message is read
against it first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from bot.content.answers import answers
from bot.content.clinic import clinic
from bot.content.reply import Reply
from bot.conversation import after_flag, standing, under_flag
from bot.conversation.messages import add_message, locked
from bot.safety import Finding, flags
from bot.safety.after_flag import AfterFlag
from bot.staff import desk
from bot.store.engine import Store
from bot.store.models import Alert, Event, Inbound, Message, Timer, TurnLog
from tests.support.talk import Rules, Talk, person

KINDS = ("explains", "self_help", "what_now", "gone", "puts_off", "helped", "small", "sign")
TIERS = {name: flag.tier for name, flag in flags().items()}


class ByName(Rules):
    """Rules that raise the flag that a message names: ``flag R1``."""

    def crisis_line(self, text: str) -> str:
        return ""

    def check(self, text: str, earlier: Sequence[str] = ()) -> Finding | None:
        if not text.startswith("flag "):
            return None
        name = text.split()[1]
        return Finding(
            (name,), TIERS.get(name, "emergency"), f"Call {{emergency_link}} now. {name}", raised_by="rule"
        )


@pytest.fixture
def talk(store: Store) -> Talk:
    return Talk(store, rules=ByName())


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the head read every message as one kind."""

    def set_kind(kind: str) -> None:
        class Fixed:
            def read(self, text: str) -> AfterFlag:
                return AfterFlag(kind, 0.9)

        monkeypatch.setattr(after_flag, "reader", Fixed)

    return set_kind


def alerts(talk: Talk) -> list[Alert]:
    return talk.rows(Alert, Alert.conversation_id == talk.id)


def last(talk: Talk) -> str:
    return talk.lines[-1][1]


def said_in(talk: Talk, name: str) -> bool:
    line = answers()[name]
    return any(clinic().fill(words) in last(talk) for words in (line.text, *line.variants))


def test_every_flag_answers_every_kind_and_stands(store: Store, reads: Callable[[str], None]) -> None:
    for flag in TIERS:
        for kind in KINDS:
            talk = Talk(store, rules=ByName())
            talk.say(f"flag {flag}")
            reads(kind)
            talk.say("whatever was written")
            what = (flag, kind)
            assert (talk.inbox[-1].state, talk.inbox[-1].note) == ("done", after_flag.NOTE), what
            assert len(alerts(talk)) == 1 and alerts(talk)[0].closed_at is None, what
            asked, first = alerts(talk)[0].state == "asked", last(talk)
            assert asked == (kind == "gone" and TIERS[flag] in ("today", "prescriber")), what
            own = f"after_{flag.lower()}_{kind}"
            assert asked or own not in answers() or said_in(talk, own), what
            assert "{" not in first, what
            talk.say("and again the same")
            assert last(talk) != first, what  # never the same words twice running
    assert talk.rows(TurnLog)[-1].decided_by.startswith("after_flag_")


@pytest.mark.parametrize("flag", sorted(TIERS))
def test_every_flag_has_its_texts_and_its_table(flag: str) -> None:
    own = f"after_{flag.lower()}"
    for kind in ("", "_under", "_sign", "_explains", "_self_help", "_gone"):
        assert answers()[own + kind].variants, own + kind
        assert answers()[own + kind].needs_clinician_check
    assert answers()[own].not_answered or answers()[own].answered_only


def test_a_new_sign_raises_the_tier_and_staff_are_told_again(
    talk: Talk, reads: Callable[[str], None]
) -> None:
    talk.say("flag R1")
    ann = person(talk.store)
    with talk.store.write() as session:
        desk.act_on_alerts(session, talk.id, ann, "phoned")
    assert alerts(talk)[0].acted_how == "phoned"
    reads("sign")
    receipt = talk.say("now the leg is blue")
    (alert,) = alerts(talk)
    assert (alert.tier, alert.raises, alert.seen_at, alert.acted_at) == ("emergency", 2, None, None)
    assert receipt.urgent and "tel:911" in last(talk)
    assert len([timer for timer in talk.rows(Timer) if timer.data["raise"] == 2]) == 2


def test_means_are_read_only_after_words_of_dying(talk: Talk, reads: Callable[[str], None]) -> None:
    reads("means")
    talk.say("flag R8")
    talk.say("i have thirty of them left")
    assert alerts(talk)[0].raises == 1
    talk.say("flag R7")
    talk.say("i have thirty of them left")
    crisis = next(alert for alert in alerts(talk) if alert.flags == ["R7"])
    assert crisis.raises == 2 and crisis.tier == "emergency" and said_in(talk, "after_r7_means")


def test_means_and_signs_are_told_while_staff_hold_it_and_nothing_else_is(
    talk: Talk, reads: Callable[[str], None]
) -> None:
    talk.say("flag R7")
    ann = person(talk.store)
    with talk.store.write() as session:
        desk.claim(session, talk.id, ann)
    reads("what_now")
    talk.say("what do i do")
    assert talk.inbox[-1].note == "for_staff"
    reads("means")
    talk.say("i have thirty left")
    assert said_in(talk, "after_r7_means")


@pytest.mark.parametrize("yes", ["yes", "button"])
def test_the_patient_ends_a_same_day_flag_once_confirmed(
    store: Store, reads: Callable[[str], None], yes: str
) -> None:
    for flag in (name for name, tier in TIERS.items() if tier in ("today", "prescriber")):
        talk = Talk(store, rules=ByName())
        talk.say(f"flag {flag}")
        reads("taken_back")
        talk.say("a doctor has seen it")
        assert alerts(talk)[0].state == "asked" and said_in(talk, "after_ask_over")
        talk.say(choice=after_flag.OVER) if yes == "button" else talk.say("yes")
        (alert,) = alerts(talk)
        assert (alert.state, alert.ended_by, alert.closed_by) == ("ended", "patient", None)
        assert alert.closed_at and said_in(talk, "after_ended")
        reads("small")
        talk.say("thanks")
        assert talk.inbox[-1].state == "pending"  # an ordinary message again


def test_a_graver_flag_is_only_eased_and_stays_with_staff(talk: Talk, reads: Callable[[str], None]) -> None:
    talk.say("flag R4")
    reads("taken_back")
    talk.say("that was ten years ago")
    talk.say("yes")
    (alert,) = alerts(talk)
    assert (alert.state, alert.closed_at) == ("eased", None)
    reads("small")
    talk.say("thanks")
    assert talk.inbox[-1].state == "pending"
    talk.say("flag R4")  # and it comes back
    assert [(alert.state, alert.raises) for alert in alerts(talk)] == [("stands", 2)]


@pytest.mark.parametrize("kind", ["gone", "taken_back"])
def test_a_crisis_is_never_ended_without_a_person(
    talk: Talk, reads: Callable[[str], None], kind: str
) -> None:
    talk.say("flag R7")
    reads(kind)
    for _ in range(3):
        talk.say("i was joking, all is well")
        talk.say("yes")
    assert alerts(talk)[0].state == "stands"
    assert not [event for event in talk.rows(Event) if event.kind == "urgent_ask_over"]


@pytest.mark.parametrize("flag", ["R2", "R3", "R14"])
def test_that_it_went_away_is_no_all_clear_where_it_can_come_back(
    talk: Talk, reads: Callable[[str], None], flag: str
) -> None:
    talk.say(f"flag {flag}")
    reads("gone")
    talk.say("it went away")
    assert alerts(talk)[0].state == "stands" and said_in(talk, f"after_{flag.lower()}_gone")


@pytest.mark.parametrize("answer", ["no", "button", "where is your clinic"])
def test_anything_but_a_yes_leaves_it_standing(talk: Talk, reads: Callable[[str], None], answer: str) -> None:
    talk.say("flag R1")
    reads("gone")
    talk.say("it feels better")
    reads("explains")
    talk.say(choice=after_flag.NOT_OVER) if answer == "button" else talk.say(answer)
    assert alerts(talk)[0].state == "stands"


def test_a_flag_that_is_said_again_is_one_alert_with_one_ladder(
    talk: Talk, reads: Callable[[str], None]
) -> None:
    reads("small")
    for _ in range(25):
        talk.say("flag R2")
    assert len(alerts(talk)) == 1 and alerts(talk)[0].raises == 1
    assert len(talk.rows(Timer)) == 2
    assert len(set(talk.said("system")[-2:])) == 2


def test_a_flag_that_comes_back_after_staff_acted_is_told_again(talk: Talk) -> None:
    talk.say("flag R2")
    ann = person(talk.store)
    with talk.store.write() as session:
        desk.act_on_alerts(session, talk.id, ann, "phoned")
    talk.say("flag R2")
    assert [(alert.raises, alert.acted_at) for alert in alerts(talk)] == [(2, None)]


def test_ordinary_messages_go_on_to_the_assistant(talk: Talk, reads: Callable[[str], None]) -> None:
    talk.say("flag R1")
    reads("ordinary")
    talk.say("where is your clinic")
    assert talk.inbox[-1].state == "pending"


@pytest.mark.parametrize(
    ("before", "kept"), [("booking_contact", True), ("booking_done", False), (None, False)]
)
def test_a_booking_in_the_middle_is_kept_and_offered_when_there_is_time(
    talk: Talk, reads: Callable[[str], None], before: str | None, kept: bool
) -> None:
    if before:
        with talk.store.write() as session:
            add_message(session, locked(session, talk.id), "assistant", "line", answer_id=before)
    talk.say("flag R4")
    reads("explains")
    talk.say("just cold")
    assert not said_in(talk, "after_booking_kept")
    reads("helped")
    talk.say("they are coming")
    assert said_in(talk, "after_booking_kept") == kept
    choices = talk.rows(Message, Message.conversation_id == talk.id)[-1].choices
    assert ("book_appointment" in [choice["key"] for choice in choices]) == kept


def test_thanks_after_help_is_called_asks_for_no_second_call(
    talk: Talk, reads: Callable[[str], None]
) -> None:
    talk.say("flag R2")
    reads("helped")
    talk.say("they are coming")
    reads("small")
    talk.say("thanks")
    assert said_in(talk, "after_helped")


def put(talk: Talk, *replies: Reply) -> list[Reply]:
    with talk.store.write() as session:
        inbound = session.get(Inbound, talk.inbox[-1].id)
        return under_flag.put(session, talk.row, inbound, replies)


def reply(key: str, *choices: str) -> Reply:
    return Reply(f"text of {key}", [{"key": name, "label": name} for name in choices], [], key)


def test_an_ordinary_answer_comes_under_one_line_of_the_flag(
    talk: Talk, reads: Callable[[str], None]
) -> None:
    talk.say("flag R1")
    reads("ordinary")
    first = put(talk, reply("ask_genetics"))[0].text
    assert first.endswith("\n\ntext of ask_genetics") and first.startswith(answers()["after_r1_under"].text)
    talk.say("tuesday morning")
    assert put(talk, reply("booking_name"))[0].text.endswith("text of booking_name")


HARMS = (
    ("R1", "ask_massage_bath"),
    ("R1", "ask_exercise"),
    ("R1", "ask_travel"),
    ("R2", "ask_mood"),
    ("R2", "ask_gabapentin"),
    ("R3", "ask_genetics"),
    ("R4", "ask_circulation"),
    ("R4", "ask_compression"),
    ("R5", "ask_home_remedies"),
    ("R6", "ask_opioids"),
    ("R6", "ask_iron_supplements"),
    ("R7", "ask_gabapentin"),
    ("R7", "ask_alcohol"),
    ("R7", "ask_relief_tonight"),
    ("R7", "a_medicine_of_its_own"),
    ("R8", "ask_dose"),
    ("R9", "ask_alcohol"),
    ("R10", "ask_iron_supplements"),
    ("R10", "ask_children"),
    ("R11", "ask_iron_food"),
    ("R12", "ask_sleep_habits"),
    ("R13", "ask_caffeine"),
    ("R14", "ask_iron_infusion"),
    ("R1", "check_rest"),
)


def test_what_could_harm_is_not_answered(store: Store) -> None:
    for flag, topic in HARMS:
        talk = Talk(store, rules=ByName())
        talk.say(f"flag {flag}")
        (said,) = put(talk, reply(topic, "ask_massage_bath", "show_topics"))
        assert "text of" not in said.text, (flag, topic)
        assert said.answer_id == f"after_{flag.lower()}_self_help", (flag, topic)
        assert talk.rows(TurnLog)[-1].decided_by == "under_flag_instead"


def test_nobody_is_told_after_a_flag_that_restless_legs_are_all_we_know(store: Store) -> None:
    for name in ("fallback_unknown", "out_of_scope_medical", "thank", "affirm", "complain"):
        talk = Talk(store, rules=ByName())
        talk.say("flag R4")
        assert put(talk, reply(name))[0].answer_id == "after_r4"


def test_the_buttons_under_an_answer_lead_nowhere_that_harms(talk: Talk) -> None:
    talk.say("flag R1")
    (said,) = put(
        talk, reply("ask_genetics", "ask_massage_bath", "ask_iron_link", "talk_to_staff", "show_topics")
    )
    assert [choice["key"] for choice in said.choices] == ["ask_iron_link", "talk_to_staff"]
    talk.say("flag R7")
    (said,) = put(talk, reply("ask_clinic", "book_appointment", "ask_iron_link", "talk_to_staff"))
    assert [choice["key"] for choice in said.choices] == ["talk_to_staff"]


def test_without_a_flag_nothing_is_changed(talk: Talk) -> None:
    talk.say("hello")
    assert put(talk, reply("ask_massage_bath"))[0].text == "text of ask_massage_bath"


def test_the_gravest_flag_leads(talk: Talk) -> None:
    for flag in ("R8", "R1", "R2"):
        talk.say(f"flag {flag}")
    with talk.store.read() as session:
        assert [alert.flags[0] for alert in standing.standing(session, talk.id)] == ["R2", "R1", "R8"]
