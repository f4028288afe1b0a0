"""The first schema: every table, row-level security on each, and who may do what in the database."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make tables, policies, grants and append-only triggers. The roles exist already (`db/roles.py`)."""
    for name in ("0001_tables.sql", "0001_access.sql"):
        op.get_bind().exec_driver_sql(Path(__file__).with_name(name).read_text(encoding="utf-8").replace("%", "%%"))


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
