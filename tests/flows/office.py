"""A trust at work: the village of tests/db on the shipped definitions, Prefect, a mail sink, and the loop that serves its cases."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import text

from db.engine import Engines
from db.heartbeats import Beat, beats
from db.ledger import Ledger, Receipt
from db.settings import Settings
from db.url import psycopg_url
from flows.server import PrefectServer
from notifications.sink import MailSink, kept_mails
from rules.loader import load_library
from rules.values import Facts, Value
from tasks.parts import Parts, use_parts
from tests.db.ledger_story import Village, day, village
from tests.flows.mail_port import starts, takes_and_says_nothing
from tests.flows.seen_in_prefect import SeenInPrefect
from tests.flows.worker_process import WorkerProcess

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

LIBRARY = load_library()
SOONEST_LOOK, LATEST_LOOK = 0.03, 0.3  # seconds from one look to the next
FACTS: Facts = {"review_due_on": date(2026, 12, 18), "reason": "yearly", "year_group": 5, "looked_after": False, "rights_held_by": "parent"}


def until(holds: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
    """Wait until `holds` gives something true, and give it. Fails in words after `seconds`.

    Looked at ever more seldom, a tenth of the wait apart: each look costs time that what is waited for needs.
    """
    began = now = time.monotonic()
    while now < began + seconds:
        if found := holds():
            return found
        time.sleep(min(max(SOONEST_LOOK, (now - began) / 10), LATEST_LOOK))
        now = time.monotonic()
    raise AssertionError(f"after {seconds:.0f} s still not: {what}")


@dataclass
class Office(SeenInPrefect):
    """One school, its ledger and its Prefect server."""

    village: Village
    sink: MailSink
    sink_folder: Path

    def open(self, **facts: Value) -> str:
        """An annual review opened by the SENCO on 10 September 2026; its reference."""
        pupil = self.village.pupil(given=f"Ada{uuid4().hex[:6]}")
        return self.ledger.open_case(
            self.village.senco, key=uuid4(), process="annual_review", pupil_id=pupil, facts={**FACTS, **facts}, on=day("2026-09-10")
        ).case

    def open_assessment(self) -> str:
        """An EHC needs assessment that the SENCO proposes on 10 September 2026; its reference."""
        pupil = self.village.pupil(given=f"Ada{uuid4().hex[:6]}")
        facts: Facts = {"asked_by": "school", "year_group": 5, "rights_held_by": "parent"}
        return self.ledger.open_case(
            self.village.senco, key=uuid4(), process="ehc_needs_assessment", pupil_id=pupil, facts=facts, on=day("2026-09-10")
        ).case

    def open_and_served(self, **facts: Value) -> str:
        """A review that has a run, was woken once, and waits. The loop must be at work."""
        case = self.open(**facts)
        until(lambda: self.state_of(case).startswith("Waiting") and self.is_served(case), f"{case} is served")
        return case

    def want(self, case: str) -> None:
        """Want one more wake of the case."""
        from db import wakes

        with self.parts.engines.scheduler() as session:
            wakes.want(session, [case])

    def lease_runs_out(self, case: str) -> None:
        """As if the lease's time were over."""
        with self.parts.engines.scheduler() as session:
            session.execute(
                text("UPDATE wakes SET leased_until = now() - interval '1 second' WHERE case_id = (SELECT id FROM cases WHERE ref = :case)"),
                {"case": case},
            )

    def times_done(self, case: str, step: str) -> int:
        """How many events of the case's chain record that step."""
        query = "SELECT count(*) AS times FROM events e JOIN cases c ON c.id = e.case_id WHERE c.ref = %s AND e.kind = 'decide' AND e.content LIKE %s"
        return int(self.village.rows(query, case, f'%"{step}"%')[0].times)

    def beats(self) -> list[Beat]:
        """Every heartbeat in the ledger."""
        with self.parts.engines.scheduler() as session:
            return beats(session)

    def heartbeats(self) -> set[str]:
        """What has come to its end at least once."""
        return {beat.name for beat in self.beats()}

    def parked(self) -> list[str]:
        """Cases whose wakes failed five times in a row."""
        from db.wakes import parked

        with self.parts.engines.scheduler() as session:
            return parked(session)

    def wake_error(self, case: str) -> str:
        """The code with which the case's last wake failed; empty also while it has wanted none yet."""
        found = self.village.rows("SELECT w.error_code FROM wakes w JOIN cases c ON c.id = w.case_id WHERE c.ref = %s", case)
        return str(found[0].error_code) if found else ""

    def insert_person_twice(self, name: str) -> None:
        """Break a unique key with a row that holds a name: PostgreSQL's message and SQLAlchemy's both quote it."""
        with self.parts.engines.scheduler() as session:
            for _ in range(2):
                session.execute(
                    text("INSERT INTO persons (kind, external_id, given_name, family_name) VALUES ('staff', :name, :name, :name)"), {"name": name}
                )

    def agree_meeting(self, case: str) -> Receipt:
        """The SENCO fixes the meeting for 5 November; Sendflow then owes the invitations."""
        return self.village.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05"))

    @property
    def ledger(self) -> Ledger:
        """The ledger on the shipped definitions."""
        return self.parts.ledger

    def open_steps(self, case: str) -> set[str]:
        """The names of the case's open steps."""
        return {one.step for one in self.ledger.position(case)[1].open()}

    def is_served(self, case: str) -> bool:
        """Whether the ledger wants nothing more of this case."""
        found = self.village.rows(
            "SELECT 1 FROM wakes w JOIN cases c ON c.id = w.case_id WHERE c.ref = %s AND w.wanted = w.served AND w.holder = '' "
            "AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.case_id = c.id)",
            case,
        )
        return bool(found)

    def leases(self) -> frozenset[str]:
        """The cases that some process holds now."""
        from db.wakes import leased

        with self.parts.engines.scheduler() as session:
            return leased(session)

    @staticmethod
    def key() -> UUID:
        """A fresh idempotency key."""
        return uuid4()

    @staticmethod
    def day(text: str) -> date:
        """`2026-10-01` as a date."""
        return day(text)

    @contextmanager
    def mail_server_silent(self) -> Iterator[None]:
        """In the mail server's place something takes connections and never says a word."""
        port = int(self.sink.url.rsplit(":", 1)[1])
        self.sink.stop()
        silent = until(lambda: takes_and_says_nothing(port), "the mail server's port is free")
        try:
            yield
        finally:
            silent.close()
            self.sink = MailSink(self.sink_folder, self.village.clock.now, port)
            until(lambda: starts(self.sink), "the mail server is back")

    def mails(self) -> list[str]:
        """The references of every mail in the sink."""
        return [mail.reference for mail in kept_mails(self.sink_folder)]

    def worker_environment(self) -> dict[str, str]:
        """What a worker process of this office needs to find the ledger, the mail sink and the time."""
        clock_file = self.sink_folder.parent / "clock"
        clock_file.write_text(self.village.clock.now().isoformat(), encoding="ascii")
        settings = self.parts.settings
        return {
            "DATABASE_URL": self.parts.engines.url,
            "SENDFLOW_DATA_FOLDER": str(settings.data_folder),
            "SENDFLOW_MAIL_URL": settings.mail_url or "",
            "SENDFLOW_CLOCK_FILE": str(clock_file),
            "SENDFLOW_DEMO": "true",
            "SENDFLOW_LEASE_SECONDS": str(settings.lease_seconds),
            "PREFECT_WORKER_QUERY_SECONDS": "2",
        }

    @contextmanager
    def worker(self, server: PrefectServer) -> Iterator[WorkerProcess]:
        """Our resident worker as a process of its own, until the block ends."""
        process = WorkerProcess(server.connection, self.worker_environment(), self.sink_folder.parent / "worker.log")
        process.start()
        try:
            yield process
        finally:
            process.stop()

    @contextmanager
    def loop(self, idle: float = 0.1) -> Iterator[None]:
        """The wake loop at work in this process, until the block ends. It looks oftener than a worker, for a story waits at each of its mornings."""
        from flows.wake_loop import WakeLoop

        loop = WakeLoop(self.parts, idle)
        thread = threading.Thread(target=_in_this_context(loop.run), daemon=True)
        thread.start()
        try:
            yield
        finally:
            left = loop.stop(90)
            thread.join(90)
        assert not left, f"not done in time: {left}"


def _in_this_context(run: Callable[[], None]) -> Callable[[], None]:
    import contextvars

    context = contextvars.copy_context()
    return lambda: context.run(run)


@contextmanager
def office(engines: Engines, server: PrefectServer, client: SyncPrefectClient, folder: Path) -> Iterator[Office]:
    """A new school in this module's database, its flows registered; this process works with its parts until the block ends."""
    from flows.deployments import register

    register(client)
    place = village(engines)
    place.ledger = Ledger(engines, place.clock, LIBRARY)
    sink = MailSink(folder / "mail", place.clock.now)
    sink.start()
    settings = Settings(data_folder=folder, mail_url=sink.url, origin="http://127.0.0.1:8000", demo=True)
    parts = Parts(settings, engines, place.clock, LIBRARY, place.ledger)
    use_parts(parts)
    opened = Office(parts, client, psycopg_url(server.database_url), server.files.log, place, sink, folder / "mail")
    try:
        yield opened
    finally:
        use_parts(None)
        opened.sink.stop()
        opened.leave_no_run()
