"""What Prefect has been told of each case (`sendflow.step.*`, `sendflow.case.*`), beside the case's run: up to which act, and of which open steps."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Cases that are at work already are taken as told up to now: nobody wants last year's events.
STATEMENTS = (
    "ALTER TABLE runs ADD COLUMN told_seq INTEGER DEFAULT 0 NOT NULL, ADD COLUMN told TEXT DEFAULT '' NOT NULL",
    "UPDATE runs r SET told_seq = c.version, told = COALESCE((SELECT string_agg('opened ' || s.no, E'\\n' ORDER BY s.no) FROM steps s "
    "WHERE s.case_id = c.id AND s.closed_seq IS NULL AND s.status = 'open'), '') FROM cases c WHERE c.id = r.case_id",
)


def upgrade() -> None:
    """Add the two columns, and fill them for the runs that there are."""
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
