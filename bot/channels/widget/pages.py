"""The public pages: a clinic's demo page, the widget's script, and the page of its API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, FileSystemLoader, select_autoescape

from bot.content.clinic import clinic

FOLDER = Path(__file__).parents[2] / "widget"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_TEMPLATES = Environment(loader=FileSystemLoader(FOLDER), autoescape=select_autoescape(["html"]))
_FIVE_MINUTES = {"Cache-Control": "public, max-age=300"}
#: Other sites load the script too, so it may be read from anywhere; it holds no secret.
_ANYWHERE = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}

router = APIRouter(include_in_schema=False)


def _page(name: str, **values: Any) -> HTMLResponse:
    return HTMLResponse(
        _TEMPLATES.get_template(name).render(**values), headers={"Content-Security-Policy": _POLICY}
    )


@router.get("/")
def demo() -> HTMLResponse:
    """A clinic's page with the widget on it."""
    return _page("demo.html", clinic=clinic(), staff_url="/staff/")


@router.get("/api/docs")
def api_page(request: Request) -> HTMLResponse:
    """The page that documents the widget's API."""
    return _page("api.html", schema=request.app.openapi())


@router.get("/widget.js")
def script() -> FileResponse:
    """The widget's script, for every site."""
    return FileResponse(
        FOLDER / "rls-chat.js", media_type="text/javascript", headers=_FIVE_MINUTES | _ANYWHERE
    )


@router.get("/demo.css")
def style() -> FileResponse:
    """The style of the demo page."""
    return FileResponse(FOLDER / "demo.css", media_type="text/css", headers=_FIVE_MINUTES)
