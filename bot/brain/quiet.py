"""Keeps patient text out of Rasa's logs.

Rasa logs a failed turn with the message's text and, when no terminal listens, with every local variable of the
traceback. The record factory below lets only the event's name, the level and the types of the errors through.
"""

from __future__ import annotations

import json
import logging
from typing import Any

_KEEP = ("event", "level", "event_info")
_OURS = logging.getLogRecordFactory()


def install() -> None:
    """Put the record factory in place for this process."""
    logging.setLogRecordFactory(_record)


def _record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = _OURS(*args, **kwargs)
    if record.exc_info:
        kind = record.exc_info[0]
        record.exc_info, record.exc_text = None, None
        record.msg, record.args = (
            f"{record.getMessage() if not record.name.startswith('rasa') else 'error'} ({kind.__name__ if kind else '?'})",
            (),
        )
    if isinstance(record.msg, dict):
        record.msg = _short(record.msg)
    elif isinstance(record.msg, str) and record.msg.startswith("{"):
        try:
            record.msg, record.args = _short(json.loads(record.msg)), ()
        except ValueError:
            record.msg, record.args = "a message that is not shown", ()
    return record


def _short(fields: Any) -> str:
    if not isinstance(fields, dict):
        return "a message that is not shown"
    errors = [str(row.get("exc_type")) for row in fields.get("exception") or [] if isinstance(row, dict)]
    kept = {key: fields[key] for key in _KEEP if isinstance(fields.get(key), str)}
    return " ".join([*(f"{key}={value}" for key, value in kept.items()), *([f"errors={','.join(errors)}"] if errors else [])])
