"""The front door alone as a process, beside a stand-in for Rasa that answers after a fixed time.

Also the processes themselves: ``python -m tools.bench.door rasa PORT SECONDS`` is the stand-in, and
``python -m tools.bench.door serve --without-rules`` the front door whose red-flag rules see nothing.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
from aiohttp import web

from tests.support.processes import ROOT, free_ports


class Door:
    """``python -m bot serve`` with settings of its own; ends with us."""

    def __init__(self, folder: Path, *, rules: bool = True, **settings: str) -> None:
        self.port, self._rasa_port, actions = free_ports(3)
        self.url = f"http://127.0.0.1:{self.port}"
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("RLA_", "TELEGRAM_"))}
        own = {
            "RLA_PORT": self.port,
            "RLA_RASA_PORT": self._rasa_port,
            "RLA_ACTIONS_PORT": actions,
            "RLA_DATA_DIR": folder,
        }
        self._environment = (
            clean
            | {key: str(value) for key, value in own.items()}
            | {"RLA_RATE_LIMITS": "false", "RLA_LOG_LEVEL": "WARNING"}
        )
        self._environment |= settings
        self._command = (
            ["-m", "bot", "serve"] if rules else ["-m", "tools.bench.door", "serve", "--without-rules"]
        )
        self._log = (folder / "door.log").open("a")
        self._rasa: subprocess.Popen[bytes] | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it; returns the seconds until /healthz said yes."""
        begun = time.monotonic()
        self.process = self._run(*self._command)
        with httpx.Client(timeout=2) as http:
            while time.monotonic() - begun < 60:
                try:
                    if http.get(f"{self.url}/healthz").status_code == 200:
                        return time.monotonic() - begun
                except httpx.HTTPError:
                    time.sleep(0.02)
                assert self.process.poll() is None, (
                    f"the front door ended: {Path(self._log.name).read_text()[-2000:]}"
                )
        raise AssertionError("the front door does not start")

    def start_rasa(self, seconds: float) -> None:
        self._rasa = self._run("-m", "tools.bench.door", "rasa", str(self._rasa_port), str(seconds))

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait(10)

    def rest(self) -> None:
        """Stop it, to start it again."""
        assert self.process
        self.process.terminate()
        self.process.wait(20)

    def stop(self) -> None:
        for process in (self.process, self._rasa):
            if process and process.poll() is None:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
        self._log.close()

    def _run(self, *words: str) -> subprocess.Popen[bytes]:
        libc = ctypes.CDLL(None) if sys.platform.startswith("linux") else None
        return subprocess.Popen(
            [sys.executable, *words],
            cwd=ROOT,
            env=self._environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            preexec_fn=(lambda: libc.prctl(1, signal.SIGTERM)) if libc else None,
        )


def megabytes(pid: int) -> float:
    """The memory that a process holds (VmRSS)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def cpu_seconds(pid: int) -> float:
    """The processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _serve_rasa(port: int, seconds: float) -> None:
    async def answer(request: web.Request) -> web.Response:
        body = await request.json()
        await asyncio.sleep(seconds)
        return web.json_response(
            [{"recipient_id": body["sender"], "custom": {"text": "An answer.", "answer": "ask_iron_link"}}]
        )

    async def status(_: web.Request) -> web.Response:
        return web.json_response({"model_file": "a model"})

    async def tracker(_: web.Request) -> web.Response:
        return web.json_response({"events": []})

    app = web.Application()
    app.router.add_post("/webhooks/rest/webhook", answer)
    app.router.add_get("/status", status)
    app.router.add_route("*", "/conversations/{sender}/{rest:.*}", tracker)
    web.run_app(app, host="127.0.0.1", port=port, print=None)  # type: ignore[arg-type]


def _serve_without_rules() -> None:
    from bot.safety import RedFlagCheck
    from bot.serve import serve

    class Blind:
        def prepare(self, text: str) -> None:
            pass

        def check(self, text: str, earlier: object = ()) -> None:
            return None

    RedFlagCheck.load = lambda *_: Blind()  # type: ignore[assignment,method-assign]
    serve()


if __name__ == "__main__":
    if sys.argv[1] == "rasa":
        _serve_rasa(int(sys.argv[2]), float(sys.argv[3]))
    else:
        _serve_without_rules()
