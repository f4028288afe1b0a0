"""A signed link is its holder's only while they read in that role; staff withdraw links and allow them again, and the row says who did."""

from pathlib import Path

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

SQL = Path(__file__).with_name("sql_0022")  # what is new, as it was then: 0034 installs all anew
DOORS = ("reads_now",)
COLUMNS = (
    "ALTER TABLE links ADD COLUMN authority_id INTEGER, ADD COLUMN revoked_by BIGINT, "
    "ADD COLUMN allowed_by BIGINT, ADD COLUMN allowed_at TIMESTAMP WITH TIME ZONE",
    "ALTER TABLE links ADD CONSTRAINT links_authority_id_fkey FOREIGN KEY (authority_id) REFERENCES authorities (id)",
    "ALTER TABLE links ADD CONSTRAINT links_revoked_by_fkey FOREIGN KEY (revoked_by) REFERENCES persons (id)",
    "ALTER TABLE links ADD CONSTRAINT links_allowed_by_fkey FOREIGN KEY (allowed_by) REFERENCES persons (id)",
)
# Whose mailbox a link went to was not kept: the message's, where one is known, else the authority that the case is with today.
MAILBOXES = """
    UPDATE links l SET authority_id = COALESCE(
        (SELECT d.authority_id FROM deliveries d WHERE d.case_id = l.case_id AND d.step = l.step AND d.party = l.party AND d.round = l.round
            AND d.to_role = l.to_role AND d.authority_id IS NOT NULL ORDER BY d.created_at DESC LIMIT 1), u.authority_id, s.authority_id)
    FROM cases c JOIN schools s ON s.id = c.school_id LEFT JOIN pupils u ON u.id = c.pupil_id WHERE c.id = l.case_id AND l.person_id IS NULL
"""


def upgrade() -> None:
    """Add the columns as the owner; fill them and make the functions as the writer; let the console and the scheduler ask whose link it is."""
    run = op.get_bind().exec_driver_sql
    for statement in COLUMNS:
        run(statement)
    run("SET LOCAL ROLE sendflow_writer")
    run(MAILBOXES)
    for path in sorted(SQL.glob("*.sql")):
        run(path.read_text(encoding="utf-8").replace("%", "%%"))
    for door in DOORS:
        run(f"GRANT EXECUTE ON FUNCTION {door} TO sendflow_app, sendflow_importer, sendflow_scheduler")
    run("SET LOCAL ROLE sendflow_owner")


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
