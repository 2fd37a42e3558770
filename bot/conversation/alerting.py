"""Telling staff outside the console: e-mail and a signed webhook. Never a word of what a patient wrote."""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
import time
from collections.abc import Callable
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import httpx
import structlog

from bot.content.clinic import clinic
from bot.content.texts import text
from bot.settings import Settings, settings

log = structlog.get_logger(__name__)
_SECONDS = 10


def ways() -> tuple[str, ...]:
    """The ways of telling that are set: ``webhook``, ``e-mail``, both or none."""
    config = settings()
    return tuple(
        way
        for way, is_set in (
            ("webhook", config.alert_webhook_url),
            ("e-mail", _addresses(config) and config.smtp_url),
        )
        if is_set
    )


def urgent(conversation_id: str, *, minutes: int, key: str, seen: bool = False) -> tuple[str, ...]:
    """Say that nobody has done anything about an urgent conversation for ``minutes`` of opening hours.

    Args:
        seen: somebody opened it, and that was all.
        key: the name of this step. A step that is sent again after a crash has the same key, so receivers can
            tell.
    Returns:
        The ways by which it was told; none where none is set.
    Raises:
        OSError, httpx.HTTPError: it reached nobody, and the caller tries again. One way that fails does not
            stop the other.
    """
    config = settings()
    link = f"{config.address}/staff/conversations/{conversation_id}"
    kind, words = ("urgent_seen", "seen") if seen else ("urgent_unseen", "unseen")
    payload: dict[str, object] = {"kind": kind, "key": key, "minutes": minutes, "link": link}
    sends: dict[str, Callable[[], None]] = {
        "webhook": lambda: _post(config.alert_webhook_url, config.alert_webhook_secret, payload),
        "e-mail": lambda: _mail(
            config.smtp_url,
            _addresses(config),
            subject=text(f"conversation.alert.{words}.subject", minutes=minutes),
            body=text(f"conversation.alert.{words}.body", minutes=minutes, link=link) + "\n",
            key=key,
        ),
    }
    told: list[str] = []
    failed: list[Exception] = []
    for way in ways():
        try:
            sends[way]()
            told.append(way)
        except (OSError, httpx.HTTPError, httpx.InvalidURL) as error:  # smtplib's errors are OSErrors
            log.error("alert_not_sent", way=way, error=type(error).__name__)
            failed.append(error)
    if failed and not told:
        raise failed[0]
    if told:
        said = {"conversation": conversation_id, "minutes": minutes, "told": told}
        log.warning("urgent_seen", **said) if seen else log.warning("urgent_unseen", **said)
    else:
        log.error("nobody_to_tell", conversation=conversation_id, minutes=minutes)
    return tuple(told)


def _addresses(config: Settings) -> list[str]:
    return [address.strip() for address in config.alert_emails.split(",") if address.strip()]


def sign(secret: str, stamp: str, body: bytes) -> str:
    """HMAC-SHA256 over ``stamp.body``, as hex; receivers compare in constant time and refuse old stamps."""
    return hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


def _post(url: str, secret: str, payload: dict[str, object]) -> None:
    body, stamp = json.dumps(payload).encode(), str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "X-RLA-Timestamp": stamp,
        "X-RLA-Signature": sign(secret, stamp, body),
        "Idempotency-Key": str(payload["key"]),
    }
    httpx.post(
        url, content=body, headers=headers, timeout=_SECONDS, follow_redirects=False
    ).raise_for_status()


def _mail(url: str, to: list[str], *, subject: str, body: str, key: str) -> None:
    parts = urlsplit(url)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        clinic().email or "assistant@localhost",
        ", ".join(to),
        subject,
    )
    message["Message-ID"] = f"<{key}@{parts.hostname}>"
    message.set_content(body)
    kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    with kind(parts.hostname or "localhost", parts.port or 0, timeout=_SECONDS) as server:
        if parts.scheme == "smtp+starttls":
            server.starttls()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)
