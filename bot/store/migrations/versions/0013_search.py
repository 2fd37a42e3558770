"""the index of words for the console's search: FTS5 on SQLite, tsvectors on PostgreSQL"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_INDEXES = (
    ("search_messages", "messages", "text", "{row}sender IN ('patient', 'staff')"),
    ("search_names", "bookings", "name", "{row}name <> ''"),
)
_TRIGGERS = ("added", "gone", "changed")


def _sqlite(name: str, table: str, column: str, kept: str) -> list[str]:
    add = f"INSERT INTO {name} (rowid, {column}) SELECT new.id, new.{column} WHERE {kept.format(row='new.')};"
    drop = (
        f"INSERT INTO {name} ({name}, rowid, {column}) SELECT 'delete', old.id, old.{column}"
        f" WHERE {kept.format(row='old.')};"
    )
    return [
        f"CREATE VIRTUAL TABLE {name} USING fts5 ({column}, content='{table}', content_rowid='id',"
        " tokenize='unicode61 remove_diacritics 2')",
        f"INSERT INTO {name} (rowid, {column}) SELECT id, {column} FROM {table} WHERE {kept.format(row='')}",
        f"CREATE TRIGGER {name}_added AFTER INSERT ON {table} BEGIN {add} END",
        f"CREATE TRIGGER {name}_gone AFTER DELETE ON {table} BEGIN {drop} END",
        f"CREATE TRIGGER {name}_changed AFTER UPDATE OF {column} ON {table} BEGIN {drop} {add} END",
    ]


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def upgrade() -> None:
    for name, table, column, kept in _INDEXES:
        if _is_sqlite():
            for statement in _sqlite(name, table, column, kept):
                op.get_bind().exec_driver_sql(statement)
            continue
        vector = f"to_tsvector('simple', regexp_replace({column}, '[^[:alnum:]]+', ' ', 'g'))"
        op.get_bind().exec_driver_sql(
            f"CREATE INDEX {name} ON {table} USING gin ({vector}) WHERE {kept.format(row='')}"
        )
    op.create_index("ix_turns_topic", "turns", ["answer_id", "conversation_id"])
    by_staff = sa.text("staff_id IS NOT NULL")
    op.create_index(
        "ix_messages_staff", "messages", ["staff_id", "conversation_id"],
        sqlite_where=by_staff, postgresql_where=by_staff,
    )


def downgrade() -> None:
    op.drop_index("ix_messages_staff", table_name="messages")
    op.drop_index("ix_turns_topic", table_name="turns")
    for name, _, _, _ in _INDEXES:
        if _is_sqlite():
            for trigger in _TRIGGERS:
                op.execute(sa.text(f"DROP TRIGGER {name}_{trigger}"))
        op.execute(sa.text(f"DROP {'TABLE' if _is_sqlite() else 'INDEX'} {name}"))
