"""an index for what was sent lately, which the pace of sending is read from"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_outbox_lately", "outbox", ["state", "updated_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_outbox_lately", table_name="outbox")
