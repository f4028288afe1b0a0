"""Since when the mail server refuses a message: the watch counts an outage from its first refusal, and not from when the message was owed."""

from alembic import op

revision = "0023"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns. What is refused at the moment says so again at its next try."""
    run = op.get_bind().exec_driver_sql
    for table in ("deliveries", "mailings"):
        run(f"ALTER TABLE {table} ADD COLUMN refused_since TIMESTAMP WITH TIME ZONE")


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
