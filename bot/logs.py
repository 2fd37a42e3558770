"""Logging: one line for each event, in key=value or JSON, names and numbers only.

No patient's text ever goes in.

Our own lines are structlog's: a fixed event name and fields that we choose. Other libraries log through the
standard library. Their lines get the same form, but a text is shown only if it stands in their program as it
is: ``"Invalid HTTP request received."`` does, ``f"cannot read {text}"`` does not, and may hold what a patient
typed.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import Any, TextIO, cast

import structlog

#: Our own modules: what they put into a line is names and numbers.
_OURS = ("bot.", "actions.")
#: Functions of libraries that make a text from settings alone, by logger and function: uvicorn says where it
#: listens.
_FROM_SETTINGS = {("uvicorn.error", "_log_started_message")}


def set_up(level: str, stream: TextIO | None = None) -> None:
    """Send structlog's and the standard library's lines to ``stream`` in one form.

    Args:
        level: a level of the standard library, such as ``INFO``.
        stream: standard error by default. A terminal gets key=value, everything else JSON.
    """
    out = stream or sys.stderr
    renderer = (
        structlog.dev.ConsoleRenderer(colors=False) if out.isatty() else structlog.processors.JSONRenderer()
    )
    common: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_place,
    ]
    structlog.configure(
        processors=[*common, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Unfailing(out))),
    )
    handler = logging.StreamHandler(cast(TextIO, _Unfailing(out)))
    handler.addFilter(_shorten)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*common, _name_the_source],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore", "uvicorn.access", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def fault(error: BaseException) -> dict[str, str]:
    """What may be logged of an error: its type and where it arose.

    A whole traceback could hold what was typed.
    """
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = {"at": f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"} if trace else {}
    return {"error": type(error).__name__, **place}


def _with_place(_: Any, __: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Say where an error arose, also where a line gives its type alone: what is being handled right now is
    that error."""
    raised = sys.exc_info()[1]
    if raised is not None and "at" not in fields and fields.get("error") == type(raised).__name__:
        fields.update(fault(raised))
    return fields


def shown(record: logging.LogRecord) -> str:
    """What may be shown of a record's text.

    Call it while the record is made or handled: it looks at the call stack.

    A text that stands as it is in the code that logs it cannot be a patient's. Numbers are filled into it;
    other values only where the module is ours. Of a text that was put together, only the place in the code is
    told.
    """
    if (record.name, record.funcName) in _FROM_SETTINGS:
        return record.getMessage()
    if not isinstance(record.msg, str) or not _stands_in_the_code(record):
        return f"not shown: {record.name}, {record.filename}:{record.lineno}"
    values = record.args or ()
    plain = isinstance(values, tuple) and all(isinstance(value, int | float) for value in values)
    if plain or record.name.startswith(_OURS):
        with contextlib.suppress(TypeError, ValueError):
            return record.getMessage()
    return record.msg


def _stands_in_the_code(record: logging.LogRecord) -> bool:
    """Whether the record's text is a constant of the function that logs it."""
    frame = sys._getframe()
    while (caller := frame.f_back) is not None:
        frame = caller
        if frame.f_lineno == record.lineno and frame.f_code.co_filename == record.pathname:
            return record.msg in frame.f_code.co_consts
    return False


def _shorten(record: logging.LogRecord) -> bool:
    """A handler's filter that lets every record through, without what may not be shown."""
    record.msg, record.args, record.stack_info = shown(record), (), None
    return True


def _name_the_source(_: Any, __: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Say which library speaks, and of an error no more than :func:`fault` does."""
    fields["logger"] = fields["_record"].name
    raised = fields.pop("exc_info", None)
    if isinstance(raised, tuple) and raised[1] is not None:
        fields.update(fault(raised[1]))
    return fields


class _Unfailing:
    """A stream whose writes never fail: a full disk, or a file that is closed already, may cost lines of
    the log, never the work that they tell of."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError, ValueError):
            return self._stream.write(text)
        return 0

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()
