"""Steps that wait for a case of another process: which case an open step waits for, and the functions that follow it."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SQL = Path(__file__).with_name("sql_0006")  # as they were then: what a later migration installs instead lies in db/sql
DOORS = ("awaited_cases", "running_case", "wait_for_case", "waiting_for", "apply_case_end")
TABLE = """
    CREATE TABLE case_waits (
        parent_id BIGINT NOT NULL,
        child_id BIGINT NOT NULL,
        school_id INTEGER NOT NULL,
        round SMALLINT NOT NULL,
        step TEXT NOT NULL,
        party TEXT DEFAULT '' NOT NULL,
        CONSTRAINT case_waits_pkey PRIMARY KEY (parent_id, step, party, round),
        CONSTRAINT case_waits_parent_id_fkey FOREIGN KEY(parent_id) REFERENCES cases (id),
        CONSTRAINT case_waits_child_id_fkey FOREIGN KEY(child_id) REFERENCES cases (id),
        CONSTRAINT case_waits_school_id_fkey FOREIGN KEY(school_id) REFERENCES schools (id)
    )
"""
ACCESS = (
    "CREATE INDEX case_waits_child_id ON case_waits (child_id)",
    "ALTER TABLE case_waits ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE case_waits FORCE ROW LEVEL SECURITY",
    "CREATE POLICY own_school ON case_waits TO sendflow_app, sendflow_importer "
    "USING (school_id = ANY ((SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[]))",
    "CREATE POLICY all_schools ON case_waits TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true)",
    "GRANT SELECT ON case_waits TO sendflow_app, sendflow_importer, sendflow_scheduler, sendflow_writer",
    "GRANT INSERT, UPDATE ON case_waits TO sendflow_writer",
)
CAUSED = "CREATE INDEX cases_opened_from ON cases (opened_from) WHERE opened_from IS NOT NULL"  # a case's page asks which others it opened


def upgrade() -> None:
    """Make the table as the owner, and the functions as the writer; let the console's, importer's and scheduler's roles call the new doors."""
    run = op.get_bind().exec_driver_sql
    for statement in (TABLE, *ACCESS, CAUSED):
        run(statement)
    run("SET LOCAL ROLE sendflow_writer")
    for path in sorted(SQL.glob("*.sql")):
        run(path.read_text(encoding="utf-8").replace("%", "%%"))
    for door in DOORS:
        run(f"GRANT EXECUTE ON FUNCTION {door} TO sendflow_app, sendflow_importer, sendflow_scheduler")
    run("SET LOCAL ROLE sendflow_owner")


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
