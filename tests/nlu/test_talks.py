"""Conversations as they are written down, and what a machine finds wrong with the answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.dialogue import Said
from bot.errors import ConfigError
from bot.store.models import Message
from tools.evaluation.talks import Played, PlayedStep, Step, Talk, faults, read_talks, talks_table


def said(*texts: str, answer: str = "ask_cure") -> Said:
    return Said("x", [Message(text=text, answer_id=answer, urgent=False) for text in texts])


def test_a_file_is_read_and_other_keys_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "talks.yml"
    path.write_text(
        "- id: a\n  kind: short\n  steps:\n  - {say: hello, must: greet, grade: good}\n  - say: bye\n"
    )
    (talk,) = read_talks(path)
    assert talk == Talk("a", "short", (Step("hello", ("greet",)), Step("bye")))


@pytest.mark.parametrize("content", ["[]", "- id: a\n", "- id: a\n  steps: [{must: x}]", "a: [", "- text"])
def test_a_file_that_is_none_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.yml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"bad\.yml"):
        read_talks(path)


@pytest.mark.parametrize(
    ("step", "found"),
    [
        (Step("x", must=("ask_cure", "no CURE")), ()),
        (Step("x", must=("dose",)), ("missing: dose",)),
        (Step("x", must_not=("ask_cure",)), ("must not come: ask_cure",)),
        (Step("x", must_not=("cure",)), ("must not come: cure",)),
    ],
)
def test_what_must_and_must_not_come_is_looked_for_in_ids_and_words(
    step: Step, found: tuple[str, ...]
) -> None:
    assert faults(step, said("There is no cure."), None) == found


def test_the_same_words_twice_running_are_a_fault() -> None:
    assert faults(Step("x"), said("a", "b"), said("b")) == ("the same words twice running",)
    assert faults(Step("x"), said("a"), said("b")) == ()


def test_every_turn_is_printed_with_its_words_ids_and_faults() -> None:
    step = PlayedStep(Step("will it go"), said("There is no cure."), ("missing: dose",))
    printed = "\n".join(talks_table([Played(Talk("a", "short", (step.step,)), (step,))]))
    for piece in ("a  short", "> will it go", "[ask_cure; 4 words]", "There is no cure.", "!! missing: dose"):
        assert piece in printed
    assert "1 conversations, 1 turns, 1 of them with faults" in printed
