"""the urgent state of a conversation: how each red flag stands, who acted on it, and who ended it"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_CHECK = "state in ('stands', 'asked', 'eased', 'ended')"


def upgrade() -> None:
    with op.batch_alter_table("alerts") as table:
        table.add_column(sa.Column("state", sa.String(16), nullable=False, server_default="stands"))
        table.add_column(sa.Column("raises", sa.Integer(), nullable=False, server_default="1"))
        table.add_column(sa.Column("raised_last_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("acted_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("acted_by", sa.Integer(), nullable=True))
        table.add_column(sa.Column("acted_how", sa.String(16), nullable=True))
        table.add_column(sa.Column("ended_by", sa.String(120), nullable=True))
        table.create_foreign_key("fk_alerts_acted_by", "staff", ["acted_by"], ["id"])
    # What staff had closed is over; what they had opened counted as taken care of then.
    op.execute(sa.text("UPDATE alerts SET state = 'ended' WHERE closed_at IS NOT NULL"))
    op.execute(sa.text("UPDATE alerts SET raised_last_at = raised_at"))
    op.execute(
        sa.text(
            "UPDATE alerts SET acted_at = seen_at, acted_by = seen_by WHERE closed_at IS NULL AND seen_at IS NOT NULL"
        )
    )
    with op.batch_alter_table("alerts") as table:
        table.alter_column("state", server_default=None)
        table.alter_column("raises", server_default=None)
        table.alter_column("raised_last_at", nullable=False)
        table.create_check_constraint("state", _CHECK)


def downgrade() -> None:
    with op.batch_alter_table("alerts") as table:
        table.drop_constraint("state", type_="check")
        table.drop_constraint("fk_alerts_acted_by", type_="foreignkey")
        for name in ("state", "raises", "raised_last_at", "acted_at", "acted_by", "acted_how", "ended_by"):
            table.drop_column(name)
