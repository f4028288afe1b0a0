"""An installation of the test's own whose parts it may kill: PostgreSQL, Prefect server, worker; a console, and people who decide on meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
from prefect.client.orchestration import get_client
from sqlalchemy import text

from db.embedded import EmbeddedPostgres
from db.engine import Engines
from db.migrate import migrate
from flows.deployments import register
from flows.reconciling import reconcile_runs
from flows.server import PrefectServer
from tests.acceptance.console_process import Browser, console_process
from tests.acceptance.oracle import Z, look
from tests.acceptance.people import settle
from tests.faults.clients_at_work import BEFORE_AGAIN, CANARY, ApiClient, Client, Notebook, PageClient
from tests.faults.tally import rounds
from tests.flows.office import Office, office, until
from tests.flows.worker_process import WorkerProcess

_RUN_OUT = (
    "UPDATE wakes SET leased_until = now() - interval '1 second' WHERE holder <> ''",
    "UPDATE deliveries SET claimed_until = now() - interval '1 second' WHERE state IN ('claimed', 'handed_over')",
)
_TRY_NOW = "UPDATE deliveries SET next_try_at = now() WHERE state = 'owed' AND next_try_at > now()"
_BUSY = (
    "SELECT 1 FROM deliveries WHERE state IN ('claimed', 'handed_over', 'owed') UNION ALL SELECT 1 FROM outbox "
    "UNION ALL SELECT 1 FROM wakes WHERE wanted <> served OR holder <> ''"
)

LONGEST_PAUSE = float(rounds(2, 0))


@dataclass
class Killable:
    """The whole installation."""

    office: Office
    postgres: EmbeddedPostgres
    server: PrefectServer
    worker: WorkerProcess
    origin: str

    @contextmanager
    def under_load(
        self, callers: int = 2, readers: int = 1, pause: float = 0.5, longest: float = LONGEST_PAUSE, notebook: Notebook | None = None
    ) -> Iterator[list[Client]]:
        """So many people decide by calls of the ledger, and so many on pages, until the block ends.

        `pause`: seconds between a person's acts, growing to `longest`."""
        book = notebook or Notebook(self.folder / f"notebook-{uuid4().hex}")
        on_pages = [PageClient(self.office, book, pause, longest, self.origin) for _ in range(readers)]
        clients: list[Client] = [*on_pages, *(ApiClient(self.office, book, pause, longest) for _ in range(callers))]
        until(lambda: all(client.acknowledged for client in clients), "everybody decides", seconds=60)
        try:
            yield clients
        finally:
            for client in clients:
                client.leave()

    def in_mid_transition(self) -> None:
        """Wait for the moment at which a case is being served and a message is on its way to the mail server."""
        on_its_way = "SELECT 1 FROM deliveries WHERE state IN ('claimed', 'handed_over') AND claimed_until > now()"
        until(lambda: self.office.leases() and self.office.village.rows(on_its_way), "a case is being served", seconds=60)

    def kill(self, *pids: int) -> None:
        """SIGKILL to processes that this test has started, and wait until they are dead."""
        for pid in pids:
            assert pid > 1
            with suppress(ProcessLookupError):  # a child of one that is dead already
                os.kill(pid, signal.SIGKILL)
        until(lambda: not any(map(_is_alive, pids)), "they are dead")

    @property
    def postgresql(self) -> list[int]:
        """The process ids of PostgreSQL: the postmaster, and all its children, each of which leads a process group of its own."""
        postmaster = int((self.postgres.cluster / "postmaster.pid").read_text(encoding="ascii").split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text(encoding="ascii").split()
        return [postmaster, *map(int, children)]

    @property
    def folder(self) -> Path:
        """Where everything of this installation lies."""
        return self.office.sink_folder.parent

    def decisions_go_on(self, clients: list[Client]) -> None:
        """Each of them has another decision confirmed from now on."""
        before = [len(client.acknowledged) for client in clients]
        until(lambda: all(len(c.acknowledged) > b for c, b in zip(clients, before, strict=True)), "decisions are confirmed", seconds=60)

    @contextmanager
    def browser(self) -> Iterator[Browser]:
        """The SENCO's own browser before the console."""
        browser = Browser(self.origin).sign_in(self.office.village.senco)
        try:
            yield browser
        finally:
            browser.client.close()

    @staticmethod
    def send_until_recorded(browser: Browser, path: str, form: Mapping[str, str]) -> list[str]:
        """Send the same form until the page says that it is recorded; what the page said before that."""
        told: list[str] = []
        while (answer := browser.send(path, form)).status == 503:
            told.append(answer.words)
            time.sleep(BEFORE_AGAIN)
        assert answer.status == 200 and "Recorded" in answer.words, answer
        return told

    def minutes_pass(self, minutes: int) -> None:
        """Every heartbeat was so much longer ago."""
        self._run(f"UPDATE heartbeats SET beat_at = beat_at - interval '{minutes} minutes'")

    def beat_is_fresh(self, name: str) -> bool:
        """Whether that piece of work has come to its end since `minutes_pass`: the clock of the office stands still."""
        return any(beat.name == name and beat.beat_at >= self.office.village.clock.now() for beat in self.office.beats())

    def make_prefects_database_anew(self) -> None:
        """Drop it under whoever uses it, and make an empty one."""
        with psycopg.connect(self.postgres.superuser_url(), autocommit=True) as connection:
            connection.execute("DROP DATABASE prefect WITH (FORCE)")
            connection.execute("CREATE DATABASE prefect OWNER sendflow")

    def start_again(self) -> None:
        """What `sendflow up` does: start what does not run, and register the flows. The database comes first."""
        self.postgres.start()
        self.server.ensure()
        register(self.office.client)
        self.worker.ensure()

    def settle(self, patience: float) -> None:
        """As if the leases and claims of the dead had run out (30 s, 5 min): let the worker do all that is owed, without reconcile."""
        self._run(*_RUN_OUT)
        until(self._nothing_is_owed, "everything owed is done", seconds=patience)

    def z_after_one_reconcile(self, acknowledged: Iterable[UUID], patience: float = 150) -> Z:
        """As if the leases and claims of the dead had run out (30 s, 5 min): reconcile once, let the worker do its work, and look."""
        self._run(*_RUN_OUT)
        reconcile_runs(self.office.parts, self.office.client, all=True)
        self.settle(patience)
        return look(self.office, acknowledged=acknowledged, canaries=self.canaries(), logs=self.logs)

    def assert_z_after_one_reconcile(self, clients: list[Client]) -> None:
        """The same, of these clients' acts; fails with all that is wrong."""
        assert self.z_after_one_reconcile([key for client in clients for key in client.acknowledged]).faults() == []

    def canaries(self) -> set[str]:
        """What must stand in no log and in nothing of Prefect's: the words typed, and the people of the school."""
        return {*CANARY.replace(",", "").split()[:2], "Larkspur", "Ashby", "@home.example", "@testshire.example", "@school.example"}

    @property
    def logs(self) -> list[Path]:
        """The logs of the worker, of the console, of the Prefect server and of PostgreSQL."""
        return [self.worker.log, self.folder / "console.log", self.server.files.log, self.postgres.base / "log"]

    def _nothing_is_owed(self) -> bool:
        self._run(_TRY_NOW)
        self.worker.ensure()
        return not self.office.village.rows(_BUSY)

    def _run(self, *statements: str) -> None:
        with self.office.parts.engines.scheduler() as session:
            for statement in statements:
                session.execute(text(statement))


def _is_alive(pid: int) -> bool:
    """Whether any thread of that process runs; one that nobody has reaped yet does not."""
    try:
        states = [task.read_text(encoding="utf-8").rpartition(")")[2].split()[0] for task in Path(f"/proc/{pid}/task").glob("*/stat")]
    except (FileNotFoundError, ProcessLookupError):
        return True  # one of its threads ended as we looked
    return any(state not in ("Z", "X") for state in states)


@contextmanager
def killable(folder: Path) -> Iterator[Killable]:
    """Start it all in that folder, and stop it at the end."""
    postgres = EmbeddedPostgres(folder)
    url = postgres.start()
    migrate(url, demo=True)
    engines, server = Engines(url), PrefectServer(folder, postgres.url("prefect"))
    try:
        with (
            server.start().settings(),
            get_client(sync_client=True) as client,
            office(engines, server, client, folder) as place,
            place.worker(server) as worker,
            console_process(url, folder, folder / "console.log", SENDFLOW_CLOCK_FILE=place.worker_environment()["SENDFLOW_CLOCK_FILE"]) as origin,
        ):
            settle(place.village)
            yield Killable(place, postgres, server, worker, origin)
    finally:
        engines.dispose()
        server.stop()
        with suppress(OSError):
            postgres.stop()
        shutil.rmtree(postgres.base, ignore_errors=True)
