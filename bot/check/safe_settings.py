"""Settings that are right each by itself and unsafe together, or not what was meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from bot.check.finding import Finding, ok, warning, wrong
from bot.settings import Settings

_SHORT = 16  # characters; a shorter secret can be guessed
_ADDRESS = re.compile(r"[^@\s,]+@[^@\s,]+\.[^@\s,]+")


def settings_fit(config: Settings) -> Iterator[Finding]:
    """Where we are reached, and how safely."""
    found = [*_reached(config), *_secrets(config)]
    yield from found or [ok("settings", f"every name and value is sound; reached at {config.address}")]


def alerts_fit(config: Settings) -> Iterator[Finding]:
    """Whether staff are told of urgent chats that nobody opens, and whether what tells them is written
    rightly."""
    addresses = [part.strip() for part in config.alert_emails.split(",") if part.strip()]
    odd = [address for address in addresses if not _ADDRESS.fullmatch(address)]
    mail = urlsplit(config.smtp_url)
    if odd:
        yield wrong(
            "mail",
            f"RLA_ALERT_EMAILS: {len(odd)} of {len(addresses)} are no e-mail addresses",
            "Separate them by commas",
        )
    elif config.smtp_url and not addresses:
        yield warning(
            "mail",
            "RLA_SMTP_URL is set, and RLA_ALERT_EMAILS names nobody",
            "Name who is told of urgent chats",
        )
    elif mail.scheme == "smtp" and not _local(mail.hostname):
        yield warning(
            "mail",
            "smtp:// encrypts nothing, the password neither",
            "Write smtp+starttls:// or smtps:// in RLA_SMTP_URL",
        )
    elif addresses:
        yield ok("mail", f"urgent chats are told to {len(addresses)} addresses through {mail.hostname}")
    hook = urlsplit(config.alert_webhook_url)
    if hook.hostname and hook.scheme != "https" and not _local(hook.hostname):
        yield warning("webhook", "RLA_ALERT_WEBHOOK_URL is not encrypted", "Write https://")
    if hook.hostname and len(config.alert_webhook_secret) < _SHORT:
        yield warning(
            "webhook",
            "RLA_ALERT_WEBHOOK_SECRET is empty or short, so its receiver cannot tell our calls from others'",
            f"Set {_SHORT} characters or more",
        )
    if not addresses and not hook.hostname:
        yield warning("alerts", "nobody is told of urgent chats that nobody opens", "See docs/operations.md")


def telegram_fits(config: Settings) -> Iterator[Finding]:
    """The form of Telegram's settings. Whether the token is known there is asked only with ``--online``."""
    if not config.telegram_bot_token:
        if config.telegram_webhook_url or config.telegram_webhook_secret:
            yield warning("telegram", "off, though its webhook is set", "Set TELEGRAM_BOT_TOKEN")
        else:
            yield ok("telegram", "off (no TELEGRAM_BOT_TOKEN)")
        return
    found = [*_telegram(config)]
    yield from found or [
        ok("telegram", f"on, by {'webhook' if config.telegram_webhook_url else 'long polling'}")
    ]


def _reached(config: Settings) -> Iterator[Finding]:
    own = urlsplit(config.public_url)
    if own.scheme == "https" and not config.secure_cookies:
        yield wrong(
            "settings",
            "RLA_PUBLIC_URL is https, and the staff's cookies would go over http too",
            "Set RLA_SECURE_COOKIES=true",
        )
    if own.scheme == "http" and not _local(own.hostname):
        yield warning(
            "settings",
            "RLA_PUBLIC_URL is http: what patients write and staff's passwords can be read on the way",
            "Put a proxy with HTTPS before us (docs/operations.md)",
        )
    if config.secure_cookies and own.scheme != "https" and not config.public_url:
        yield warning(
            "settings",
            "RLA_SECURE_COOKIES=true, and no RLA_PUBLIC_URL: links in alerts and chats lead to this machine alone",
            "Set RLA_PUBLIC_URL=https://...",
        )
    if not _local(config.host) and not config.public_url:
        yield warning(
            "settings",
            f"RLA_HOST={config.host} lets other machines in, and RLA_PUBLIC_URL does not say how they reach us",
            "Set it, and put a proxy with HTTPS before us",
        )
    if any(
        origin.startswith("http://") and not _local(urlsplit(origin).hostname) for origin in config.origins
    ):
        yield warning(
            "settings",
            "RLA_ALLOWED_ORIGINS names a site without HTTPS, whose pages anybody on the way can change",
            "Write https:// once it has it",
        )
    if not config.rate_limits:
        yield warning(
            "settings", "RLA_RATE_LIMITS=false: anybody may ask without end", "Only load tests need that"
        )


def _secrets(config: Settings) -> Iterator[Finding]:
    if config.rasa_token and len(config.rasa_token) < _SHORT:
        yield wrong(
            "settings",
            "RLA_RASA_TOKEN is so short that it can be guessed",
            f"Leave it empty (one is made), or set {_SHORT} characters or more",
        )


def _telegram(config: Settings) -> Iterator[Finding]:
    if not re.fullmatch(r"\d{3,}:[\w-]{10,}", config.telegram_bot_token, re.ASCII):
        yield wrong(
            "telegram",
            "TELEGRAM_BOT_TOKEN has not the form of a token",
            "Copy it whole from @BotFather: 1234567890:AA...",
        )
    api, hook = urlsplit(config.telegram_api_url), urlsplit(config.telegram_webhook_url)
    if api.scheme not in ("https", "http") or not api.hostname:
        yield wrong(
            "telegram",
            "TELEGRAM_API_URL is no web address",
            "Leave it empty unless you host a Bot API server",
        )
    elif api.scheme == "http" and not _local(api.hostname):
        yield warning(
            "telegram", "TELEGRAM_API_URL is http: the token can be read on the way", "Write https://"
        )
    if not config.telegram_webhook_url:
        return
    if (hook.hostname and hook.scheme != "https" and not _local(hook.hostname)) or not hook.hostname:
        yield wrong(
            "telegram", "TELEGRAM_WEBHOOK_URL must begin with https://", "Telegram calls nothing else"
        )
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", config.telegram_webhook_secret):
        yield wrong(
            "telegram",
            "TELEGRAM_WEBHOOK_SECRET is missing, or has other signs than A-Z a-z 0-9 _ -",
            "With TELEGRAM_WEBHOOK_URL it must be 1 to 256 of them",
        )


def _local(host: str | None) -> bool:
    """Whether a host is this machine itself, so that nothing goes over a network."""
    if host in (None, "", "localhost"):
        return True
    try:
        return ip_address(str(host)).is_loopback
    except ValueError:
        return False
