"""indexes for open and for closed conversations that SQLite chooses by itself, and from which it counts"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_NOW = (
    ("ix_conversations_ended", ["mode", "updated_at"], "mode = 'closed'"),
    ("ix_conversations_open", ["updated_at"], "mode != 'closed' AND mode != 'waiting' AND last_seq > 0"),
)
_BEFORE = (
    ("ix_conversations_closed", ["updated_at"], "mode = 'closed'"),
    ("ix_conversations_talking", ["updated_at"], "mode IN ('assistant', 'staff') AND last_seq > 0"),
)


def _change(gone: tuple, made: tuple) -> None:
    for name, _, _ in gone:
        op.drop_index(name, table_name="conversations")
    for name, columns, condition in made:
        where = sa.text(condition)
        op.create_index(name, "conversations", columns, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    _change(_BEFORE, _NOW)


def downgrade() -> None:
    _change(_NOW, _BEFORE)
