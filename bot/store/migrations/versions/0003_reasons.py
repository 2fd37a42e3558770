"""why it was answered so, and what raised a red flag: the decision's name, what was read, leaned on and
heard"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("turns") as table:
        table.add_column(sa.Column("decided_by", sa.String(64), nullable=True))
        table.add_column(sa.Column("read_as", sa.Text(), nullable=True))
        table.add_column(sa.Column("leaned_on", sa.String(64), nullable=True))
        table.add_column(sa.Column("facts", sa.JSON(), nullable=True))
    with op.batch_alter_table("alerts") as table:
        table.add_column(sa.Column("raised_by", sa.String(120), nullable=True))
        table.add_column(sa.Column("score", sa.Double(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("alerts") as table:
        for name in ("raised_by", "score"):
            table.drop_column(name)
    with op.batch_alter_table("turns") as table:
        for name in ("decided_by", "read_as", "leaned_on", "facts"):
            table.drop_column(name)
