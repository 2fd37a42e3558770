"""What we reach over the network or keep in a database: our tables, Redis, and with ``--online`` Telegram."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from bot.check.finding import Finding, ok, warning, wrong
from bot.check.rights import sqlite_file
from bot.settings import Settings
from bot.store.engine import make_engine
from bot.store.migrate import known, newer, stands_at

_SECONDS = 5
_SKEW_SECONDS = 60


def database_there(config: Settings) -> Iterator[Finding]:
    """Whether the database answers, and its tables are of this code."""
    file = sqlite_file(config.database)
    if file is not None and not file.exists():
        yield ok("database", f"{file} is made at the first start")
        return
    engine: Engine | None = None
    try:
        engine = make_engine(config.database)
        at, ours = stands_at(engine), known(engine)
    except (SQLAlchemyError, OSError) as error:
        yield wrong("database", f"it cannot be used: {reason(error)}", _WHAT_TO_DO[file is not None])
        return
    finally:
        if engine is not None:
            engine.dispose()
    if at is not None and at not in ours:
        yield wrong("database", newer(at, ours))
    elif at != ours[-1]:
        yield warning(
            "database",
            f"it is at revision {at or 'none'}, this code at {ours[-1]}",
            "A start brings it there; back it up first",
        )
    else:
        yield ok("database", f"answers, at the newest revision {at}")


_WHAT_TO_DO = {
    True: "Is it a file of ours, and may this account write it? A backup: docs/operations.md",
    False: "Look at RLA_DATABASE_URL, and whether the server runs",
}


def reason(error: Exception) -> str:
    """The first line of what the database's driver says, which names hosts and files and never a password."""
    said = str(getattr(error, "orig", None) or type(error).__name__).strip().splitlines()
    return said[0] if said else type(error).__name__


def redis_there(config: Settings) -> Iterator[Finding]:
    """Whether Redis answers, where it is set.

    We start without it, since it holds the only copy of nothing.
    """
    if not config.redis_url:
        return
    import redis

    try:
        with redis.Redis.from_url(
            config.redis_url, socket_connect_timeout=_SECONDS, socket_timeout=_SECONDS
        ) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        yield warning(
            "redis",
            f"it does not answer ({type(error).__name__}); wake-ups and Rasa's answers come late",
            "Look at RLA_REDIS_URL",
        )
        return
    yield ok("redis", "answers")


def telegram_knows_us(config: Settings) -> Iterator[Finding]:
    """Ask Telegram who the token is, and compare its clock with ours.

    The address has the token in it and is never shown.
    """
    if not config.telegram_bot_token:
        return
    try:
        answer = httpx.get(
            f"{config.telegram_api_url}/bot{config.telegram_bot_token}/getMe", timeout=2 * _SECONDS
        )
        said = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        yield warning(
            "telegram",
            f"it cannot be asked ({type(error).__name__})",
            "Is the network there, and TELEGRAM_API_URL right?",
        )
        return
    if answer.status_code != 200 or not isinstance(said, dict) or not said.get("ok"):
        yield wrong(
            "telegram",
            f"it does not know the token (status {answer.status_code})",
            "Get a new one from @BotFather",
        )
        return
    yield ok("telegram", f"knows us as @{said.get('result', {}).get('username', 'unknown')}")
    yield from _clock(answer)


def _clock(answer: httpx.Response) -> Iterator[Finding]:
    try:
        theirs = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return
    apart = abs((datetime.now(UTC) - theirs).total_seconds())
    if apart > _SKEW_SECONDS:
        yield warning(
            "clock", f"it is {apart:.0f} seconds away from Telegram's", "Let the system set it (NTP)"
        )
