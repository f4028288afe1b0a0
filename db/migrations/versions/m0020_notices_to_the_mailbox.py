"""What the law has sent by itself goes to an LA's mailbox; a profile may ask for its officers instead."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column: no profile has asked for it."""
    op.get_bind().exec_driver_sql("ALTER TABLE la_profiles ADD COLUMN notices_to_officer BOOLEAN DEFAULT false NOT NULL")


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
