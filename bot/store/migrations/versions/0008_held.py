"""since when a conversation is held, and up to which line its holder has read"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("held_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "conversations", sa.Column("held_read", sa.Integer(), nullable=False, server_default="0")
    )
    # What is held now counts as read, and as held from now on.
    op.execute(
        sa.text("UPDATE conversations SET held_since = updated_at, held_read = last_seq WHERE mode = 'staff'")
    )
    with op.batch_alter_table("conversations") as table:
        table.alter_column("held_read", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("conversations") as table:
        table.drop_column("held_read")
        table.drop_column("held_since")
