"""Whether we can listen on a port."""

from __future__ import annotations

import errno
import socket


def port_fault(host: str, port: int, setting: str) -> str | None:
    """Why we cannot listen there, in one line; ``None`` if we can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"Port {port} is in use by another program. Stop that one, or choose another port: {setting}={port + 1} make run"
            if error.errno == errno.EACCES:
                return f"This account may not listen on port {port}. Choose one from 1024 up: {setting}=8000 make run"
            return f"RLA_HOST={host} is no address of this machine. Write 127.0.0.1, or 0.0.0.0 for all"
    return None
