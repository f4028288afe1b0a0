"""Nobody is put in the LA's place for one pupil any more: who was, read its letters for ever, and no page showed them."""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take them out as the scheduler's role, since the owner sees no row: from now on its profile, its contacts or its mailbox are asked."""
    run = op.get_bind().exec_driver_sql
    run("SET LOCAL ROLE sendflow_scheduler")
    run("DELETE FROM pupil_contacts WHERE role IN ('la', 'governor')")
    run("SET LOCAL ROLE sendflow_owner")


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
