"""Facts and exceptions of all cases as tables to query, each read with the caller's own rights."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the two functions; row-level security of `events` holds in them, since they run as whoever asks."""
    op.get_bind().exec_driver_sql(Path(__file__).with_name("0003_read.sql").read_text(encoding="utf-8").replace("%", "%%"))


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
