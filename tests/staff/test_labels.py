"""Staff read words, never codes: everything that is written into the history, or as a reason to wait, has
a name.

The codes are collected from the source, so that a new one turns this red until it has its words.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

import pytest

from bot.content.texts import table
from bot.settings import ROOT
from bot.staff import labels
from bot.store.models import Event
from bot.store.modes import TRANSITIONS, URGENT

#: Where a code comes in from outside the function: the mode's table below, and the reason that ``hand_over``
#: is given by its callers.
HANDED_ON = {("bot/store/modes.py", "what"), ("actions/stored_work.py", "reason")}


@cache
def trees() -> dict[str, ast.Module]:
    files = [
        path
        for folder in ("bot", "actions")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "versions" not in path.parts
    ]
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8")) for path in files}


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == name:
            yield node


def given(call: ast.Call, name: str, place: int | None = None) -> ast.expr | None:
    """The argument ``name`` of a call, by keyword or by place."""
    named = next((keyword.value for keyword in call.keywords if keyword.arg == name), None)
    return named or (call.args[place] if place is not None and len(call.args) > place else None)


def values(expression: ast.expr, path: str) -> set[str]:
    """Every text that an expression can be: written there, chosen there, or put into that name somewhere
    in the file."""
    if isinstance(expression, ast.Constant):
        return {expression.value} if expression.value else set()
    if isinstance(expression, ast.IfExp):
        return values(expression.body, path) | values(expression.orelse, path)
    assert isinstance(expression, ast.Name), (
        f"{path}:{expression.lineno}: write the code where it can be read, or teach this test"
    )
    if (path, expression.id) in HANDED_ON:
        return set()
    put = [
        node.value
        for node in ast.walk(trees()[path])
        if isinstance(node, ast.Assign)
        and any(getattr(target, "id", "") == expression.id for target in node.targets)
    ]
    assert put, f"{path}:{expression.lineno}: where does {expression.id} come from?"
    return set().union(*(values(value, path) for value in put))


def kinds() -> set[str]:
    found = {what for _, what in [*TRANSITIONS, *URGENT]}
    for path, tree in trees().items():
        for call in calls(tree, "Event"):
            kind = given(call, "kind")
            if kind is not None:  # asyncio has an Event too
                found |= values(kind, path)
    return found


def reasons() -> set[str]:
    found: set[str] = set()
    for path, tree in trees().items():
        for name, place in (("change_mode", None), ("hand_over", 3)):
            for call in calls(tree, name):
                reason = given(call, "reason", place)
                found |= values(reason, path) if reason is not None else set()
    return found


def actors() -> set[str]:
    """The parts of ours that act; a person's name is no code."""
    found: set[str] = set()
    for path, tree in trees().items():
        for name in ("Event", "change_mode"):
            for call in calls(tree, name):
                actor = given(call, "actor")
                if isinstance(actor, ast.Constant):
                    found |= values(actor, path)
    return found


def test_the_source_is_read() -> None:
    assert {
        "change_wanted",
        "delivery_unknown",
        "not_delivered",
        "asked_if_urgent",
        "unreachable",
        "claim",
        "booking",
    } <= kinds()
    assert {"asked", "booking", "change", "red_flag", "no_answer", "unchecked"} <= reasons()
    assert {"patient", "red flags", "system"} <= actors()


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_kind_of_event_has_words(kind: str) -> None:
    text = labels.event_text(Event(kind=kind, actor="x", data={}))
    assert text != kind.replace("_", " "), f"data/texts/en/staff.yml has no words for {kind}"


@pytest.mark.parametrize("reason", sorted(reasons()))
def test_every_reason_to_wait_has_words_in_the_list_and_in_the_history(reason: str) -> None:
    named = table("staff.reasons")
    assert labels.reason(reason) == named[reason]
    assert named[reason].lower() in labels.event_text(
        Event(kind="hand_over", actor="x", data={"reason": reason})
    )


@pytest.mark.parametrize("actor", sorted(actors()))
def test_every_part_of_ours_that_acts_has_a_name(actor: str) -> None:
    assert labels.actor(Event(kind="claim", actor=actor)) not in (actor, "")


def test_a_person_keeps_their_name_and_what_they_said_stands_beside_it() -> None:
    event = Event(kind="take_over", actor="Ana Ruiz", data={"why": "Bo has gone home"})
    assert (labels.actor(event), labels.event_text(event)) == (
        "Ana Ruiz",
        "took the conversation over (“Bo has gone home”)",
    )


def test_the_ladder_says_how_long_nobody_looked() -> None:
    assert "after 15 minutes of opening hours" in labels.event_text(
        Event(kind="alert_step", actor="system", data={"minutes": 15.0})
    )
