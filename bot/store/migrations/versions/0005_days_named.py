"""the days that a patient names when asked for times, as dates beside the words"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("bookings", recreate="never") as table:
        table.add_column(sa.Column("days_named", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("bookings", recreate="never") as table:
        table.drop_column("days_named")
