"""The website's channel as the application sees it."""

from __future__ import annotations

from fastapi import APIRouter

from bot.channels.widget.routes import router
from bot.channels.widget.service import WidgetService


class Widget:
    """Serves browsers. Nothing is sent: they fetch by number, so there is no sender and nothing to start."""

    def __init__(self, service: WidgetService) -> None:
        self.service = service
        self.sender = None

    @property
    def router(self) -> APIRouter:
        return router

    async def start(self) -> None: ...

    async def stop(self) -> None: ...
