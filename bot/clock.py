"""The clock that every room reads, so that a test can set it in one place."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, as an aware UTC time."""
    return datetime.now(UTC)
