"""Whoever moved to another school has no post at the old one that a deputy stands in for; an order is about its person at their address too.

A migration that changes one of the ledger's functions later takes over the lines of `upgrade`, and leaves a frozen copy of what is new in `db/sql`
for this one, as 0033 has.
"""

from pathlib import Path

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[2] / "sql"


def upgrade() -> None:
    """Make the functions anew as the writer."""
    run = op.get_bind().exec_driver_sql
    run("SET LOCAL ROLE sendflow_writer")
    for path in sorted(SQL.glob("*.sql")):
        run(path.read_text(encoding="utf-8").replace("%", "%%"))
    run("SET LOCAL ROLE sendflow_owner")


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
