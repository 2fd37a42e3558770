"""What a patient typed stands in no log line, whichever of our processes writes it."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot import logs
from bot.rasa_server import command_line, log_filter

CANARY = "my private canary words"


def failed() -> Any:
    """An error as a bug would raise it: the patient's words in its text and in a local variable."""
    typed = CANARY
    try:
        raise ValueError(f"cannot read {typed!r}")
    except ValueError:
        return sys.exc_info()


def logged(body: str) -> tuple[str, list[dict[str, Any]]]:
    """What a process with our logs writes, whole and line by line.

    In a process of its own, since setting them up changes all of it.
    """
    script = f"import asyncio, gc, logging, structlog\nfrom bot import logs\nlogs.set_up('DEBUG')\nlogging.raiseExceptions = False\n{body}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stdout + done.stderr, [json.loads(line) for line in done.stderr.splitlines()]


def test_of_an_error_its_type_and_place_are_told() -> None:
    kind, error, _ = failed()
    said = logs.fault(error)
    assert said["error"] == kind.__name__
    assert said["at"].startswith(f"{__file__}:")
    assert CANARY not in str(said)


def test_an_error_that_was_never_raised_has_no_place() -> None:
    assert logs.fault(ValueError(CANARY)) == {"error": "ValueError"}


def test_the_front_doors_log_holds_no_text_of_an_error(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(f"def fail():\n    raise ValueError({CANARY!r})\n")
    text, lines = logged(
        f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\nimport broken\n"
        "try:\n    broken.fail()\nexcept ValueError as error:\n"
        "    logging.getLogger('uvicorn.error').exception('it failed')\n"
        "    structlog.get_logger().error('it_failed', **logs.fault(error))\n"
    )
    assert CANARY not in text
    theirs, ours = lines
    assert (theirs["event"], theirs["logger"], theirs["level"]) == ("it failed", "uvicorn.error", "error")
    assert ours["event"] == "it_failed"
    assert theirs["error"] == ours["error"] == "ValueError"
    assert theirs["at"] == ours["at"] == f"{tmp_path / 'broken.py'}:2"


def test_an_error_that_a_line_gives_by_its_type_alone_still_has_its_place() -> None:
    """Many places log ``error=type(error).__name__`` while they handle it."""
    _, (line, other, outside) = logged(
        "try:\n    {}['x']\nexcept KeyError as error:\n"
        "    structlog.get_logger().error('it_failed', error=type(error).__name__)\n"
        "    structlog.get_logger().error('of_another', error='TimeoutError')\n"
        "structlog.get_logger().error('told_later', error='KeyError')\n"
    )
    assert line["error"] == "KeyError" and line["at"].startswith("<string>:")
    assert "at" not in other and "at" not in outside


def test_what_other_libraries_log_has_the_form_of_our_own_lines() -> None:
    _, (theirs, ours) = logged(
        "logging.getLogger('uvicorn.error').warning('port %d is slow', 5005)\nstructlog.get_logger().warning('slow')\n"
    )
    assert theirs.pop("logger") == "uvicorn.error"
    assert theirs["event"] == "port 5005 is slow"
    assert theirs.keys() == ours.keys() == {"event", "level", "timestamp"}


def test_the_start_of_the_server_says_where_it_listens() -> None:
    """uvicorn puts that line together itself, so it would count as hidden; nothing but settings goes into
    it."""
    _, lines = logged(
        "import uvicorn\nconfig = uvicorn.Config(lambda scope: None, port=8123, log_config=None, ws='none')\n"
        "config.load()\nuvicorn.Server(config)._log_started_message([])\n"
    )
    assert [line["event"] for line in lines if "running on" in line["event"]] == [
        "Uvicorn running on http://127.0.0.1:8123 (Press CTRL+C to quit)"
    ]


@pytest.mark.parametrize(
    "call",
    [
        "log.warning(f'cannot read {typed}')",
        "log.warning('cannot read ' + typed)",
        "log.warning('cannot read %s', typed)",
        "log.warning('cannot read %(text)s', {'text': typed})",
        "log.warning(typed)",
        "log.warning(ValueError(typed))",
        "log.warning('no such format %d', typed)",
        "log.warning('a task broke', stack_info=True, exc_info=ValueError(typed))",
        "log.handle(logging.makeLogRecord({'msg': typed, 'name': 'elsewhere', 'levelno': 30, 'levelname': 'WARNING'}))",
        # asyncio puts the whole error into the text of its line
        "async def go():\n    task = asyncio.create_task(broken())\n    await asyncio.sleep(0.01)\n"
        "async def broken():\n    raise ValueError(typed)\nasyncio.run(go()); gc.collect()",
    ],
)
def test_no_library_can_put_a_patients_words_into_a_line(call: str) -> None:
    text, lines = logged(
        f"log = logging.getLogger('some.library')\ntyped = ''.join({list(CANARY)!r})\n{call}\n"
    )
    assert [line for line in lines if line["level"] in ("warning", "error")]
    assert CANARY not in text


def test_our_own_modules_may_fill_names_in() -> None:
    _, (line,) = logged(
        "logging.getLogger('bot.rasa_server.rasa_channel').warning('turn broken: %s', 'ValueError')\n"
    )
    assert line["event"] == "turn broken: ValueError"


@pytest.mark.parametrize(
    "message",
    [
        {
            "event": "processor.message.failed",
            "message": CANARY,
            "exception": [{"exc_type": "ValueError", "exc_value": CANARY}],
        },
        json.dumps({"event": "rasa.core", "text": CANARY, "level": "error"}),
        "{" + CANARY,
        f"Validating extracted slots: {CANARY}",
        f"Logged UserUtterance {CANARY}",
    ],
)
def test_a_record_of_rasa_keeps_names_only(message: Any) -> None:
    record = log_filter._record("rasa.core.processor", logging.ERROR, "x.py", 1, message, (), None)
    assert CANARY not in record.getMessage()
    with_error = log_filter._record("some.library", logging.ERROR, "x.py", 1, message, (), failed())
    assert CANARY not in with_error.getMessage()
    assert "ValueError" in with_error.getMessage()
    assert with_error.exc_info is None and with_error.exc_text is None


def test_an_error_of_rasa_keeps_its_type_only() -> None:
    record = log_filter._record(
        "rasa.core.agent", logging.ERROR, "x.py", 1, "failed for %s", (CANARY,), failed()
    )
    assert record.getMessage() == "not shown: rasa.core.agent, x.py:1 (ValueError)"


@pytest.fixture
def rasas_log() -> Iterator[Any]:
    """A logger of Rasa's while it serves patients; ``lines`` is what it wrote, its records made by our
    factory."""
    before, log = logging.getLogRecordFactory(), logging.getLogger("rasa.of_a_test")
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    log.addHandler(handler)
    log.setLevel("DEBUG")
    log.propagate, log.lines = False, lines  # type: ignore[attr-defined]
    log_filter.install()
    yield log
    logging.setLogRecordFactory(before)
    log.removeHandler(handler)


def test_a_plain_line_of_rasa_is_shown_only_as_it_stands_in_the_code(rasas_log: Any) -> None:
    typed = "".join(CANARY)
    rasas_log.debug(f"Validating extracted slots: {typed}")
    rasas_log.debug("Rasa server is up and running.")
    rasas_log.debug("Loaded %d of %s", 3, typed)
    rasas_log.debug("Loaded %d", 3)
    logging.getLogger("rasa.of_a_test").info(
        json.dumps({"event": "rasa.x", "level": "info", "event_info": "as written", "text": typed})
    )
    hidden, *shown = rasas_log.lines
    assert hidden.startswith("not shown: rasa.of_a_test, test_quiet_logs.py:")
    assert shown == [
        "Rasa server is up and running.",
        "Loaded %d of %s",
        "Loaded 3",
        "event=rasa.x level=info event_info=as written",
    ]


def test_a_command_that_meets_no_patient_keeps_its_plain_lines(rasas_log: Any) -> None:
    log_filter.install(patients=False)
    rasas_log.warning(f"Intent {'ask_x'} has no examples")
    assert rasas_log.lines == ["Intent ask_x has no examples"]


@pytest.mark.parametrize(
    ("command", "strict"),
    [(["run"], True), (["export"], True), ([], True), (["data", "validate"], False), (["train"], False)],
)
def test_rasas_server_and_its_copies_of_talks_are_the_quiet_ones(
    command: list[str], strict: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(log_filter, "install", lambda *, patients: asked.append(patients))
    monkeypatch.setattr(command_line.tensorflow_stub, "install", lambda: None)
    monkeypatch.setattr(logging, "captureWarnings", lambda _: None)
    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setitem(sys.modules, "rasa.__main__", SimpleNamespace(main=lambda: None))
    command_line.main(command)
    assert asked == [strict]


def test_the_level_of_our_logs_reaches_rasa(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLA_LOG_LEVEL", "WARNING")
    monkeypatch.setattr(os, "environ", dict(os.environ))
    seen: list[tuple[str, str | None]] = []
    monkeypatch.setattr(
        command_line, "main", lambda words: seen.append((words[0], os.environ.get("LOG_LEVEL")))
    )
    command_line.serve()
    assert seen == [("run", "WARNING")]
