"""What a patient typed stands in no log line, whichever of our processes writes it."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import Any

import pytest

from bot import logs
from bot.brain import quiet

CANARY = "my private canary words"


def failed() -> Any:
    """An error as a bug would raise it: the patient's words in its text and in a local variable."""
    typed = CANARY
    try:
        raise ValueError(f"cannot read {typed!r}")
    except ValueError:
        return sys.exc_info()


def test_a_traceback_of_the_front_door_is_its_type_and_place() -> None:
    said = logs._Short().formatException(failed())
    assert said.startswith("ValueError at ")
    assert CANARY not in said


def test_the_front_doors_log_holds_no_text_of_an_error() -> None:
    """In a process of its own, since setting up the logs changes the whole process."""
    script = (
        "import logging, structlog\nfrom bot import logs\nlogs.set_up('DEBUG')\n"
        f"try:\n    raise ValueError({CANARY!r})\nexcept ValueError as error:\n"
        "    logging.getLogger('uvicorn.error').exception('it failed')\n"
        "    structlog.get_logger().error('it_failed', error=type(error).__name__)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "it failed" in done.stderr and "it_failed" in done.stderr
    assert CANARY not in done.stderr + done.stdout


@pytest.mark.parametrize(
    "message",
    [
        {"event": "processor.message.failed", "message": CANARY, "exception": [{"exc_type": "ValueError", "exc_value": CANARY}]},
        json.dumps({"event": "rasa.core", "text": CANARY, "level": "error"}),
        "{" + CANARY,
    ],
)
def test_a_record_of_rasa_keeps_names_only(message: Any) -> None:
    record = quiet._record("rasa.core.processor", logging.ERROR, "x.py", 1, message, (), None)
    assert CANARY not in record.getMessage()


def test_an_error_of_rasa_keeps_its_type_only() -> None:
    record = quiet._record("rasa.core.agent", logging.ERROR, "x.py", 1, "failed for %s", (CANARY,), failed())
    assert record.getMessage() == "error (ValueError)"
    assert record.exc_info is None and record.exc_text is None
