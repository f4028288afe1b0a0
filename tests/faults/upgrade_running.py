"""`make upgrade`: a trust's ledger at work on an older commit comes to this one with 200 cases in flight, and nothing is lost.

The older commit's own program (a worktree of git) makes its schema and opens the cases; this one's upgrades and goes on with them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg

from db.acts.actor import Actor
from db.clock import Clock
from db.engine import Engines
from db.ledger import Ledger
from db.migrate import inspect_database, migrate
from rules.loader import load_library
from tests.databases import ROOT, shared_server
from tests.db.ledger_story import EXAMPLE, MovableClock, day

OLD_COMMIT = "23bff54"  # the last one before this work; its schema is 0003
CASES = 200
KEPT = {
    "cases": "SELECT id, ref, version, head, definition_id, ended, position FROM cases ORDER BY id",
    "events": "SELECT case_id, seq, hash, content FROM events ORDER BY case_id, seq",
    "steps": "SELECT case_id, no, round, step, party, owner, status, due_on, target_on, why, closed_seq FROM steps ORDER BY case_id, no, round",
    "outbox": "SELECT case_id, seq, messages FROM outbox ORDER BY id",
    "runs": "SELECT case_id, flow_run_id::text FROM runs ORDER BY case_id",
}
_OLD_PROGRAM = """
import sys
from uuid import uuid4
from db.engine import Engines
from db.migrate import migrate
from db.runs import NewRun, remember_runs
from tests.db.ledger_story import day, village
url, cases = sys.argv[1], int(sys.argv[2])
migrate(url)
engines = Engines(url)
ash = village(engines)
opened = [ash.open().case for _ in range(cases)]
for case in opened[::2]:
    ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05"))
with engines.scheduler() as session:
    remember_runs(session, [NewRun(case, uuid4()) for case in opened])
print(ash.senco.person_id, ash.school_id)
"""


@contextmanager
def old_program() -> Iterator[Path]:
    """The older commit's files in a worktree, removed at the end. Raises CalledProcessError in a clone without that commit."""
    with tempfile.TemporaryDirectory(prefix="sendflow-old-") as folder:
        subprocess.run(["git", "worktree", "add", "-q", "--detach", folder, OLD_COMMIT], cwd=ROOT, check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", folder], cwd=ROOT, check=True)


def work_as_before(url: str) -> Actor:
    """Schema and cases of the older program; the SENCO who goes on with them."""
    with old_program() as folder:
        said = subprocess.run([sys.executable, "-c", _OLD_PROGRAM, url, str(CASES)], cwd=folder, check=True, capture_output=True, text=True).stdout
    person, school = map(int, said.split())
    return Actor(person, frozenset({school}), "console")


def kept(superuser_url: str) -> dict[str, list[tuple[object, ...]]]:
    """All that an upgrade must leave as it is, table by table, past row-level security."""
    with psycopg.connect(superuser_url) as connection:
        return {name: connection.execute(query.encode()).fetchall() for name, query in KEPT.items()}


def go_on(url: str, senco: Actor, clock: Clock) -> int:
    """Each case takes its next act in this program; how many faults the ledger then finds in itself."""
    engines = Engines(url)
    ledger = Ledger(engines, clock, load_library(EXAMPLE))
    with engines.scheduler() as session:
        versions = session.connection().exec_driver_sql("SELECT ref, version FROM cases ORDER BY id").all()
    before = ledger.verify()
    for ref, version in versions:
        step, facts = ("circulate_advice", {}) if version == 2 else ("agree_meeting_date", {"meeting_on": day("2026-11-05")})
        receipt = ledger.decide(senco, key=uuid4(), case=ref, step=step, facts=facts, on=day("2026-09-22"))
        assert receipt.seq == version + 1, f"{ref}: act {receipt.seq} after {version}"
    faults = [*before, *ledger.verify()]
    engines.dispose()
    return len(faults)


def main() -> None:
    """Upgrade, compare to the byte, go on. Ends with AssertionError naming what differs."""
    with shared_server() as server, server.database(migrated=False) as url:
        senco = work_as_before(url)
        found = inspect_database(url)
        below = server.server.superuser_url(urlsplit(url).path.strip("/"))
        before = kept(below)
        migrate(url)
        after = kept(below)
        lost = [name for name in KEPT if before[name] != after[name]]
        assert found.state == "older" and len(before["cases"]) == len(before["runs"]) == CASES, f"the older program left {found.words}"
        assert not lost, f"the upgrade changed rows of: {', '.join(lost)}"
        faults = go_on(url, senco, MovableClock())
        assert not faults, f"{faults} faults in the chains or positions after the upgrade"
        print(f"{CASES} cases of {OLD_COMMIT} upgraded: {len(before['events'])} events the same to the byte, {CASES} acts since, 0 faults")


if __name__ == "__main__":
    main()
