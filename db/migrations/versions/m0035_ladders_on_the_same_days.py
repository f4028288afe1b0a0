"""Another ladder on the same days is chased anew, so that its other readers hear; whoever stands in for the trust's SEND lead sets ladders; a plan
that becomes another authority's is counted anew; whoever was told a wrong date hears when it is put right.

A migration that changes one of the ledger's functions later takes over the lines of `upgrade`, and leaves a frozen copy of what is new in `db/sql`
for this one, as 0033 has.
"""

from pathlib import Path

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[2] / "sql"


def upgrade() -> None:
    """Make the functions anew as the writer."""
    run = op.get_bind().exec_driver_sql
    run("SET LOCAL ROLE sendflow_writer")
    for path in sorted(SQL.glob("*.sql")):
        run(path.read_text(encoding="utf-8").replace("%", "%%"))
    run("GRANT EXECUTE ON FUNCTION count_anew TO sendflow_scheduler")
    run("SET LOCAL ROLE sendflow_owner")


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
