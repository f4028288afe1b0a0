"""A delivery may go another way than its reader asked for, where that one failed: a text message after a mail that came back."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty: as the reader asked."""
    op.get_bind().exec_driver_sql("ALTER TABLE deliveries ADD COLUMN channel TEXT DEFAULT '' NOT NULL")


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
