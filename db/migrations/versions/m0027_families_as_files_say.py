"""Whoever is the pupil by a family's row is found under one word, however the file wrote it."""

from alembic import op

revision = "0027"
down_revision = "0024"
branch_labels = None
depends_on = None

# The words of db/importing/codes.py as they were then; until then the file's own stood in the row.
SELVES = """
    UPDATE families SET relationship = 'self' WHERE relationship <> 'self' AND (
        btrim(regexp_replace(lower(relationship), '[^a-z]+', ' ', 'g')) IN ('pupil', 'the pupil', 'student', 'the student', 'learner', 'the learner',
            'young person', 'the young person', 'young adult', 'own', 'myself', 'himself', 'herself', 'themselves', 'themself', 'him herself',
            'himself herself', 'him or herself')
        OR lower(relationship) ~ '\\mself\\M')
"""


def upgrade() -> None:
    """Put the word right as the scheduler's role: the owner sees no row."""
    run = op.get_bind().exec_driver_sql
    run("SET LOCAL ROLE sendflow_scheduler")
    run(SELVES)
    run("SET LOCAL ROLE sendflow_owner")


def downgrade() -> None:
    """Refuse: a legal record is not unmade. Restore a backup instead."""
    raise NotImplementedError("the ledger's schema goes forward only; restore a backup to go back")
