"""What crosses the wire of the Bot API server for tests: messages sent, faults to come, arguments and
answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web


@dataclass
class Sent:
    """A message that a patient now sees."""

    message_id: int
    chat: int
    text: str
    buttons: list[tuple[str, str]]  # (label, callback_data), one a row
    links: list[tuple[str, str]]  # (label, url)
    at: float


@dataclass
class Fault:
    """What goes wrong with the next ``times`` calls of ``method`` (to ``chat``, if given).

    ``kind``: ``429`` (with ``seconds``), ``403``, ``400``, ``500`` or ``junk`` (not delivered), ``500_after``
    or ``junk_after`` (delivered), ``cut`` (the connection is closed before delivery), ``cut_after`` (after
    it), ``delay`` (``seconds``, then as usual), ``hang_after`` (delivered, and answered after ``seconds``).
    """

    method: str
    kind: str
    chat: int | None = None
    times: int = 1
    seconds: float = 1.0


def peak(times: list[float]) -> int:
    times = sorted(times)
    best = first = 0
    for last, at in enumerate(times):
        while at - times[first] >= 1:
            first += 1
        best = max(best, last - first + 1)
    return best


async def arguments(request: web.Request) -> dict[str, Any]:
    """The arguments of a call, those that are JSON read as such."""
    if request.content_type == "application/json":
        return dict(await request.json())
    form = dict(await request.post()) if request.can_read_body else {}
    made: dict[str, Any] = {}
    for name, value in {**request.query, **form}.items():
        text = str(value)
        plain = name in ("text", "secret_token", "url", "callback_query_id")
        try:
            made[name] = text if plain else json.loads(text)
        except ValueError:
            made[name] = text
    return made


def ok(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def error(code: int, description: str, parameters: dict[str, Any] | None = None) -> web.Response:
    body = {
        "ok": False,
        "error_code": code,
        "description": description,
        **({"parameters": parameters} if parameters else {}),
    }
    return web.json_response(body, status=code)
