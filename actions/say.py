"""Saying things: the one form in which every action of ours speaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.log import record
from actions.turn import Turn
from bot.content.answers import Answer, answers
from bot.content.clinic import clinic
from bot.store.engine import store

Result = TypeVar("Result")


def say(
    dispatcher: CollectingDispatcher,
    text: str,
    *,
    choices: Sequence[dict[str, str]] = (),
    sources: Sequence[dict[str, str]] = (),
    answer_id: str | None = None,
    decided_by: str | None = None,
) -> None:
    """One message to the patient, its placeholders filled with the clinic's data.

    Args:
        decided_by: the name of the decision, for whoever explains it; the patient does not see it.
    """
    dispatcher.utter_message(
        json_message={
            "text": clinic().fill(text),
            "choices": list(choices),
            "sources": list(sources),
            "answer": answer_id,
            "decided_by": decided_by,
        }
    )


def say_line(
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    name: str,
    *,
    extra: str = "",
    choices: Sequence[dict[str, str]] | None = None,
) -> None:
    """Say a line of ``data/answers`` by its id, in a wording other than the last time."""
    line = answers()[name]
    text = wording(line, tracker)
    say(
        dispatcher,
        f"{text}\n\n{extra}" if extra else text,
        choices=answers().choices(line.follow_ups) if choices is None else choices,
        sources=answers().links(line),
        answer_id=name,
    )


def last_message(tracker: Tracker) -> dict[str, Any]:
    """What was said last, before the patient's message."""
    asked = False
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            asked = True
        elif asked and event.get("event") == "bot":
            return (event.get("data") or {}).get("custom") or {}
    return {}


def lines_before(tracker: Tracker) -> list[str]:
    """The ids of the lines between the patient's message and the one before it, in their order."""
    found: list[str] = []
    users = 0
    for event in reversed(tracker.events):
        users += event.get("event") == "user"
        if users > 1:
            break
        if (
            users
            and event.get("event") == "bot"
            and (name := ((event.get("data") or {}).get("custom") or {}).get("answer"))
        ):
            found.append(name)
    return found[::-1]


def last_said(tracker: Tracker) -> str | None:
    """The id of the line that was said last."""
    return last_message(tracker).get("answer")


def said_lately(tracker: Tracker, turns: int) -> str:
    """All that was said in answer to the patient's last ``turns`` messages before this one."""
    texts, asked = [], 0
    for event in reversed(tracker.events):
        asked += event.get("event") == "user"
        if asked > turns:
            break
        if event.get("event") == "bot":
            texts.append(((event.get("data") or {}).get("custom") or {}).get("text") or "")
    return "\n\n".join(texts)


def already_ran(tracker: Tracker, action: str) -> bool:
    """Whether ``action`` has run since the patient's last message."""
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            return False
        if event.get("event") == "action" and event.get("name") == action:
            return True
    return False


def just_said(text: str, tracker: Tracker) -> bool:
    """Whether ``text`` stands in what was said last, word for word."""
    return clinic().fill(text) in (last_message(tracker).get("text") or "")


def wording(line: Answer, tracker: Tracker) -> str:
    """The line's text or one of its variants: the one after the wording that was said last."""
    texts = [line.text, *line.variants]
    filled = [clinic().fill(text) for text in texts]
    for event in reversed(tracker.events):
        if event.get("event") == "bot":
            said = ((event.get("data") or {}).get("custom") or {}).get("text") or ""
            for index, text in enumerate(filled):
                if text in said:
                    return texts[(index + 1) % len(texts)]
    return texts[0]


async def in_store(work: Callable[[Any], Result]) -> Result:
    """Run ``work(session)`` in a write transaction, off the server's loop."""

    def run() -> Result:
        with store().write() as session:
            return work(session)

    return await asyncio.to_thread(run)


async def log_turn(
    turn: Turn,
    action: str,
    answer_id: str | None = None,
    *,
    ordinal: int = 0,
    decided_by: str | None = None,
    leaned_on: str | None = None,
    open: str | None = None,
    took_up: str | None = None,
) -> None:
    """Log that ``action`` answered with ``answer_id``; a flow decides by its own name, the table by its
    row's."""
    version = answers()[answer_id].version if answer_id else None
    why = decided_by or action.removeprefix("action_")
    await in_store(
        lambda session: record(
            session,
            turn,
            action,
            answer_id=answer_id,
            version=version,
            ordinal=ordinal,
            decided_by=why,
            leaned_on=leaned_on,
            open=open,
            took_up=took_up,
        )
    )
