"""Logging: one line an event, in key=value or JSON, with names and numbers only. No text of a patient ever goes in."""

from __future__ import annotations

import contextlib
import logging
import sys
from types import TracebackType
from typing import Any, TextIO, cast

import structlog


def set_up(level: str) -> None:
    """Send structlog and the standard library's logs to standard error in one form.

    Tracebacks are shortened to the type of the error and where it arose: a full one could print what a patient typed.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=False) if sys.stderr.isatty() else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Unfailing(sys.stderr))),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Short("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore", "uvicorn.access", "alembic", "telegram"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class _Unfailing:
    """A stream whose writes never fail: a full disk may cost lines of the log, never the work that they tell of."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            return self._stream.write(text)
        return 0

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()


class _Short(logging.Formatter):
    """Formats an exception as its type and place."""

    def formatException(self, ei: Any) -> str:  # the name is the standard library's
        kind: type[BaseException] = ei[0]
        trace: TracebackType | None = ei[2]
        while trace and trace.tb_next:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
        return f"{kind.__name__} at {where}"
