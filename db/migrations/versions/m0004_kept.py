"""Acts on a position that the caller kept, and many acts at once. The ledger's functions are installed anew."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SQL = Path(__file__).with_name("sql_0004")  # as they were then: what a later migration installs instead lies in db/sql
OF_0002 = (
    "apply_act(int[], bigint, int, uuid, bigint, text, date, uuid, text, text, text, int, text, text, text, text, text, jsonb, jsonb, jsonb, text)"
)
DOORS = ("apply_act", "cases_for_acts", "acts_before", "apply_acts")


def upgrade() -> None:
    """Replace the functions as the writer, and let the console's, importer's and scheduler's roles call the doors."""
    run = op.get_bind().exec_driver_sql
    run("SET LOCAL ROLE sendflow_writer")
    run(f"DROP FUNCTION {OF_0002}")
    run("DROP FUNCTION why_not_applied(int[], bigint, int, uuid)")
    for path in sorted(SQL.glob("*.sql")):
        run(path.read_text(encoding="utf-8").replace("%", "%%"))
    for door in DOORS:
        run(f"GRANT EXECUTE ON FUNCTION {door} TO sendflow_app, sendflow_importer, sendflow_scheduler")
    run("SET LOCAL ROLE sendflow_owner")


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
