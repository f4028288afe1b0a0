"""Whether a reader of the trust's reports has them in the school holidays too."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column: nobody is written to in the holidays who did not ask for it."""
    op.get_bind().exec_driver_sql("ALTER TABLE preferences ADD COLUMN reports_in_holidays BOOLEAN DEFAULT false NOT NULL")


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
