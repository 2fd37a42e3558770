"""Whether the front door lives, whether everything that an answer needs is there, and figures for
Prometheus."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated, Protocol, cast

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.store.engine import Store

_DATABASE_SECONDS = 3

router = APIRouter()


class Rasa(Protocol):
    """The Rasa server and the action server, as far as their health goes."""

    async def has_model(self) -> bool: ...

    async def has_actions(self) -> bool: ...


@dataclass(frozen=True)
class Health:
    """What is looked at.

    Args:
        red_flags_trained: whether the trained part of the red flags is there beside the written rules.
    """

    store: Store
    rasa: Rasa
    red_flags_trained: bool

    async def database(self) -> str | None:
        """Why the database cannot be used, or ``None``."""
        try:
            await asyncio.wait_for(asyncio.to_thread(self._ask_database), _DATABASE_SECONDS)
        except (SQLAlchemyError, TimeoutError) as error:
            return f"the database does not answer ({type(error).__name__})"
        return None

    def _ask_database(self) -> None:
        with self.store.read() as session:
            session.execute(text("SELECT 1"))

    async def model(self) -> str | None:
        """Why Rasa cannot be asked, or ``None``."""
        return None if await self.rasa.has_model() else "Rasa does not answer, or has no model loaded"

    async def actions(self) -> str | None:
        """Why no action can run, or ``None``."""
        return None if await self.rasa.has_actions() else "the action server does not answer"


def _health(request: Request) -> Health:
    return cast(Health, request.app.state.health)


@router.get("/healthz", tags=["health"], summary="The front door is alive")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.get("/readyz", tags=["health"], summary="Everything that an answer needs is there")
async def readyz(health: Annotated[Health, Depends(_health)]) -> JSONResponse:
    """200 if everything is there, else 503 with what is missing."""
    names = ("database", "rasa", "actions")
    found = await asyncio.gather(health.database(), health.model(), health.actions())
    parts = {name: reason or "ready" for name, reason in zip(names, found, strict=True)}
    ready = not any(found)
    # Emergencies are noticed without the trained classifier too, only not as many: it is said, and nothing is
    # held back for it.
    parts["red_flags"] = (
        "ready"
        if health.red_flags_trained
        else "the trained classifier is missing; the written rules check alone"
    )
    return JSONResponse(
        {"status": "ready" if ready else "not ready", **parts}, status_code=200 if ready else 503
    )


@router.get("/metrics", include_in_schema=False)
def metrics() -> Response:
    """For Prometheus; no text of a patient is in it."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
