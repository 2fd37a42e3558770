"""The front door: puts the rooms together into one ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
from fastapi import FastAPI, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from jinja2 import Environment, FileSystemLoader, select_autoescape
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot import http
from bot.channels import contact_link, widget
from bot.channels.limits import Limits
from bot.channels.telegram import Telegram
from bot.content.clinic import clinic
from bot.conversation.delivery import Delivery
from bot.conversation.timers import Timers
from bot.conversation.turn import TurnRunner
from bot.rasa_server.client import RasaClient
from bot.safety import RedFlagCheck
from bot.settings import Settings, settings
from bot.staff.router import make_router as staff_router
from bot.store.engine import Store, store
from bot.work.notifier import Notifier

log = structlog.get_logger(__name__)

_WIDGET = Path(__file__).parent / "widget"
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_THREADS = 32
_TEMPLATES = Environment(loader=FileSystemLoader(_WIDGET), autoescape=select_autoescape(["html"]))


def make_app(config: Settings | None = None, on: Store | None = None) -> FastAPI:
    """The application on a configuration and a store; by default those of the environment."""
    config = config or settings()
    house = on or store()
    guard = RedFlagCheck.load()
    notifier = Notifier(config.redis_url)
    brain = RasaClient(
        config.rasa_url, timeout=config.rasa_timeout, token=config.brain_token, actions=config.actions_url
    )
    runner = TurnRunner(house, brain, notifier, lease_seconds=config.lease_seconds)
    timers = Timers(house, notifier)
    telegram = Telegram(house, guard, notifier, runner.kick, config) if config.telegram_bot_token else None
    delivery = Delivery(house, notifier, {"telegram": telegram.sender} if telegram else {})

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Database work runs in threads; the default of a small machine (6) would make patients wait for each other.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS))
        await notifier.start()
        await runner.start()
        await timers.start()
        await delivery.start()
        if telegram:
            await telegram.start()
        log.info(
            "front_door_open",
            address=config.address,
            telegram="on" if config.telegram_bot_token else "off (no TELEGRAM_BOT_TOKEN)",
        )
        yield
        # First what brings new work, then what finishes it, last what carries it out.
        if telegram:
            await telegram.stop()
        await timers.stop()
        await runner.stop(config.drain_timeout)
        await delivery.stop()
        await notifier.stop()
        await brain.close()

    app = FastAPI(
        title="Restless Legs Assistant",
        version="0.1.0",
        description='The widget\'s API. Errors are JSON `{"error", "message"}`, the message in plain words for the person.',
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    http.guard_requests(app, config.origins)
    http.answer_errors(app)
    app.include_router(widget.make_router(house, guard, notifier, runner.kick, Limits(on=config.rate_limits)))
    app.include_router(staff_router(house, notifier, runner.kick))
    app.include_router(contact_link.make_router(house, notifier))
    if telegram:
        app.include_router(telegram.router)
    _public_pages(app)
    _health(app, house, brain, guard)
    return app


def _public_pages(app: FastAPI) -> None:
    """The demo page, the widget's one file, and the page of its API."""

    def page(name: str, **values: Any) -> HTMLResponse:
        return HTMLResponse(
            _TEMPLATES.get_template(name).render(**values), headers={"Content-Security-Policy": _PAGE_POLICY}
        )

    @app.get("/", include_in_schema=False)
    def demo() -> HTMLResponse:
        return page("demo.html", clinic=clinic(), staff_url="/staff/")

    @app.get("/api/docs", include_in_schema=False)
    def api_page() -> HTMLResponse:
        return page("api.html", schema=app.openapi())

    @app.get("/widget.js", include_in_schema=False)
    def script() -> FileResponse:
        # Other sites load it too, so it may be read from anywhere; it holds no secret.
        headers = {
            "Cache-Control": "public, max-age=300",
            "Access-Control-Allow-Origin": "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        return FileResponse(_WIDGET / "rls-chat.js", media_type="text/javascript", headers=headers)

    @app.get("/demo.css", include_in_schema=False)
    def style() -> FileResponse:
        return FileResponse(
            _WIDGET / "demo.css", media_type="text/css", headers={"Cache-Control": "public, max-age=300"}
        )


def _health(app: FastAPI, house: Store, brain: RasaClient, guard: RedFlagCheck) -> None:
    async def database() -> str | None:
        def look() -> None:
            with house.read() as session:
                session.execute(text("SELECT 1"))

        try:
            await asyncio.wait_for(asyncio.to_thread(look), 3)
        except (SQLAlchemyError, TimeoutError) as error:
            return f"the database does not answer ({type(error).__name__})"
        return None

    async def rasa() -> str | None:
        return None if await brain.has_model() else "Rasa does not answer, or has no model loaded"

    async def actions() -> str | None:
        return None if await brain.has_actions() else "the action server does not answer"

    @app.get("/healthz", tags=["health"], summary="The front door is alive")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", tags=["health"], summary="Everything that an answer needs is there")
    async def readyz() -> JSONResponse:
        names = {"database": database, "rasa": rasa, "actions": actions}
        found = await asyncio.gather(*(check() for check in names.values()))
        parts = {name: reason or "ready" for name, reason in zip(names, found, strict=True)}
        ready = not any(found)
        # Emergencies are noticed without the trained classifier too, only not as many: it is said, and nothing is held back for it.
        parts["red_flags"] = (
            "ready" if guard.trained else "the trained classifier is missing; the written rules check alone"
        )
        return JSONResponse(
            {"status": "ready" if ready else "not ready", **parts}, status_code=200 if ready else 503
        )

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
