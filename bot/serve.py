"""``python -m bot serve``: the front door as a process."""

from __future__ import annotations

import gc
import sys

import uvicorn

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
