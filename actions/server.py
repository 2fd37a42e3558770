"""The action server: rasa-sdk's own, on loopback only, its actions quiet about what patients write.

It takes calls of our own Rasa alone, by the token that our processes share: every program of the machine reaches
the port, and a page in a browser there too.
"""

from __future__ import annotations

import logging
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sanic import Sanic
    from sanic.request import Request
    from sanic.response import HTTPResponse


def make_app(token: str) -> Sanic:
    """rasa-sdk's application, closed to who does not carry ``token``; whether it is well, everybody may ask."""
    from rasa_sdk.endpoint import create_app
    from sanic import response

    app: Sanic = create_app("actions", cors_origins="")

    @app.middleware("request")  # type: ignore[untyped-decorator, no-untyped-call]
    async def refuse_strangers(request: Request) -> HTTPResponse | None:
        if request.path == "/health":
            return None
        given = str(request.headers.get("authorization", ""))
        if not secrets.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return response.json({"error": "token"}, status=401)
        kind = str(request.headers.get("content-type", "")).split(";")[0].strip().lower()
        if request.method == "POST" and kind != "application/json":
            return response.json({"error": "only JSON is taken"}, status=415)
        return None

    return app


def serve() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    from bot import logs
    from bot.serve import check_port
    from bot.settings import settings

    config = settings()
    logs.set_up(config.log_level)
    check_port("127.0.0.1", config.actions_port, "RLA_ACTIONS_PORT")
    sys.path.insert(0, str(Path.cwd()))
    for name in ("rasa_sdk", "sanic.root", "sanic.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("rasa_sdk.forms").setLevel(
        logging.ERROR
    )  # our forms check while they read; it warns at each answer

    # rasa-sdk's own ``run`` would listen everywhere and allow pages of any site.
    make_app(config.brain_token).run("127.0.0.1", config.actions_port, workers=1)
