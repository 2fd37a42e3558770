"""What holds for every request: small bodies, known origins, safe headers, and refusals in plain words."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.content.texts import text
from bot.errors import RefusedError
from bot.logs import fault

log = structlog.get_logger(__name__)

MAX_BODY = 8 * 1024
_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=()",
}

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

REQUESTS = Counter("rla_requests_total", "Requests by route and status", ["method", "route", "status"])


def check_requests(app: FastAPI, origins: tuple[str, ...], *, larger: Mapping[str, int]) -> None:
    """Put the limits and headers in front of the application.

    Args:
        origins: other sites that may embed the widget, as ``https://clinic.example``; our own is always
            allowed.
        larger: the bytes that a body may have where that is more than ``MAX_BODY``, by the beginning of the
            path.
    """
    app.add_middleware(_RequestCheck, origins=origins, larger=larger)


class _RequestCheck:
    def __init__(self, app: ASGIApp, origins: tuple[str, ...], larger: Mapping[str, int]) -> None:
        self._app, self._origins, self._larger = app, set(origins), larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        path, method = scope["path"], scope["method"]
        origin = headers.get(b"origin", b"").decode("latin-1")
        foreign = bool(origin) and origin.split("://")[-1] != headers.get(b"host", b"").decode("latin-1")
        api = path.startswith("/api/")
        allowed = origin if foreign and api and origin in self._origins else ""
        sent = _Sent()

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                sent.started, sent.streams = True, b"content-length" not in present
                extra = [(name, value) for name, value in _HEADERS.items() if name not in present]
                if api and b"cache-control" not in present:
                    extra.append((b"cache-control", b"no-store"))
                if allowed:
                    extra += [(k.lower().encode(), v.encode()) for k, v in _cors(allowed).items()]
                message["headers"] = [*message["headers"], *extra]
                REQUESTS.labels(
                    method if method in _METHODS else "other", _route(scope), message["status"]
                ).inc()
            await send(message)

        if foreign and api and not allowed:
            await _refuse("origin", text("http.origin"), 403)(scope, receive, answer)
            return
        if allowed and method == "OPTIONS":
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, answer)
            return
        limit = next((size for prefix, size in self._larger.items() if path.startswith(prefix)), MAX_BODY)
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > limit:
            await _too_large(limit)(scope, receive, answer)
            return
        if b"transfer-encoding" in headers:  # names no length: count while it comes
            whole = await _read_whole(receive, limit)
            if whole is None:
                await _too_large(limit)(scope, receive, answer)
                return
            receive = _replay(whole, receive)
        await _survive(self._app, scope, receive, answer, sent)


@dataclass
class _Sent:
    """What of a response is on its way.

    Args:
        streams: its length was not said, so that it may end at any time.
    """

    started: bool = False
    streams: bool = False


async def _survive(app: ASGIApp, scope: Scope, receive: Receive, answer: Send, sent: _Sent) -> None:
    """Let the application answer.

    What fails is logged by type and place, and still answered where nothing was sent yet.
    """
    try:
        await app(scope, receive, answer)
    except asyncio.CancelledError:
        if not getattr(scope["app"].state, "stopping", False):
            raise
        log.warning("cut_by_stop", path=_route(scope))  # it waited longer than a stop waits for it
        if not sent.started:
            await _refuse("unavailable", text("http.unavailable"), 503, 5)(scope, receive, answer)
        elif sent.streams:
            await answer(_END)
    except Exception as error:
        if sent.streams and (lost := _of_database(error)) is not None:
            log.error("database_error", path=_route(scope), **fault(lost))
            await answer(_END)  # the browser connects again, and is told then
            return
        log.error("unexpected", path=_route(scope), **fault(error))
        if sent.started:
            raise
        await _refuse("internal", text("http.internal"), 500)(scope, receive, answer)


_END: Message = {"type": "http.response.body", "body": b"", "more_body": False}


def _route(scope: Scope) -> str:
    """The path as the code names it: without ids, and never what somebody typed."""
    return str(getattr(scope.get("route"), "path", "other"))


def _of_database(error: Exception) -> SQLAlchemyError | None:
    """The database's error behind ``error``; once a response has begun, Starlette wraps it in one of its
    own."""
    return next((one for one in (error, error.__cause__) if isinstance(one, SQLAlchemyError)), None)


async def _read_whole(receive: Receive, limit: int) -> bytes | None:
    """The body, or ``None`` if it is longer than ``limit``."""
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body"):
            return body


def _replay(body: bytes, receive: Receive) -> Receive:
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return left.pop() if left else await receive()

    return again


def _cors(origin: str) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": origin,
        "Vary": "Origin",
        "Access-Control-Expose-Headers": "Retry-After",
    }


_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Last-Event-ID",
    "Access-Control-Max-Age": "600",
}


def _refuse(code: str, message: str, status: int, retry_after: float | None = None) -> JSONResponse:
    headers = {"Retry-After": str(round(retry_after))} if retry_after else {}
    return JSONResponse({"error": code, "message": message}, status_code=status, headers=headers)


def _too_large(limit: int) -> JSONResponse:
    return _refuse("too_large", text("http.too_large", kilobytes=limit // 1024), 413)


def answer_errors(app: FastAPI) -> None:
    """Every refusal of the API is JSON ``{"error", "message"}``; nothing of the request is repeated in it."""

    @app.exception_handler(RefusedError)
    def refused(_: Request, error: RefusedError) -> Response:
        return _refuse(error.code, error.message, error.status, error.retry_after)

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, error: RequestValidationError) -> Response:
        fields = sorted(
            {
                e["loc"][-1]
                for e in error.errors()
                if e["loc"] and isinstance(e["loc"][-1], str) and e["loc"][-1] != "body"
            }
        )
        return _refuse(
            "invalid",
            text("http.invalid", fields=", ".join(fields) or text("http.the_body")),
            422,
        )

    @app.exception_handler(SQLAlchemyError)
    def database(_: Request, error: SQLAlchemyError) -> Response:
        log.error("database_error", **fault(error))
        return _refuse("unavailable", text("http.unavailable"), 503, 5)

    @app.exception_handler(HTTPException)
    def plain(request: Request, error: HTTPException) -> Response:
        known = {404: text("http.not_found"), 405: text("http.method")}
        message = known.get(error.status_code, str(error.detail))
        if request.url.path.startswith("/api/"):
            return _refuse(
                {404: "not_found", 405: "method"}.get(error.status_code, "refused"),
                message,
                error.status_code,
            )
        return PlainTextResponse(message, status_code=error.status_code, headers=error.headers)
