"""Two resident workers and one stock process worker on three hosts share one server's wakes; each is killed in turn (issue 4, acceptance 3).

`python -m tests.faults.three_hosts` makes three network namespaces (root is needed; without them three processes on the loopback stand in)
and writes its figures into docs/reliability.md. PostgreSQL, Prefect's server and the mail server answer on the bridge between the hosts.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from flows.known import WORK_POOL
from flows.reconciling import reconcile_runs
from flows.server import PrefectServer
from tests.acceptance.oracle import look
from tests.faults.leases import is_settled
from tests.faults.tally import RELIABILITY
from tests.faults.three_hosts_net import Hosts
from tests.flows.office import Office, until

RESIDENT = [sys.executable, "-m", "flows.work"]
STOCK = [sys.executable, "-m", "prefect", "worker", "start", "--type", "process", "--pool", WORK_POOL, "--limit", "2", "--name", "stock"]
BEGIN, END = "<!-- figures of make three-hosts: begin -->", "<!-- figures of make three-hosts: end -->"
NAMES = ("resident 1", "resident 2", "stock")
_NOTEBOOK = """
    CREATE TABLE lease_notes (at timestamptz DEFAULT clock_timestamp(), case_id bigint, fence bigint, holder text, ended boolean);
    GRANT ALL ON lease_notes TO PUBLIC;
    CREATE FUNCTION note_lease() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.fence > OLD.fence THEN INSERT INTO lease_notes (case_id, fence, holder, ended) VALUES (NEW.case_id, NEW.fence, NEW.holder, false);
        ELSIF OLD.holder <> '' AND NEW.holder = '' AND NEW.error_code = '' THEN
            INSERT INTO lease_notes (case_id, fence, holder, ended) VALUES (NEW.case_id, NEW.fence, OLD.holder, true);
        END IF; RETURN NEW; END $$;
    CREATE TRIGGER note_lease AFTER UPDATE ON wakes FOR EACH ROW EXECUTE FUNCTION note_lease();
"""
_HELD = "SELECT w.holder FROM wakes w WHERE w.holder <> '' AND w.leased_until > now()"


@dataclass(frozen=True)
class Shared:
    """What was counted: acts recorded, wakes that each host served, who was killed with a case in hand, and what was lost or doubled.

    `ended`: how often a worker ended by itself and was started again.
    """

    acts: int
    served: Counter[str]
    killed: tuple[str, ...]
    lost: int
    doubled: int
    slowest: float
    apart: bool
    ended: int = 0
    faults: tuple[str, ...] = ()

    def words(self) -> str:
        """The figures in a few words."""
        shares = ", ".join(f"{name} {self.served[name]}" for name in NAMES)
        where = "three network namespaces" if self.apart else "three processes on the loopback (no network namespaces here)"
        killed = f"killed with a case in hand: {', '.join(self.killed)}; all served {self.slowest:.0f} s after a kill"
        return f"{where}; wakes served: {shares}; {killed}; {self.ended} times a worker ended by itself and was started again"

    def told(self) -> str:
        """The figures as a sentence for docs/reliability.md."""
        return f"{datetime.now(UTC):%d %B %Y}: {self.words()}; {self.acts} acts, {self.lost} lost, {self.doubled} doubled."


@dataclass
class Workers:
    """The three workers, each on its host, started and killed by name."""

    office: Office
    hosts: Hosts
    environment: dict[str, str]
    folder: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    residents: dict[int, str] = field(default_factory=dict)
    ended: int = 0

    def start(self, name: str) -> None:
        """Start that worker on its host."""
        command = STOCK if name == "stock" else RESIDENT
        with (self.folder / f"{name.replace(' ', '-')}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [*self.hosts.enter[NAMES.index(name)], *command], env={**os.environ, **self.environment}, stdout=log, stderr=log, cwd=self.folder
            )
        if name != "stock":
            self.residents[self.running[name].pid] = name  # `ip netns exec` becomes the program it starts

    def tend(self) -> None:
        """Start whoever ended by itself, as systemd does: Prefect's own worker ends when a run that it took was suspended meanwhile."""
        for name in [name for name, process in self.running.items() if process.poll() is not None]:
            self.ended += 1
            self.start(name)

    def are_settled(self, cases: list[str]) -> bool:
        """Whether all of these are served and their messages sent."""
        self.tend()
        return all(is_settled(self.office, case) for case in cases)

    def name_of(self, holder: str) -> str:
        """Who that holder of a lease was: a stock worker serves each wake in a process of its own."""
        return self.residents.get(int(holder.split(":")[1]), "stock")

    def holders(self) -> set[str]:
        """The names of those who hold a case now."""
        return {self.name_of(row.holder) for row in self.office.village.rows(_HELD)}

    def kill(self, name: str) -> None:
        """The host loses its power: SIGKILL to the worker and to all that it started."""
        for pid in _with_descendants(self.running.pop(name).pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def kill_all(self) -> None:
        """At the end."""
        for name in list(self.running):
            self.kill(name)


def share(office: Office, server: PrefectServer, hosts: Hosts, folder: Path, kills: tuple[str, ...], seconds: float) -> Shared:
    """Let the three serve a load of wakes and kill each of `kills` in turn while it holds a case. `seconds`: the length of a lease."""
    with psycopg.connect(office.parts.engines.url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute("SET ROLE sendflow_owner")
        owner.execute(_NOTEBOOK)
    with _workers(office, server, hosts, folder, seconds) as workers:
        cases = [office.open() for _ in range(4)]
        until(lambda: workers.are_settled(cases), "the residents serve", 120)
        _give_all_a_share(office, workers, cases)
        slowest = 0.0
        for name in kills:
            cases.append(_kill_with_a_case(office, workers, cases, name))
            at = time.monotonic()
            until(lambda: workers.are_settled(cases), f"without {name} all is served", seconds + 120)
            slowest = max(slowest, time.monotonic() - at)
            workers.start(name)
        until(lambda: not workers.holders(), "nobody holds a case", seconds + 90)
        reconcile_runs(office.parts, office.client, all=True)
        until(lambda: workers.are_settled(cases), "after one reconcile all is served", seconds + 120)
        return _counted(office, workers, cases, kills, slowest)


def _give_all_a_share(office: Office, workers: Workers, cases: list[str]) -> None:
    """Runs resumed go to whoever polls first; as many as it takes until each of the three has served one. Wakes wanted in the ledger only
    as long as a resident has none: they come at once, and leave a stock worker, which needs seconds to begin, nothing to do."""

    def all_have() -> bool:
        workers.tend()
        without = set(NAMES) - set(_served(office, workers))
        for case in cases:
            _resume(office, case)
            if without - {"stock"}:
                office.want(case)
        return not without

    until(all_have, "each of the three has served a wake", 180)


def _kill_with_a_case(office: Office, workers: Workers, cases: list[str], name: str) -> str:
    """Decide in a new case and wake the others until that worker holds one, then kill it. The new case."""
    fresh = office.open()
    until(lambda: office.run_of(fresh) is not None and is_settled(office, fresh), "the new case is served", 90)
    office.agree_meeting(fresh)

    def it_holds_one() -> bool:
        workers.tend()
        if name == "stock":
            for case in cases:
                _resume(office, case)
        elif not workers.holders():
            for case in cases:
                office.want(case)
        return name in workers.holders()

    until(it_holds_one, f"{name} holds a case", 180)
    workers.kill(name)
    for case in cases:
        office.want(case)
    return fresh


def _resume(office: Office, case: str) -> None:
    run = office.run_of(case)
    if run is not None and run.state is not None and run.state.is_paused():
        office.client.resume_flow_run(run.id)


def _served(office: Office, workers: Workers) -> Counter[str]:
    return Counter(workers.name_of(row.holder) for row in office.village.rows("SELECT holder FROM lease_notes WHERE ended"))


def _counted(office: Office, workers: Workers, cases: list[str], kills: tuple[str, ...], slowest: float) -> Shared:
    acts = office.village.rows("SELECT act_key FROM events")
    mails = office.mails()
    found = look(office, acknowledged=[row.act_key for row in acts], canaries=set(), logs=[])
    doubled = len(mails) - len(set(mails))
    lost = sum("send_invitations" in office.open_steps(case) or not is_settled(office, case) for case in cases)
    return Shared(len(acts), _served(office, workers), kills, lost, doubled, slowest, workers.hosts.apart, workers.ended, tuple(found.faults()))


@contextmanager
def _workers(office: Office, server: PrefectServer, hosts: Hosts, folder: Path, seconds: float) -> Iterator[Workers]:
    with ExitStack() as closing:
        reach = {
            **office.worker_environment(),
            **server.connection.environment(),
            "DATABASE_URL": hosts.reach(office.parts.engines.url, closing),
            "SENDFLOW_MAIL_URL": hosts.reach(office.parts.settings.mail_url or "", closing),
            "PREFECT_API_URL": hosts.reach(server.connection.api_url, closing),
            "SENDFLOW_LEASE_SECONDS": str(seconds),
            "PREFECT_WORKER_QUERY_SECONDS": "2",
        }
        workers = Workers(office, hosts, reach, folder)
        closing.callback(workers.kill_all)
        for name in NAMES:
            workers.start(name)
        yield workers


def _with_descendants(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        with suppress(FileNotFoundError, ProcessLookupError):
            found += [int(child) for child in Path(f"/proc/{one}/task/{one}/children").read_text(encoding="ascii").split()]
    return found


def main() -> None:
    """Kill each of the three in turn with leases of 30 s, and write the figures down."""
    import tempfile

    from tests.faults.killable import killable
    from tests.faults.three_hosts_net import three_hosts_or_loopback

    with tempfile.TemporaryDirectory() as folder, three_hosts_or_loopback() as hosts, killable(Path(folder)) as place:
        if not hosts.apart:
            print("No network namespaces can be made here (they need root and `ip`): three processes on the loopback stand for the hosts.")
        place.worker.stop()
        shared = share(place.office, place.server, hosts, Path(folder), NAMES, 30.0)
    print(shared.told(), *shared.faults, sep="\n")
    page = RELIABILITY.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    RELIABILITY.write_text(f"{before}{BEGIN}\n{shared.told()}\n{END}{rest.split(END)[1]}", encoding="utf-8")
    sys.exit(1 if shared.faults or shared.lost or shared.doubled else 0)


if __name__ == "__main__":
    main()
