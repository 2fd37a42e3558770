"""Rasa's own command line under our conditions: ``python -m bot rasa train``, ``shell``, ``test``, ``data
validate`` ..."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.rasa_server import log_filter, tensorflow_stub
from bot.settings import Settings, settings

#: Rasa's commands that read our own files and what a developer types, and nothing of patients.
_WITHOUT_PATIENTS = frozenset(
    {"data", "evaluate", "init", "interactive", "shell", "telemetry", "test", "train", "visualize"}
)


def main(arguments: list[str]) -> None:
    """Run ``rasa`` with these arguments, in this process; ends it as Rasa would."""
    for name, value in environment(settings()).items():
        os.environ[name] = value
    warnings.filterwarnings("ignore")
    if arguments[:2] == ["data", "validate"]:  # whose warnings are its result
        warnings.filterwarnings("always", category=UserWarning, module=r"rasa\.shared\.utils\.io")
    else:
        logging.captureWarnings(True)
    tensorflow_stub.install()
    log_filter.install(patients=not _WITHOUT_PATIENTS.intersection(arguments[:1]))
    for name in ("matplotlib", "py.warnings", "sanic.root"):
        logging.getLogger(name).setLevel(logging.ERROR)
    sys.path.insert(0, str(Path.cwd()))
    sys.argv = ["rasa", *arguments]

    from rasa.__main__ import main as rasa_main  # seconds: only here

    if arguments[:1] == ["test"]:
        _no_empty_reports()
    rasa_main()


def _no_empty_reports() -> None:
    """Rasa's tests end in a report on entities even where there are no tokens to report on; scikit-learn
    now refuses that."""
    import rasa.core.test
    import rasa.nlu.test

    evaluate = rasa.nlu.test.evaluate_entities

    def only_where_some(entity_results: Any, *args: Any, **kwargs: Any) -> Any:
        return (
            evaluate(entity_results, *args, **kwargs)
            if any(result.tokens for result in entity_results)
            else {}
        )

    rasa.core.test.evaluate_entities = rasa.nlu.test.evaluate_entities = only_where_some


def serve() -> None:
    """The Rasa server, on loopback, with its API behind our token.

    It logs as much as we do, each event as JSON, which ``log_filter`` shortens.
    """
    config = settings()
    os.environ.update({"LOG_LEVEL": config.log_level, "FORCE_JSON_LOGGING": "true"})
    main(
        [
            *("run", "--interface", "127.0.0.1", "--port", str(config.rasa_port)),
            *("--enable-api", "--auth-token", config.brain_token),
            *("--model", "models", "--endpoints", "endpoints.yml", "--credentials", "credentials.yml"),
        ]
    )


def environment(config: Settings) -> dict[str, str]:
    """What ``endpoints.yml`` and Rasa itself read from the environment."""
    redis = urlsplit(config.redis_url)
    config.data_dir.mkdir(parents=True, exist_ok=True)
    return {
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "LOG_LEVEL_LIBRARIES": "ERROR",
        "RLA_ACTION_ENDPOINT": f"{config.actions_url}/webhook",
        "RLA_ACTION_AUTHORIZATION": f"Bearer {config.brain_token}",
        "RLA_RASA_DATABASE": config.rasa_database,
        "RLA_RASA_LOCKS": "redis" if config.redis_url else "in_memory",
        "RLA_RASA_LOCKS_HOST": redis.hostname or "127.0.0.1",
        "RLA_RASA_LOCKS_PORT": str(redis.port or 6379),
    }
