"""the language that a browser or messenger named is no longer kept: nothing read it"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # "never": by a copy of the table SQLite would lose the checks of ``conversations``, which Alembic does
    # not read back.
    with op.batch_alter_table("conversations", recreate="never") as table:
        table.drop_column("locale")


def downgrade() -> None:
    with op.batch_alter_table("conversations", recreate="never") as table:
        table.add_column(sa.Column("locale", sa.String(16), nullable=False, server_default="en"))
