"""Where a case says who of the family speaks in it, they alone are the parent: for letters, and for links (`speaks_in`, `reads_now`)."""

from pathlib import Path

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

SQL = Path(__file__).with_name("sql_0030")  # what is new, as it was then: 0034 installs all anew
DOORS = ("speaks_in",)


def upgrade() -> None:
    """Make the functions as the writer, and let whoever asks who reads a message ask this too."""
    run = op.get_bind().exec_driver_sql
    run("SET LOCAL ROLE sendflow_writer")
    for path in sorted(SQL.glob("*.sql")):
        run(path.read_text(encoding="utf-8").replace("%", "%%"))
    for door in DOORS:
        run(f"GRANT EXECUTE ON FUNCTION {door} TO sendflow_app, sendflow_importer, sendflow_scheduler")
    run("SET LOCAL ROLE sendflow_owner")


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
