"""``python -m bot serve``: the front door as a process."""

from __future__ import annotations

import gc
import socket
import sys

import uvicorn

from bot import logs
from bot.settings import settings


def check_port(host: str, port: int, setting: str) -> None:
    """Raises SystemExit with a plain line if somebody else listens there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            sys.exit(
                f"Port {port} is in use by another program. Stop that one, or choose another port: {setting}={port + 1} make run"
            )


def serve() -> None:
    """Serve until SIGTERM or Ctrl-C, then drain."""
    sys.setswitchinterval(
        0.001
    )  # patients' messages come in on one thread, and should not wait long for those that answer
    gc.disable()  # what is made until the door opens stays for good: looking through it time and again would cost a second
    config = settings()
    logs.set_up(config.log_level)
    check_port(config.host, config.port, "RLA_PORT")
    config.data_dir.mkdir(parents=True, exist_ok=True)

    from bot.store.engine import store
    from bot.store.migrate import migrate

    migrate(store().engine)

    from bot.app import make_app

    app = make_app()
    gc.freeze()
    gc.enable()
    uvicorn.run(
        app,
        host=config.host,
        port=config.port,
        ws="none",  # nothing of ours needs it, and Rasa holds its library back at an old version
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(config.trusted_proxies),
        forwarded_allow_ips=config.trusted_proxies or None,
        timeout_graceful_shutdown=3,  # held calls are cut; the widget asks again,
    )
