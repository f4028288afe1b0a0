"""An installation of the test's own whose parts it may kill: PostgreSQL, Prefect server, worker; and people who decide on meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from prefect.client.orchestration import get_client
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolEmpty

from db.embedded import EmbeddedPostgres
from db.engine import Engines
from db.ledger import Receipt
from db.migrate import migrate
from flows.deployments import register
from flows.reconciling import reconcile_runs
from flows.server import PrefectServer
from tests.acceptance.oracle import assert_z
from tests.flows.office import Office, office, until
from tests.flows.worker_process import WorkerProcess

CANARY = "Zebedee Quillfeather, 14 Larkspur Mews"
AWAY = (OperationalError, PoolEmpty, psycopg.OperationalError)
_RUN_OUT = (
    "UPDATE wakes SET leased_until = now() - interval '1 second' WHERE holder <> ''",
    "UPDATE deliveries SET claimed_until = now() - interval '1 second' WHERE state IN ('claimed', 'handed_over')",
)
_TRY_NOW = "UPDATE deliveries SET next_try_at = now() WHERE state = 'owed' AND next_try_at > now()"
_BUSY = (
    "SELECT 1 FROM deliveries WHERE state IN ('claimed', 'handed_over', 'owed') UNION ALL SELECT 1 FROM outbox "
    "UNION ALL SELECT 1 FROM wakes WHERE wanted <> served OR holder <> ''"
)


class Client:
    """Somebody who opens a review, agrees its day, then moves it again and again; an act that is not confirmed is sent again with its key."""

    def __init__(self, place: Office) -> None:
        self.office = place
        self.acknowledged: list[UUID] = []
        self.sent_again = 0
        self.failed: Exception | None = None
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._decide_on, daemon=True)
        self._thread.start()

    def leave(self) -> None:
        """Stop after the act in hand is confirmed. Raises what was no outage."""
        self._leaving.set()
        self._thread.join(120)
        assert not self._thread.is_alive(), "an act was never confirmed"
        if self.failed:
            raise self.failed

    def _decide_on(self) -> None:
        try:
            self._life()
        except Exception as error:
            self.failed = error

    def _life(self) -> None:
        ash, ledger = self.office.village, self.office.ledger
        pupil = self._sure(lambda key: ash.pupil(f"Ada{key.hex[:6]}"), counts=False)
        facts: dict[str, Any] = {"review_due_on": self.office.day("2026-12-18"), "reason": "yearly", "year_group": 5, "looked_after": False}
        facts["rights_held_by"] = "parent"
        on = self.office.day("2026-09-10")
        case = self._sure(lambda key: ledger.open_case(ash.senco, key=key, process="annual_review", pupil_id=pupil, facts=facts, on=on)).case
        words: dict[str, Any] = {"private": {"comment": CANARY}, "meeting_on": self.office.day("2026-11-05")}
        self._sure(lambda key: ash.decide(case, "agree_meeting_date", "2026-09-20", key=key, **words))
        turn = 0
        while not self._leaving.wait(0.5):
            turn += 1
            self._sure(lambda key, turn=turn: self._move(key, case, turn))

    def _move(self, key: UUID, case: str, turn: int) -> Receipt:
        moved_to, on = self.office.day(f"2026-11-{9 + turn % 5:02}"), self.office.day("2026-09-21")
        return self.office.ledger.correct(
            self.office.village.senco, key=key, case=case, fact="meeting_on", value=moved_to, because=f"{CANARY} cannot come", on=on
        )

    def _sure(self, act: Any, counts: bool = True) -> Any:
        key = uuid4()
        while True:
            try:
                receipt = act(key)
            except AWAY:
                self.sent_again += 1
                time.sleep(0.2)
            else:
                self.acknowledged += [key] if counts else []
                return receipt


@dataclass
class Killable:
    """The whole installation."""

    office: Office
    postgres: EmbeddedPostgres
    server: PrefectServer
    worker: WorkerProcess

    @contextmanager
    def under_load(self, people: int = 3) -> Iterator[list[Client]]:
        """So many people decide until the block ends."""
        clients = [Client(self.office) for _ in range(people)]
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

    def kill(self, pid: int) -> None:
        """SIGKILL to a process that this test has started."""
        assert pid > 1
        os.kill(pid, signal.SIGKILL)

    @property
    def postmaster(self) -> int:
        """The process id of PostgreSQL."""
        return int((self.postgres.cluster / "postmaster.pid").read_text(encoding="ascii").split()[0])

    def decisions_go_on(self, clients: list[Client]) -> None:
        """Each of them has another decision confirmed from now on."""
        before = [len(client.acknowledged) for client in clients]
        until(lambda: all(len(c.acknowledged) > b for c, b in zip(clients, before, strict=True)), "decisions are confirmed", seconds=60)

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

    def assert_z_after_one_reconcile(self, clients: list[Client]) -> None:
        """As if the leases and claims of the dead had run out (30 s, 5 min): reconcile once, let the worker do its work, and look."""
        self._run(*_RUN_OUT)
        reconcile_runs(self.office.parts, self.office.client, all=True)
        until(self._nothing_is_owed, "everything owed is done", seconds=150)
        assert_z(self.office, acknowledged=[key for client in clients for key in client.acknowledged], canaries=self.canaries(), logs=self.logs)

    def canaries(self) -> set[str]:
        """What must stand in no log and in nothing of Prefect's: the words typed, and the people of the school."""
        return {*CANARY.replace(",", "").split()[:2], "Larkspur", "Ashby", "@home.example", "@testshire.example", "@school.example"}

    @property
    def logs(self) -> list[Path]:
        """The logs of the worker, of the Prefect server and of PostgreSQL."""
        return [self.worker.log, self.server.files.log, self.postgres.base / "log"]

    def _nothing_is_owed(self) -> bool:
        self._run(_TRY_NOW)
        self.worker.ensure()
        return not self.office.village.rows(_BUSY)

    def _run(self, *statements: str) -> None:
        with self.office.parts.engines.scheduler() as session:
            for statement in statements:
                session.execute(text(statement))


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
        ):
            yield Killable(place, postgres, server, worker)
    finally:
        engines.dispose()
        server.stop()
        with suppress(OSError):
            postgres.stop()
        shutil.rmtree(postgres.base, ignore_errors=True)
