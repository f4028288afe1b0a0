"""`make upgrade`: a trust's ledger at work on an older commit comes to this one with 200 cases in flight, and nothing is lost.

The older commit's own program (`older_program.py`, in a worktree of git) makes its schema, opens the cases, and goes on acting while this one's
migration runs beneath it. Then this program goes on with every case.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg

from db.acts.actor import Actor
from db.chase import sweep_all
from db.clock import Clock
from db.engine import Engines
from db.ledger import Ledger
from db.migrate import inspect_database, migrate
from db.outbox import spread
from rules.loader import load_library
from tests.databases import ROOT, shared_server
from tests.db.ledger_story import EXAMPLE, MovableClock, day

OLD_COMMIT = "3171a56"  # the last one before this work; its schema is 0004
OLD_PROGRAM = Path(__file__).with_name("older_program.py")
CASES = 200
ACTS_AROUND = 50  # acts of the older program before the upgrade begins, and after it
KEPT = {
    "cases": "SELECT id, ref, version, head, definition_id, ended, position FROM cases",
    "events": "SELECT case_id, seq, hash, content FROM events",
    "steps": "SELECT case_id, no, round, step, party, owner, status, due_on, target_on, why, chase_on, rung, closed_seq FROM steps",
    "deliveries": "SELECT case_id, id, step, party, round, rung, moment, template, to_role, state, reference FROM deliveries",
    "outbox": "SELECT case_id, seq, messages FROM outbox",
    "runs": "SELECT case_id, flow_run_id::text FROM runs",
}
Rows = dict[str, set[tuple[object, ...]]]


@contextmanager
def old_program(url: str) -> Iterator[subprocess.Popen[str]]:
    """The older commit's program at work in a worktree, which is removed at the end. Raises CalledProcessError in a clone without that commit."""
    with tempfile.TemporaryDirectory(prefix="sendflow-old-") as folder:
        subprocess.run(["git", "worktree", "add", "-q", "--detach", folder, OLD_COMMIT], cwd=ROOT, check=True)
        line = [sys.executable, "-c", OLD_PROGRAM.read_text(encoding="utf-8"), url, str(CASES)]
        at_work = subprocess.Popen(line, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            yield at_work
        finally:
            at_work.kill()
            at_work.wait()
            subprocess.run(["git", "worktree", "remove", "--force", folder], cwd=ROOT, check=True)


def kept(superuser_url: str, only: set[int] | None = None) -> Rows:
    """All that an upgrade must leave as it is, table by table, past row-level security; of these cases only, if any are named."""
    with psycopg.connect(superuser_url) as connection:
        found = {name: set(map(_frozen, connection.execute(query.encode()).fetchall())) for name, query in KEPT.items()}
    return found if only is None else {name: {row for row in rows if row[0] in only} for name, rows in found.items()}


def _frozen(row: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(tuple(value) if isinstance(value, list) else value for value in row)


def upgrade_beneath(url: str, old: subprocess.Popen[str]) -> tuple[list[list[str]], datetime, datetime]:
    """Let the older program act, upgrade while it does, let it act a little more, and stop it. Returns all that it said, and from when to when."""
    assert old.stdin is not None and old.stdout is not None
    old.stdin.write("go\n")
    old.stdin.flush()
    said = [old.stdout.readline().split() for _ in range(ACTS_AROUND)]
    began = datetime.now(UTC)
    migrate(url)
    ended = datetime.now(UTC)
    said += [old.stdout.readline().split() for _ in range(ACTS_AROUND)]
    old.stdin.close()
    return said + [line.split() for line in old.stdout], began, ended


def not_in_the_ledger(superuser_url: str, confirmed: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Confirmed acts (case and key) that are not there exactly once."""
    query = "SELECT c.ref, e.act_key::text FROM events e JOIN cases c ON c.id = e.case_id"
    with psycopg.connect(superuser_url) as connection:
        times = Counter((str(ref), str(key)) for ref, key in connection.execute(query))
    return [one for one in confirmed if times[one] != 1]


def around(superuser_url: str, keys: set[str], began: datetime, ended: datetime) -> list[str]:
    """How many of the acts were recorded before, during and after."""
    with psycopg.connect(superuser_url) as connection:
        found = [at for key, at in connection.execute("SELECT act_key::text, recorded_at FROM events") if key in keys]
    before, after = sum(at < began for at in found), sum(at > ended for at in found)
    return [f"{before} before", f"{len(found) - before - after} during", f"{after} after"]


def reminded_again(url: str, cases: set[int], clock: Clock) -> int:
    """Begin the ladder of every open step of these cases anew and sweep: how many reminders come that the older program had owed already."""
    engines = Engines(url)
    count = "SELECT count(*) FROM deliveries WHERE case_id = ANY(%s)"
    anew = "UPDATE steps SET rung = 0, next_chase_on = chase_on[1] WHERE case_id = ANY(%s) AND closed_seq IS NULL AND chase_on IS NOT NULL"
    with engines.scheduler() as session:
        before = session.connection().exec_driver_sql(count, (list(cases),)).scalar_one()
        session.connection().exec_driver_sql(anew, (list(cases),))
    assert sweep_all(engines, clock.today()) > 0
    with engines.scheduler() as session:
        while spread(session, clock.now()).rows:
            pass
        after = session.connection().exec_driver_sql(count, (list(cases),)).scalar_one()
    engines.dispose()
    return int(after) - int(before)


def go_on(url: str, senco: Actor, clock: Clock) -> int:
    """Each case takes its next act in this program; how many faults the ledger then finds in itself."""
    engines = Engines(url)
    ledger = Ledger(engines, clock, load_library(EXAMPLE))
    with engines.scheduler() as session:
        versions = session.connection().exec_driver_sql("SELECT ref, version FROM cases ORDER BY id").all()
    before = ledger.verify()
    for ref, version in versions:
        step, facts = ("circulate_advice", {}) if version > 1 else ("agree_meeting_date", {"meeting_on": day("2026-11-05")})
        receipt = ledger.decide(senco, key=uuid4(), case=ref, step=step, facts=facts, on=day("2026-09-22"))
        assert receipt.seq == version + 1, f"{ref}: act {receipt.seq} after {version}"
    faults = [*before, *ledger.verify()]
    engines.dispose()
    return len(faults)


def main() -> None:
    """Upgrade, compare to the byte, go on. Ends with AssertionError naming what differs."""
    with shared_server() as server, server.database(migrated=False) as url, old_program(url) as old:
        assert old.stdout is not None
        ready, person, school = old.stdout.readline().split()
        assert ready == "ready"
        found = inspect_database(url)
        below = server.server.superuser_url(urlsplit(url).path.strip("/"))
        before = kept(below)
        assert found.state == "older" and len(before["cases"]) == len(before["runs"]) == CASES, f"the older program left {found.words}"
        said, *migration = upgrade_beneath(url, old)
        confirmed = [(line[1], line[2]) for line in said if line[0] == "done"]
        refused = Counter(line[1] for line in said if line[0] == "refused")
        acted_on = {ref for ref, _ in confirmed}
        at_rest = {int(str(row[0])) for row in before["cases"] if row[1] not in acted_on}
        after, of_before = kept(below, at_rest), {name: {row for row in rows if row[0] in at_rest} for name, rows in before.items()}
        changed = [name for name in KEPT if of_before[name] != after[name]]
        assert not changed, f"the upgrade changed rows of: {', '.join(changed)}"
        assert before["events"] <= kept(below)["events"], "events are lost"
        lost = not_in_the_ledger(below, confirmed)
        assert not lost, f"{len(lost)} confirmed acts are lost: {lost[:5]}"
        parts = around(below, {key for _, key in confirmed}, *migration)
        again = reminded_again(url, at_rest, MovableClock())
        assert not again, f"{again} reminders came twice"
        faults = go_on(url, Actor(int(person), frozenset({int(school)}), "console"), MovableClock())
        assert not faults, f"{faults} faults in the chains or positions after the upgrade"
        print(
            f"{CASES} cases of {OLD_COMMIT} upgraded while its own program acted: {len(at_rest)} cases at rest the same to the byte, "
            f"{len(confirmed)} acts confirmed ({', '.join(parts)} the migration) and {sum(refused.values())} refused {dict(refused)}, 0 lost, "
            f"0 reminders twice; {CASES} acts of this program since, 0 faults"
        )


if __name__ == "__main__":
    main()
