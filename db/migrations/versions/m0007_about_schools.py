"""Cases about a school and not about one pupil: `cases.about`, and no pupil where it is `school`. The ledger's functions are installed anew."""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SQL = Path(__file__).with_name("sql_0007")  # as they were then: what a later migration installs instead lies in db/sql
DOORS = ("school_for_opening", "apply_opening")
OF_0006 = (  # they take the school too
    "apply_opening(int[], bigint, text, text, int, uuid, bigint, text, date, bigint, date, text, text, text, text, jsonb, jsonb, text)",
    "opened_before(bigint, text, uuid, boolean)",
)
# A case that lost its pupil, or a school's that has one, is refused by the table itself.
ABOUT = (
    "ALTER TABLE cases ALTER COLUMN pupil_id DROP NOT NULL",
    "ALTER TABLE cases ADD COLUMN about TEXT DEFAULT 'pupil' NOT NULL",
    "ALTER TABLE cases ADD CONSTRAINT cases_about_check CHECK (about IN ('pupil', 'school') AND (about = 'pupil') = (pupil_id IS NOT NULL))",
)


def upgrade() -> None:
    """Change the table as the owner and the functions as the writer; let the console's, importer's and scheduler's roles call the doors."""
    run = op.get_bind().exec_driver_sql
    for statement in ABOUT:
        run(statement)
    run("SET LOCAL ROLE sendflow_writer")
    for function in OF_0006:
        run(f"DROP FUNCTION {function}")
    for path in sorted(SQL.glob("*.sql")):
        run(path.read_text(encoding="utf-8").replace("%", "%%"))
    for door in DOORS:
        run(f"GRANT EXECUTE ON FUNCTION {door} TO sendflow_app, sendflow_importer, sendflow_scheduler")
    run("SET LOCAL ROLE sendflow_owner")


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
