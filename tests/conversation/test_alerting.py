"""The ladder's e-mail and webhook: they arrive, can be verified, and hold no word of the patient."""

from __future__ import annotations

import hashlib
import hmac
import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from bot.conversation import alerting
from bot.settings import settings

SECRET = "a shared secret"


@pytest.fixture
def hook() -> Iterator[Any]:
    """A receiver of webhooks; ``status`` is what it answers."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.calls.append((self.headers, body))  # type: ignore[attr-defined]
            self.send_response(server.status)  # type: ignore[attr-defined]
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    server.calls, server.status = [], 200  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def post_box() -> Iterator[Any]:
    """A mail server of five commands."""

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 ready\r\n")
            for line in self.rfile:
                word = line.strip().upper()[:4]
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    mail = b""
                    while (part := self.rfile.readline()) != b".\r\n":
                        mail += part
                    server.mails.append(mail.decode())  # type: ignore[attr-defined]
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
                if word == b"QUIT":
                    return

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
    server.mails = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def use(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"RLA_{name.upper()}", value)
    settings.cache_clear()


def test_the_webhook_can_be_verified_as_docs_operations_says(
    hook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(
        monkeypatch,
        alert_webhook_url=f"http://127.0.0.1:{hook.server_port}/alarm",
        alert_webhook_secret=SECRET,
    )
    alerting.urgent("c0ffee", minutes=5, key="alert-1-5")
    ((headers, body),) = hook.calls
    expected = hmac.new(
        SECRET.encode(), headers["X-RLA-Timestamp"].encode() + b"." + body, hashlib.sha256
    ).hexdigest()
    assert hmac.compare_digest(headers["X-RLA-Signature"], expected)
    assert headers["Idempotency-Key"] == "alert-1-5"


def test_the_webhook_says_where_to_look_and_nothing_of_health(
    hook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(
        monkeypatch,
        alert_webhook_url=f"http://127.0.0.1:{hook.server_port}/",
        public_url="https://chat.clinic.example",
    )
    alerting.urgent("c0ffee", minutes=15, key="alert-1-15")
    assert json.loads(hook.calls[0][1]) == {
        "kind": "urgent_unseen",
        "key": "alert-1-15",
        "minutes": 15,
        "link": "https://chat.clinic.example/staff/conversations/c0ffee",
    }


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_webhook_that_does_not_take_it_is_an_error_so_that_it_is_tried_again(
    hook: Any, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook.status = status
    use(monkeypatch, alert_webhook_url=f"http://127.0.0.1:{hook.server_port}/")
    with pytest.raises(httpx.HTTPError):
        alerting.urgent("c0ffee", minutes=5, key="alert-1-5")
    assert len(hook.calls) == 1  # a redirect is not followed


def test_the_e_mail_reaches_everybody_with_a_link_and_nothing_of_health(
    post_box: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(
        monkeypatch,
        smtp_url=f"smtp://127.0.0.1:{post_box.server_address[1]}",
        alert_emails="ann@clinic.example, bo@clinic.example",
    )
    alerting.urgent("c0ffee", minutes=5, key="alert-1-5")
    (mail,) = post_box.mails
    assert "To: ann@clinic.example, bo@clinic.example" in mail
    assert "Message-ID: <alert-1-5@127.0.0.1>" in mail
    assert "/staff/conversations/c0ffee" in mail
    assert not [word for word in ("chest", "R2", "red flag", "clot", "self-harm", "patient") if word in mail]


def test_a_mail_server_that_is_down_is_an_error_so_that_it_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as taken:
        port = taken.server_address[1]
    use(monkeypatch, smtp_url=f"smtp://127.0.0.1:{port}", alert_emails="ann@clinic.example")
    with pytest.raises(OSError):
        alerting.urgent("c0ffee", minutes=5, key="alert-1-5")


def test_a_dead_webhook_does_not_keep_the_e_mail_back(
    hook: Any, post_box: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook.status = 500
    use(monkeypatch, alert_webhook_url=f"http://127.0.0.1:{hook.server_port}/")
    use(
        monkeypatch,
        smtp_url=f"smtp://127.0.0.1:{post_box.server_address[1]}",
        alert_emails="ann@clinic.example",
    )
    assert alerting.urgent("c0ffee", minutes=5, key="alert-1-5") == ("e-mail",)
    assert len(post_box.mails) == 1


def test_who_was_told_is_told_back(hook: Any, post_box: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, alert_webhook_url=f"http://127.0.0.1:{hook.server_port}/")
    use(
        monkeypatch,
        smtp_url=f"smtp://127.0.0.1:{post_box.server_address[1]}",
        alert_emails="ann@clinic.example",
    )
    assert alerting.ways() == ("webhook", "e-mail")
    assert alerting.urgent("c0ffee", minutes=5, key="alert-1-5") == ("webhook", "e-mail")


def test_a_mail_server_alone_is_no_way(post_box: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, smtp_url=f"smtp://127.0.0.1:{post_box.server_address[1]}", alert_emails=" , ")
    assert alerting.ways() == ()


def test_with_no_way_set_nobody_is_told_and_the_log_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("something was sent")

    monkeypatch.setattr(alerting, "_post", never)
    monkeypatch.setattr(alerting, "_mail", never)
    with capture_logs() as lines:
        assert alerting.urgent("c0ffee", minutes=5, key="alert-1-5") == ()
    assert [(line["log_level"], line["event"], line["conversation"]) for line in lines] == [
        ("error", "nobody_to_tell", "c0ffee")
    ]
