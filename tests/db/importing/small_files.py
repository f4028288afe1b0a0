"""Small files into a real database, as the tests of one rule each need them."""

from __future__ import annotations

from db.importing.run import ImportReport, import_files
from tests.db.ledger_story import TODAY, Village


def imports(ash: Village, **files: str) -> ImportReport:
    """Import these texts (kind of file to CSV) in one transaction of their own. Raises ImportRefused as `import_files` does."""
    with ash.engines.scheduler() as session:
        return import_files(session, {f"{name}.csv": text.encode() for name, text in files.items()}, actor_id=None, today=TODAY)
