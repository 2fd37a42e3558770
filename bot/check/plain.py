"""Errors that whoever runs us can cause and mend, in one line: no room, no rights, no database."""

from __future__ import annotations

import errno

_NO_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EROFS))


def plain(error: Exception) -> str | None:
    """One line for an error of the disk or the database; ``None`` for any other: that is a bug, and its
    traceback is wanted."""
    if isinstance(error, OSError) and (error.filename is not None or error.errno in _NO_ROOM):
        return f"{error.filename or 'The disk'}: {error.strerror}"
    from sqlalchemy import exc

    from bot.check.services import reason

    if isinstance(
        error, exc.OperationalError | exc.InterfaceError | exc.TimeoutError | exc.ArgumentError
    ) or (
        type(error) is exc.DatabaseError  # the file is none of SQLite's
    ):
        return f"The database cannot be used: {reason(error)}. See: python -m bot check"
    return None
