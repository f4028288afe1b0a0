"""A step that waits is certain to be owed, perhaps never, or answered already: the first morning after this counts open cases anew and says which.

Until then, and where the program of before goes on a while beneath the upgrade, rows say `waiting`, as they did (`db/acts/recount.py`).
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

STATUSES = "'open', 'certain', 'perhaps', 'answered', 'waiting'"
STATEMENTS = (
    f"ALTER TABLE steps DROP CONSTRAINT steps_status, ADD CONSTRAINT steps_status CHECK (status IN ({STATUSES}))",
    "DROP INDEX steps_inbox",
    "CREATE INDEX steps_inbox ON steps (school_id, owner, due_on) INCLUDE (case_id, status) WHERE closed_seq IS NULL",
)


def upgrade() -> None:
    """Widen what a row may say, and let the overview count by it from the index alone."""
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
