"""Conversations as they are written down, and what a machine finds wrong with the answers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bot.dialogue import Said
from bot.errors import ConfigError
from bot.store.models import Message, TurnLog
from tools.evaluation.measures import Share
from tools.evaluation.talks import (
    Played,
    PlayedStep,
    Step,
    Talk,
    faults,
    read_talks,
    talks_report,
    talks_table,
)


def said(*texts: str, answer: str = "ask_cure", asks: str | None = None, **message: Any) -> Said:
    replies = [Message(text=text, **{"answer_id": answer, "urgent": False} | message) for text in texts]
    return Said("x", replies, [TurnLog(facts={"asks": asks} if asks else {})])


def test_a_file_is_read_and_other_keys_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "talks.yml"
    path.write_text(
        "- id: a\n  kind: short\n  steps:\n  - {say: hello, topic: greet, grade: good}\n"
        "  - {say: why, facet: [why], holds: [a, b], holds_not: c, never_repeats: true}\n"
        "  - {say: bye, holds: [[a, b], [c]]}\n"
    )
    (talk,) = read_talks(path)
    second = Step("why", facet=("why",), holds=(("a", "b"),), holds_not=("c",), never_repeats=True)
    third = Step("bye", holds=(("a", "b"), ("c",)))
    assert talk == Talk("a", "short", (Step("hello", ("greet",)), second, third))


@pytest.mark.parametrize(
    "content",
    ["[]", "- id: a\n", "- id: a\n  steps: [{topic: x}]", "- id: a\n  steps: [{say: yes}]", "a: [", "- text"],
)
def test_a_file_that_is_none_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.yml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"bad\.yml"):
        read_talks(path)


@pytest.mark.parametrize(
    ("step", "found"),
    [
        (Step("x", topic=("ask_dose", "ask_cure")), ()),
        (Step("x", topic=("ask_c*",)), ()),
        (Step("x", topic=("ask_dose",)), ("missing: ask_dose",)),
        (Step("x", holds=(("nothing", "no CURE"), ("ask_cure",))), ()),
        (Step("x", holds=(("cure",), ("dose", "amount"))), ("missing: dose | amount",)),
        (Step("x", facet=("why", "progress")), ()),
        (Step("x", facet=("danger",)), ("read as progress, not danger",)),
        (Step("x", holds_not=("ask_cure",)), ("must not come: ask_cure",)),
        (Step("x", holds_not=("cure",)), ("must not come: cure",)),
        (Step("x", holds_not=("refusal", "alarm")), ()),
    ],
)
def test_what_has_to_come_and_may_not_is_looked_for_in_ids_words_and_the_log(
    step: Step, found: tuple[str, ...]
) -> None:
    assert faults(step, said("There is no cure.", asks="progress"), []) == found


def test_a_refusal_or_an_alarm_is_a_fault_where_something_else_is_wanted() -> None:
    refusal = said("I know only legs.", answer="out_of_scope_medical")
    alarm = said("Call 911.", answer="R1", urgent=True)
    wants = Step("x", holds=(("legs", "911"),))
    assert faults(wants, refusal, []) == ("a refusal",)
    assert faults(wants, alarm, []) == ("an alarm",)
    for step in (Step("x"), Step("x", topic=("refusal",)), Step("x", topic=("out_of_scope_medical",))):
        assert faults(step, refusal, []) == ()
    for step in (Step("x"), Step("x", topic=("alarm",)), Step("x", topic=("R1",))):
        assert faults(step, alarm, []) == ()
    assert faults(Step("x", topic=("alarm",)), refusal, []) == ("missing: alarm", "a refusal")


def test_a_did_you_mean_is_no_refusal_where_it_offers_what_is_wanted() -> None:
    offers = [{"key": "ask_dose", "label": "How much"}]
    asks_back = said("Did you mean", answer="fallback_suggest", choices=offers)
    assert faults(Step("x", topic=("ask_dose",)), asks_back, []) == ()
    assert faults(Step("x", topic=("ask_cure",)), asks_back, []) == ("missing: ask_cure", "a refusal")
    other = said("No", answer="ask_cure", choices=offers)
    assert faults(Step("x", topic=("ask_dose",)), other, []) == ("missing: ask_dose",)


def test_the_same_words_twice_running_are_a_fault() -> None:
    assert faults(Step("x"), said("a", "b"), [said("b")]) == ("the same words twice running",)
    assert faults(Step("x"), said("a"), [said("b")]) == ()
    assert faults(Step("x"), said("a"), [said("a"), said("b")]) == ()


def test_where_nothing_may_be_repeated_no_paragraph_of_the_conversation_comes_again() -> None:
    long = "Many people find that a warm bath helps them."
    before = [said(f"Yes.\n\n{long}"), said("No.")]
    again = said(f"It may.\n\n{long}")
    assert faults(Step("x", never_repeats=True), again, before) == ("the same words again",)
    assert faults(Step("x"), again, before) == ()
    assert faults(Step("x", never_repeats=True), said("Yes.\n\nIt may."), before) == ()


def played(kind: str, *steps: PlayedStep, kept: bool = False) -> Played:
    return Played(Talk(f"of {kind}", kind, tuple(one.step for one in steps), kept), steps)


def test_the_figures_are_by_kind_with_the_words_of_a_reply() -> None:
    good = PlayedStep(Step("will it go"), said("There is no cure."), ())
    bad = PlayedStep(Step("iron"), said("one two three four five", "six"), ("a refusal",))
    silent = PlayedStep(Step("hello"), Said("hello"), ("the same words again",))
    found = talks_report([played("worry", good, bad), played("worry", good), played("iron", silent)])
    assert found["kinds"]["worry"]["turns without a fault"] == Share(2, 3)
    assert found["kinds"]["worry"]["talks without a fault"] == Share(1, 2)
    assert found["kinds"]["iron"]["repeated"] == 1
    assert found["all"]["refused"] == 1
    assert found["all"]["words"] == [4, 6]
    printed = "\n".join(talks_table([played("worry", good, bad)]))
    assert re.search(r"worry +1 +1 of 2 +50% +1 +0 +0 +5 +6", printed)


def test_of_what_is_kept_only_figures_are_shown() -> None:
    step = PlayedStep(Step("will it go"), said("There is no cure."), ("missing: dose",))
    kept, shown = played("iron", step, kept=True), played("iron", step)
    for text in ("\n".join(talks_table([kept])), str(talks_report([kept]))):
        assert "will it go" not in text and "no cure" not in text
        assert "iron" in text
    assert "will it go" in "\n".join(talks_table([shown]))


def test_a_file_called_kept_is_kept(tmp_path: Path) -> None:
    for name, kept in (("kept_iron.yml", True), ("dev_iron.yml", False)):
        (tmp_path / name).write_text("- id: a\n  steps: [{say: hello}]\n")
        assert read_talks(tmp_path / name)[0].kept is kept


def test_every_turn_is_printed_with_its_words_ids_and_faults() -> None:
    step = PlayedStep(Step("will it go"), said("There is no cure."), ("missing: dose",))
    printed = "\n".join(talks_table([Played(Talk("a", "short", (step.step,)), (step,))]))
    for piece in ("a  short", "> will it go", "[ask_cure; 4 words]", "There is no cure.", "!! missing: dose"):
        assert piece in printed
    assert "1 conversations, 1 turns, 1 of them with faults" in printed
