"""Small files into a real database, as the tests of one rule each need them."""

from __future__ import annotations

from datetime import date

from db.importing.run import ImportReport, import_files
from db.review_diary import diary_review
from tests.db.ledger_story import TODAY, Village


def imports(ash: Village, today: date = TODAY, **files: str) -> ImportReport:
    """Import these texts (kind of file to CSV) in one transaction of their own. Raises ImportRefused as `import_files` does."""
    with ash.engines.scheduler() as session:
        return import_files(session, {f"{name}.csv": rows.encode() for name, rows in files.items()}, actor_id=None, today=today)


def reviewed(ash: Village, case: str, on: date, next_due_on: date) -> bool:
    """The case puts the review after this one in the diary, and its step is recorded as done: the example process has none of its own."""
    with ash.engines.act_connection("sendflow_writer") as writer:
        writer.execute(
            "INSERT INTO steps (case_id, no, school_id, opened_seq, closed_seq, closed_on, step, owner, outcome)"
            " SELECT id, 99, school_id, 1, 1, %s, 'diary_next_review', '', 'done' FROM cases WHERE ref = %s",
            (on, case),
        )
    with ash.engines.scheduler() as session:
        return diary_review(session, case, on, next_due_on)
