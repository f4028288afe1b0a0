"""Since when the mail server refuses a message, for the watch; what hangs on a case is read by whoever may read the case; a child who moves
between two schools of the trust is a pupil at each; and a profile knows which rows still count by the one before."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

SCHOOL = "school_id = ANY ((SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[])"


def upgrade() -> None:
    """Add the columns: what is refused at the moment says so again at its next try. Hide what hangs on a hidden case; let a UPN stand twice."""
    run = op.get_bind().exec_driver_sql
    for table in ("deliveries", "mailings"):
        run(f"ALTER TABLE {table} ADD COLUMN refused_since TIMESTAMP WITH TIME ZONE")
    run("ALTER TABLE la_profiles ADD COLUMN unwritten TEXT[] DEFAULT '{}' NOT NULL")
    run("GRANT UPDATE (unwritten) ON la_profiles TO sendflow_scheduler")
    run("ALTER TABLE pupils DROP CONSTRAINT pupils_upn_key")
    run("CREATE UNIQUE INDEX pupils_upn ON pupils (upn, school_id) WHERE left_on IS NULL")
    for table in ("date_moves", "unowned_roles"):
        run(f"ALTER POLICY own_school ON {table} USING ({SCHOOL} AND case_id <> ALL ((SELECT hidden_cases())::bigint[]))")


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
