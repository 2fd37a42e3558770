"""roles: receptionist, clinician, lead, admin, auditor; who was staff is a receptionist"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def _change(check: str, *statements: str) -> None:
    with op.batch_alter_table("staff") as table:
        table.drop_constraint("role", type_="check")
    for statement in statements:
        op.execute(sa.text(statement))
    with op.batch_alter_table("staff") as table:
        table.create_check_constraint("role", check)


def upgrade() -> None:
    _change(
        "role in ('receptionist', 'clinician', 'lead', 'admin', 'auditor')",
        "UPDATE staff SET role = 'receptionist' WHERE role = 'staff'",
    )


def downgrade() -> None:
    _change(
        "role in ('admin', 'staff')",
        # The earlier form knows nobody who may not read what patients wrote: they are switched off.
        "UPDATE staff SET disabled_at = CURRENT_TIMESTAMP WHERE role = 'auditor' AND disabled_at IS NULL",
        "UPDATE staff SET role = 'staff' WHERE role <> 'admin'",
    )
