"""At what hour one of the staff has their morning, and whether a note in Teams says that it is there: a kind of mailing of its own."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

KINDS = "'list', 'morning', 'teams', 'trust_week', 'trust_breaches', 'head_week', 'board_month'"
STATEMENTS = (
    """
    CREATE TABLE preferences (
        person_id BIGINT NOT NULL,
        set_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        morning_at SMALLINT DEFAULT 7 NOT NULL,
        teams_url TEXT DEFAULT '' NOT NULL,
        CONSTRAINT preferences_pkey PRIMARY KEY (person_id),
        CONSTRAINT preferences_hour CHECK (morning_at BETWEEN 7 AND 15),
        CONSTRAINT preferences_person_id_fkey FOREIGN KEY(person_id) REFERENCES persons (id)
    )
    """,
    "ALTER TABLE preferences ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE preferences FORCE ROW LEVEL SECURITY",
    "CREATE POLICY all_schools ON preferences TO sendflow_scheduler USING (true) WITH CHECK (true)",
    "GRANT SELECT, INSERT, UPDATE ON preferences TO sendflow_scheduler",
    f"ALTER TABLE mailings DROP CONSTRAINT mailings_kind, ADD CONSTRAINT mailings_kind CHECK (kind IN ({KINDS}))",
)


def upgrade() -> None:
    """Make the table, which the console's role cannot read, and widen the kinds of a mailing."""
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
