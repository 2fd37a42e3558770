"""The widget's script as browsers get it: small, compressed, cached, and to be pinned by its digest."""

from __future__ import annotations

import base64
import gzip
import hashlib

from bot.channels.widget import assets
from tests.support.front_door import FrontDoor

#: What the compressed script may weigh, in bytes. The call buttons of an urgent state are in it.
MOST = 13_700


def test_it_is_small() -> None:
    assert len(assets.script().small) <= MOST
    assert gzip.decompress(assets.script().small) == assets.script().plain


def test_it_is_compressed_for_who_understands_that(door: FrontDoor) -> None:
    small = door.http.get("/widget.js", headers={"Accept-Encoding": "br, gzip"})
    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) <= MOST
    for accepted in ("identity", "gzip;q=0", ""):
        plain = door.http.get("/widget.js", headers={"Accept-Encoding": accepted})
        assert "content-encoding" not in plain.headers
        assert plain.content == small.content == assets.script().plain
    assert "accept-encoding" in small.headers["vary"].lower()


def test_who_has_it_is_not_sent_it_again(door: FrontDoor) -> None:
    tag = door.http.get("/widget.js").headers["etag"]
    again = door.http.get("/widget.js", headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert door.http.get("/widget.js", headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_page_can_pin_its_version(door: FrontDoor) -> None:
    named = door.http.get("/widget.json").json()
    pinned = door.http.get(named["src"])
    assert "immutable" in pinned.headers["cache-control"]
    assert "immutable" not in door.http.get("/widget.js").headers["cache-control"]
    digest = base64.b64encode(hashlib.sha384(pinned.content).digest()).decode()
    assert named["integrity"] == f"sha384-{digest}"
    other = door.http.get("/widget-0000000000000000.js")
    assert (other.status_code, other.json()["error"]) == (404, "not_found")
