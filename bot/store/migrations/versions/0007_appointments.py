"""appointments: times proposed for a request, and the one that is booked"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_STATES = "state in ('proposed', 'booked', 'done', 'declined', 'cancelled', 'no_show')"


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "appointments",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("conversation_id", sa.String(32), sa.ForeignKey("conversations.id", ondelete="CASCADE", name="fk_appointments_conversation_id"), nullable=False),
        sa.Column("booking_id", sa.Integer(), sa.ForeignKey("bookings.id", ondelete="CASCADE", name="fk_appointments_booking_id"), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("starts_at", time, nullable=False),
        sa.Column("ends_at", time, nullable=False),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("person", sa.String(120), nullable=False),
        sa.Column("uid", sa.String(64), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=True),
        sa.Column("link_hash", sa.String(64), nullable=True),
        sa.Column("booked_at", time, nullable=True),
        sa.Column("created_at", time, nullable=False),
        sa.Column("updated_at", time, nullable=False),
        sa.CheckConstraint(_STATES, name=op.f("ck_appointments_state")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_appointments_lasts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
        sa.UniqueConstraint("link_hash", name=op.f("uq_appointments_link_hash")),
    )
    op.create_index("ix_appointments_day", "appointments", ["state", "starts_at"])
    for column in ("conversation_id", "booking_id", "uid"):
        op.create_index(f"ix_appointments_{column}", "appointments", [column])
    booked = sa.text("state = 'booked'")
    op.create_index(
        "uq_appointments_booked", "appointments", ["booking_id"], unique=True,
        sqlite_where=booked, postgresql_where=booked,
    )


def downgrade() -> None:
    op.drop_table("appointments")
