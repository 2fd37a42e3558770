"""``python -m bot serve``: the front door as a process."""

from __future__ import annotations

import gc
import socket
import sys
from typing import cast

import uvicorn
from fastapi import FastAPI

from bot import logs
from bot.check import door_lock, rights
from bot.check.finding import refuse
from bot.check.port import port_fault
from bot.check.safe_settings import settings_fit
from bot.content.clinic import clinic
from bot.settings import Settings, settings


def check_port(host: str, port: int, setting: str) -> None:
    """Raises SystemExit with a plain line if somebody else listens there."""
    fault = port_fault(host, port, setting)
    if fault:
        sys.exit(fault)


def serve() -> None:
    """Serve until SIGTERM or Ctrl-C, then drain."""
    sys.setswitchinterval(
        0.001
    )  # patients' messages come in on one thread, and should not wait long for those that answer
    gc.disable()  # what is made until the door opens stays for good: looking through it time and again would cost a second
    config = settings()
    logs.set_up(config.log_level)
    refuse(settings_fit(config))
    check_port(config.host, config.port, "RLA_PORT")
    rights.close_or_refuse(config)
    clinic()  # read when it is first needed otherwise, so that a patient would find it wrong
    with door_lock.held(config):
        _serve(config)


def _serve(config: Settings) -> None:
    from bot.store.engine import store
    from bot.store.migrate import migrate

    migrate(store().engine)

    from bot.app import make_app

    app = make_app()
    gc.freeze()
    gc.enable()
    server = _Server(
        uvicorn.Config(
            app,
            host=config.host,
            port=config.port,
            ws="none",  # nothing of ours needs it, and Rasa holds its library back at an old version
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(config.trusted_proxies),
            forwarded_allow_ips=config.trusted_proxies or None,
            timeout_graceful_shutdown=5,  # calls that still wait for the database then are cut; they are asked again
        )
    )
    server.run()
    if not server.started:
        sys.exit(3)


class _Server(uvicorn.Server):
    """A server that ends held calls and streams when it stops, and does not wait for them and cut them as
    if they had failed."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        state = cast(FastAPI, self.config.app).state
        state.stopping = True
        state.end_held_calls()
        await super().shutdown(sockets)
