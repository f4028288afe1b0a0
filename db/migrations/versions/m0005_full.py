"""What the ledger's functions became when they were measured full. They are installed anew."""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SQL = Path(__file__).with_name("sql_0005")  # as they were then: what a later migration installs instead lies in db/sql
DOORS = ("change_definition", "case_for_act", "apply_act")  # the new ones: a function replaced keeps its grants
OF_0004 = (  # they take and give the head of the chain now
    "case_for_act(int[], text, bigint, date, boolean)",
    "apply_act(int[], bigint, int, uuid, bigint, text, date, uuid, text, text, text, int, text, text, text, text, text, jsonb, jsonb, jsonb, "
    "text, text, int)",
)

# A reminder is known by step, party and round, not by the number, which a move to another text may change.
REMINDERS = """
    UPDATE deliveries
    SET once_key = replace(once_key, case_id || '/no ' || no || '/rung ', case_id || '/' || step || '/' || party || '/' || round || '/rung ')
    WHERE rung IS NOT NULL
"""
# Cases set aside are few among all that ever wanted a wake, and My actions asks for them at every click.
PARKED = "CREATE INDEX wakes_parked ON wakes (parked_at) WHERE parked_at IS NOT NULL"
# A closed step leaves partial indexes, so no room in the page makes its update cheaper; a case's row is written in its page with less room too.
PACKED = ("ALTER TABLE steps RESET (fillfactor)", "ALTER TABLE cases SET (fillfactor = 80)")


def upgrade() -> None:
    """Replace the functions as the writer, and let the console's, importer's and scheduler's roles call the new doors."""
    run = op.get_bind().exec_driver_sql
    run("SET LOCAL ROLE sendflow_writer")
    for function in OF_0004:
        run(f"DROP FUNCTION {function}")
    for path in sorted(SQL.glob("*.sql")):
        run(path.read_text(encoding="utf-8").replace("%", "%%"))
    for door in DOORS:
        run(f"GRANT EXECUTE ON FUNCTION {door} TO sendflow_app, sendflow_importer, sendflow_scheduler")
    run("SET LOCAL ROLE sendflow_scheduler")
    run(REMINDERS)
    run("SET LOCAL ROLE sendflow_owner")
    run(PARKED)
    for statement in PACKED:
        run(statement)


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
