"""The action server: rasa-sdk's own, on loopback only, its actions quiet about what patients write."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path


def serve() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    from bot import logs
    from bot.serve import check_port
    from bot.settings import settings

    config = settings()
    logs.set_up(config.log_level)
    check_port("127.0.0.1", config.actions_port, "RLA_ACTIONS_PORT")
    os.environ["SANIC_HOST"] = "127.0.0.1"  # rasa-sdk listens everywhere unless told otherwise
    sys.path.insert(0, str(Path.cwd()))
    for name in ("rasa_sdk", "sanic.root", "sanic.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("rasa_sdk.forms").setLevel(
        logging.ERROR
    )  # our forms check while they read; it warns at each answer

    from rasa_sdk.endpoint import run

    run("actions", port=config.actions_port)
