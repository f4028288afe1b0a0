"""Reports to the trust's leaders, heads and boards are mailings too."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

KINDS = "'list', 'morning', 'trust_week', 'trust_breaches', 'head_week', 'board_month'"


def upgrade() -> None:
    """Widen the kinds of a mailing."""
    op.get_bind().exec_driver_sql(f"ALTER TABLE mailings DROP CONSTRAINT mailings_kind, ADD CONSTRAINT mailings_kind CHECK (kind IN ({KINDS}))")


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
