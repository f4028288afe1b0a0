"""Which breaches each report told its reader, so that one that is entered late is new to them. A report of before this knows none: its day speaks."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE told_breaches (
        mailing_id BIGINT NOT NULL,
        breaches TEXT[] NOT NULL,
        CONSTRAINT told_breaches_pkey PRIMARY KEY (mailing_id),
        CONSTRAINT told_breaches_mailing_id_fkey FOREIGN KEY(mailing_id) REFERENCES mailings (id)
    )
    """,
    "ALTER TABLE told_breaches ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE told_breaches FORCE ROW LEVEL SECURITY",
    "CREATE POLICY all_schools ON told_breaches TO sendflow_scheduler USING (true) WITH CHECK (true)",
    "GRANT SELECT, INSERT, UPDATE ON told_breaches TO sendflow_scheduler",
)


def upgrade() -> None:
    """Make the table, which no role of a page or a file can read."""
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
