"""The functions that write the record: one call an act. They belong to sendflow_writer; others may only call the doors."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQL = Path(__file__).with_name("sql_0002")  # as they were then: what a later migration installs instead lies in db/sql
FILES = (
    "10_who_acts.sql",
    "20_chain.sql",
    "30_write_act.sql",
    "40_apply_act.sql",
    "50_apply_opening.sql",
    "60_erase.sql",
    "70_rewrite_steps.sql",
)
DOORS = (
    "case_for_act",
    "apply_act",
    "pupil_for_opening",
    "apply_opening",
    "pin_definition",
    "calendar_stamp",
    "erase_private",
    "rewrite_steps",
)


def upgrade() -> None:
    """Make the functions as the writer, and let the console's, importer's and scheduler's roles call the doors."""
    run = op.get_bind().exec_driver_sql
    run("ALTER TABLE cases ADD COLUMN calendar_version text NOT NULL DEFAULT ''")
    run((SQL / "05_calendars.sql").read_text(encoding="utf-8").replace("%", "%%"))
    run("GRANT USAGE ON SEQUENCE cases_id_seq TO sendflow_writer")
    run("SET LOCAL ROLE sendflow_writer")
    for name in FILES:
        run((SQL / name).read_text(encoding="utf-8").replace("%", "%%"))
    for door in DOORS:
        run(f"GRANT EXECUTE ON FUNCTION {door} TO sendflow_app, sendflow_importer, sendflow_scheduler")
    run("SET LOCAL ROLE sendflow_owner")


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
