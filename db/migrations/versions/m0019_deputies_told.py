"""A deputy hears by mail that they stand in for somebody: a kind of mailing of its own, and which one told of an absence."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

KINDS = "'list', 'morning', 'teams', 'standing_in', 'trust_week', 'trust_breaches', 'head_week', 'board_month'"
STATEMENTS = (
    f"ALTER TABLE mailings DROP CONSTRAINT mailings_kind, ADD CONSTRAINT mailings_kind CHECK (kind IN ({KINDS}))",
    "ALTER TABLE absences ADD COLUMN told_by BIGINT",
    "ALTER TABLE absences ADD CONSTRAINT absences_told_by_fkey FOREIGN KEY (told_by) REFERENCES mailings (id)",
)


def upgrade() -> None:
    """Widen the kinds, and add the column, empty: whoever stands in today or will is told once."""
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
