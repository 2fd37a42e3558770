"""indexes for the lists of the console, so that counting and showing them reads no whole table"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_PARTIAL = (
    ("ix_conversations_held", "conversations", ["claimed_by", "updated_at"], "claimed_by IS NOT NULL"),
    ("ix_conversations_closed", "conversations", ["updated_at"], "mode = 'closed'"),
    ("ix_conversations_talking", "conversations", ["updated_at"], "mode IN ('assistant', 'staff') AND last_seq > 0"),
    ("ix_alerts_open", "alerts", ["conversation_id"], "closed_at IS NULL"),
)


def upgrade() -> None:
    for name, table, columns, condition in _PARTIAL:
        where = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    op.create_index("ix_bookings_day", "bookings", ["state", "created_at"])


def downgrade() -> None:
    op.drop_index("ix_bookings_day", table_name="bookings")
    for name, table, _, _ in _PARTIAL:
        op.drop_index(name, table_name=table)
