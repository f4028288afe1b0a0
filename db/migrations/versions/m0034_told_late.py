"""What each report told as late, so that what is entered late, or made late by a date put right, is new in one report. One of before kept none."""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column: where it is null, the day speaks."""
    op.get_bind().exec_driver_sql("ALTER TABLE told_breaches ADD COLUMN late TEXT[]")


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
