"""A message that mail did not bring to its reader is told by a person: how, on which day, by whom."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

STATES = "'owed', 'claimed', 'handed_over', 'accepted', 'unknown', 'delivered', 'bounced', 'superseded', 'failed', 'held', 'listed', 'told'"
STATEMENTS = (
    "ALTER TABLE deliveries ADD COLUMN told_by BIGINT, ADD COLUMN told_on DATE, ADD COLUMN told_way TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE deliveries ADD CONSTRAINT deliveries_told_by_fkey FOREIGN KEY (told_by) REFERENCES persons (id)",
    f"ALTER TABLE deliveries DROP CONSTRAINT deliveries_state, ADD CONSTRAINT deliveries_state CHECK (state IN ({STATES}))",
    "ALTER TABLE deliveries ADD CONSTRAINT deliveries_told "
    "CHECK ((state = 'told') = (told_by IS NOT NULL AND told_on IS NOT NULL AND told_way <> ''))",
)


def upgrade() -> None:
    """Add the columns, empty, and the state."""
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
