"""The public pages: a clinic's demo page, the widget's script, and the page of its API."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from jinja2 import Environment, FileSystemLoader, select_autoescape

from bot.channels.widget import assets
from bot.content.clinic import clinic
from bot.content.texts import text
from bot.errors import RefusedError

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_TEMPLATES = Environment(loader=FileSystemLoader(assets.FOLDER), autoescape=select_autoescape(["html"]))

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
def script(request: Request) -> Response:
    """The widget's script, for every site."""
    return assets.script().answer(request)


@router.get("/widget-{digest}.js")
def script_of_version(request: Request, digest: str) -> Response:
    """The script under an address that names its bytes, so that a site can pin them (``integrity``)."""
    if digest != assets.script().digest:
        raise RefusedError("not_found", text("http.not_found"), status=404)
    return assets.script().answer(request, forever=True)


@router.get("/widget.json")
def version_of_script(request: Request) -> JSONResponse:
    """The script's address of this version and its digest, for a page that pins what it loads."""
    made = {"src": assets.versioned(), "integrity": assets.script().integrity}
    return JSONResponse(made, headers={"Cache-Control": "no-cache"})


@router.get("/demo.css")
def style(request: Request) -> Response:
    """The style of the demo page."""
    return assets.style().answer(request)
