"""The widget's files as they are sent: made small once, compressed once, and known by a digest of their
bytes."""

from __future__ import annotations

import base64
import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import rjsmin
from fastapi import Request
from fastapi.responses import Response

FOLDER = Path(__file__).parents[2] / "widget"
_SHORT, _FOREVER = "public, max-age=300", "public, max-age=31536000, immutable"
#: Other sites load the script too, so it may be read from anywhere; it holds no secret.
_ANYWHERE = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


@dataclass(frozen=True)
class Asset:
    """One file for browsers.

    Args:
        plain: its bytes, and ``small`` the same compressed with gzip.
        digest: of ``plain``, 16 hexadecimal digits; it stands in the versioned address.
        integrity: of ``plain``, for the ``integrity`` attribute of a ``<script>``.
    """

    plain: bytes
    small: bytes
    media_type: str
    digest: str
    integrity: str

    @classmethod
    def make(cls, text: str, media_type: str) -> Asset:
        """Compress ``text`` and take its digests."""
        plain = text.encode()
        # No time in the header, so that two front doors send the same bytes.
        small = gzip.compress(plain, compresslevel=9, mtime=0)
        digest = hashlib.sha256(plain).hexdigest()[:16]
        integrity = "sha384-" + base64.b64encode(hashlib.sha384(plain).digest()).decode()
        return cls(plain, small, media_type, digest, integrity)

    def answer(self, request: Request, *, forever: bool = False) -> Response:
        """The response to ``request``: compressed if it is understood, 304 if the browser has it.

        Args:
            forever: the address names the digest, so what it answers never changes.
        """
        headers = {
            "Cache-Control": _FOREVER if forever else _SHORT,
            "ETag": f'"{self.digest}"',
            "Vary": "Accept-Encoding",
            **_ANYWHERE,
        }
        known = request.headers.get("if-none-match", "")
        if self.digest in known or known.strip() == "*":
            return Response(status_code=304, headers=headers)
        body = self.plain
        if _takes_gzip(request.headers.get("accept-encoding", "")):
            body = self.small
            headers["Content-Encoding"] = "gzip"
        return Response(body, media_type=self.media_type, headers=headers)


def _takes_gzip(accepted: str) -> bool:
    for part in accepted.split(","):
        name, _, quality = part.strip().partition(";")
        if name.strip().lower() in ("gzip", "*"):
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


@cache
def script() -> Asset:
    """The widget's script without comments and blanks."""
    return Asset.make(
        str(rjsmin.jsmin((FOLDER / "rls-chat.js").read_text(encoding="utf-8"))), "text/javascript"
    )


@cache
def style() -> Asset:
    """The style of the demo page."""
    return Asset.make((FOLDER / "demo.css").read_text(encoding="utf-8"), "text/css")


def versioned() -> str:
    """The script's address that never changes what it answers."""
    return f"/widget-{script().digest}.js"
