"""A lease: the mark on a row that says who works on it, and until when that worker counts as alive.

A process that dies says nothing. Its lease runs out, and from then on anybody may take the row. The clocks of
all front doors must therefore agree within a few seconds.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_

from bot.clock import now
from bot.store.models import Conversation, Outbox

LeasedTable = type[Conversation] | type[Outbox]
LeasedRow = Conversation | Outbox


class Lease:
    """The leases that one worker of this process takes on the rows of one table.

    Args:
        table: its rows carry ``lease_owner`` and ``lease_until``.
        seconds: how long a row is kept without a word; longer than one piece of work may take.
    """

    def __init__(self, table: LeasedTable, seconds: float) -> None:
        self.owner = uuid.uuid4().hex
        self._table, self._length = table, timedelta(seconds=seconds)

    def values(self) -> dict[str, Any]:
        """The two columns of a row that we take now."""
        return {"lease_owner": self.owner, "lease_until": now() + self._length}

    def take(self, row: LeasedRow) -> None:
        """Mark a row, which the caller has locked, as ours from now on."""
        row.lease_owner, row.lease_until = self.owner, now() + self._length

    @staticmethod
    def give_back(row: LeasedRow) -> None:
        """Let anybody have the row."""
        row.lease_owner = row.lease_until = None

    def is_ours(self, row: LeasedRow) -> bool:
        """Whether the row is still ours: a worker that was slower than its lease finds another owner here."""
        return row.lease_owner == self.owner

    def is_taken(self, row: LeasedRow, moment: datetime) -> bool:
        """Whether another worker has the row at ``moment``."""
        return row.lease_until is not None and row.lease_until > moment and not self.is_ours(row)

    def may_take(self, moment: datetime) -> ColumnElement[bool]:
        """The rows that nobody else has at ``moment``."""
        until = self._table.lease_until
        return or_(until.is_(None), until < moment, self.ours())

    def ours(self) -> ColumnElement[bool]:
        """The rows that we have."""
        return self._table.lease_owner == self.owner

    def others(self) -> ColumnElement[bool]:
        """The rows that we do not have: free ones too."""
        return self._table.lease_owner.is_distinct_from(self.owner)

    def expired(self) -> ColumnElement[bool]:
        """The rows whose worker has not been heard of in time."""
        return self._table.lease_until < now()
