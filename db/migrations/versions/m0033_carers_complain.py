"""Whoever a case says complains reads and answers as the parent, with parental responsibility or as a carer without it (`reads_now`)."""

from pathlib import Path

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

SQL = Path(__file__).with_name("sql_0033")  # what is new, as it was then: 0034 installs all anew


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
