"""Keeps patient text out of Rasa's logs.

Rasa logs a failed turn with the message's text and, when no terminal listens, with every local variable of
the traceback; elsewhere it builds its lines from slots and events. While it serves patients, the record
factory below lets through

- of a structured line the event's name, its words that stand in Rasa's program, the level and the types of
  the errors;
- of a plain line only what ``bot.logs.shown`` lets through: a text that stands in the code that logs it, no
  other;
- of an error its type.

Commands that meet no patient (``train``, ``test``, ``data validate``) keep their plain lines, which are their
result.
"""

from __future__ import annotations

import json
import logging
from functools import partial
from typing import Any

from bot.logs import shown

_KEEP = ("event", "level", "event_info")
_OURS = logging.getLogRecordFactory()


def install(*, patients: bool = True) -> None:
    """Put the record factory in place for this process; ``patients`` says whether it reads what patients
    write."""
    logging.setLogRecordFactory(partial(_record, patients=patients))


def _record(*args: Any, patients: bool = True, **kwargs: Any) -> logging.LogRecord:
    record = _OURS(*args, **kwargs)
    kind = ""
    if record.exc_info:
        kind = f" ({record.exc_info[0].__name__ if record.exc_info[0] else '?'})"
        record.exc_info, record.exc_text = None, None
    if patients:
        record.stack_info = None
    if isinstance(record.msg, dict):
        said = _short(record.msg)
    elif isinstance(record.msg, str) and record.msg.startswith("{"):
        try:
            said = _short(json.loads(record.msg))
        except ValueError:
            said = "a message that is not shown"
    elif patients or (kind and record.name.startswith("rasa")):
        said = shown(record)
    elif kind:
        said = record.getMessage()
    else:
        return record
    record.msg, record.args = said + kind, ()
    return record


def _short(fields: Any) -> str:
    if not isinstance(fields, dict):
        return "a message that is not shown"
    errors = [str(row.get("exc_type")) for row in fields.get("exception") or [] if isinstance(row, dict)]
    kept = {key: fields[key] for key in _KEEP if isinstance(fields.get(key), str)}
    return " ".join(
        [
            *(f"{key}={value}" for key, value in kept.items()),
            *([f"errors={','.join(errors)}"] if errors else []),
        ]
    )
