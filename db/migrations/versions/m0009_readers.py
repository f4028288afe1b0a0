"""Who reads a case: `cases.readers`, and policies that hide a case, and all that hangs on it, from the rest of its school's staff."""

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SQL = Path(__file__).with_name("sql_0009")  # as they were then: what a later migration installs instead lies in db/sql
DOORS = ("hidden_cases", "apply_opening", "change_definition")
OF_0007 = (
    "apply_opening(int[], bigint, text, text, int, uuid, bigint, text, date, bigint, date, text, text, text, text, jsonb, jsonb, text, int)",
    "change_definition(int[], bigint, int, uuid, bigint, text, date, text, text, text, int, int, jsonb, jsonb, text)",
)
TABLE = (
    "ALTER TABLE cases ADD COLUMN readers TEXT[]",
    "CREATE INDEX cases_readers ON cases (school_id) WHERE readers IS NOT NULL",
    # The policy reads the case's number, and the overview counts from the index alone.
    "DROP INDEX steps_inbox",
    "CREATE INDEX steps_inbox ON steps (school_id, owner, due_on) INCLUDE (case_id) WHERE closed_seq IS NULL",
)
SCHOOL = "school_id = ANY ((SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[])"
OF_A_CASE = (
    {"cases": "id"}
    | {name: "case_id" for name in ("events", "private_texts", "steps", "outbox", "deliveries", "wakes", "runs", "links")}
    | {"case_waits": "parent_id"}
)


def upgrade() -> None:
    """Change tables and policies as the owner, functions as the writer; let the console's, importer's and scheduler's roles call the doors."""
    run = op.get_bind().exec_driver_sql
    for statement in TABLE:
        run(statement)
    run("SET LOCAL ROLE sendflow_writer")
    for function in OF_0007:
        run(f"DROP FUNCTION {function}")
    for path in sorted(SQL.glob("*.sql")):
        run(path.read_text(encoding="utf-8").replace("%", "%%"))
    for door in DOORS:
        run(f"GRANT EXECUTE ON FUNCTION {door} TO sendflow_app, sendflow_importer, sendflow_scheduler")
    run("SET LOCAL ROLE sendflow_owner")
    for table, case in OF_A_CASE.items():
        run(f"ALTER POLICY own_school ON {table} USING ({SCHOOL} AND {case} <> ALL ((SELECT hidden_cases())::bigint[]))")


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
