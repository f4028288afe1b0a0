"""Who a row of a file is: staff by number and address, an LA's contacts by an address whatever its capitals."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

# Each school's MIS counts its own staff, so a number alone names nobody. No two can meet here: the number was unique.
STAFF = "UPDATE persons SET external_id = external_id || ':' || lower(email) WHERE kind = 'staff' AND external_id LIKE 'staff:%%'"
# Whoever stands twice is a contact once, as the row that is older; the other keeps its letters and is named by no file any more.
SAME = """
    CREATE TEMPORARY TABLE same_contact ON COMMIT DROP AS
    SELECT id, min(id) OVER (PARTITION BY lower(external_id)) AS first FROM persons WHERE kind = 'outside' AND external_id LIKE 'la:%%'
"""
CONTACTS = (
    """
    INSERT INTO authority_contacts (authority_id, person_id, role, school_id)
    SELECT k.authority_id, s.first, k.role, k.school_id FROM authority_contacts k JOIN same_contact s ON s.id = k.person_id AND s.id <> s.first
    ON CONFLICT DO NOTHING
    """,
    "DELETE FROM authority_contacts k USING same_contact s WHERE s.id = k.person_id AND s.id <> s.first",
    "UPDATE persons p SET external_id = NULL FROM same_contact s WHERE s.id = p.id AND s.id <> s.first",
    "UPDATE persons p SET external_id = lower(external_id) FROM same_contact s WHERE s.id = p.id AND s.id = s.first",
)


def upgrade() -> None:
    """Carry the ids over as the scheduler's role: the owner sees no row."""
    run = op.get_bind().exec_driver_sql
    run("SET LOCAL ROLE sendflow_scheduler")
    for statement in (STAFF, SAME, *CONTACTS):
        run(statement)
    run("SET LOCAL ROLE sendflow_owner")


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
